import { createHash } from 'node:crypto';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { MAX_ARTEFACT_BYTES, type ArtefactRef } from './artefact-store';

/** Name and checks of bytes to be stored. */
export function describeArtefact(store: string, bytes: Buffer): ArtefactRef {
  if (bytes.length > MAX_ARTEFACT_BYTES) {
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      `an artefact of ${bytes.length} bytes is over ${MAX_ARTEFACT_BYTES}`,
      {
        remedy: 'Train a smaller model.',
      },
    );
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { store, key: `models/${sha256}`, sha256, sizeBytes: bytes.length };
}

/**
 * Hands bytes on only if they are those that were stored.
 *
 * @throws {HeadgateError} ARTEFACT_CORRUPT when they are not
 */
export function checkedArtefact(ref: ArtefactRef, bytes: Buffer | null): Buffer {
  if (bytes === null) throw corrupt(ref, 'is not there');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== ref.sizeBytes || sha256 !== ref.sha256) throw corrupt(ref, 'is not what was stored');
  return bytes;
}

function corrupt(ref: ArtefactRef, fault: string): HeadgateError {
  return new HeadgateError(ErrorCode.ArtefactCorrupt, `artefact ${ref.key} in ${ref.store} ${fault}`, {
    remedy: 'Roll back to an earlier model version, or train a new one; then look at who may write to the store.',
    details: { store: ref.store, key: ref.key },
  });
}
