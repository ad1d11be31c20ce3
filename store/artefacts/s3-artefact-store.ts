import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { ArtefactRef, ArtefactStore } from './artefact-store';
import { checkedArtefact, describeArtefact } from './check-artefact';

/** Where artefacts lie in a store that speaks S3. */
export interface S3ArtefactOptions {
  readonly bucket: string;
  /** Put before every key, such as `headgate/`; empty by default. */
  readonly prefix?: string;
  /** Address of a store other than Amazon's; buckets are then part of the path, as every such store understands. */
  readonly endpoint?: string;
  readonly region: string;
  /** Milliseconds that one attempt may take; 10,000 by default. */
  readonly timeoutMs?: number;
}

const ATTEMPTS = 3;

/**
 * {@link ArtefactStore} in any store that speaks S3. Needs no more than to put and to get objects below the prefix.
 * Keys are the SDK's own affair: it finds them in the environment, in files or with the machine's role.
 */
export class S3ArtefactStore implements ArtefactStore {
  private readonly client: S3Client;
  private readonly prefix: string;
  private readonly bucket: string;

  constructor({ bucket, prefix = '', endpoint, region, timeoutMs = 10_000 }: S3ArtefactOptions) {
    this.bucket = bucket;
    this.prefix = prefix;
    this.client = new S3Client({
      region,
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: timeoutMs / 2, requestTimeout: timeoutMs, throwOnRequestTimeout: true },
      // Trailing checksums are news to many stores; every load is checked against a checksum of our own.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async put(bytes: Buffer): Promise<ArtefactRef> {
    const ref = describeArtefact('s3', bytes);
    const { bucket: Bucket, prefix } = this;
    // The same bytes have the same key, so writing them again changes nothing and mends what was torn or altered.
    await this.ask('write', () =>
      this.client.send(
        new PutObjectCommand({ Bucket, Key: prefix + ref.key, Body: bytes, ContentLength: bytes.length }),
      ),
    );
    return ref;
  }

  async get(ref: ArtefactRef): Promise<Buffer> {
    const bytes = await this.ask('read', async () => {
      const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + ref.key }));
      // Something larger than what was stored is another thing: its bytes are not taken into memory.
      if (answer.Body === undefined || (answer.ContentLength ?? 0) > ref.sizeBytes) return Buffer.alloc(0);
      return Buffer.from(await answer.Body.transformToByteArray());
    });
    return checkedArtefact(ref, bytes);
  }

  close(): void {
    this.client.destroy();
  }

  /** Runs a request; an object that is not there is null, other trouble is told with what can be done about it. */
  private async ask<Answer>(verb: string, request: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchKey') return null;
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      // Names and statuses alone: messages of some stores repeat parts of the request.
      const said = error instanceof Error ? error.name : 'an unknown error';
      throw new HeadgateError(
        ErrorCode.ArtefactStoreUnavailable,
        `bucket '${this.bucket}' did not ${verb} an artefact: ${said}${status === undefined ? '' : ` (${status})`}`,
        {
          cause: error,
          retryable: status === undefined || status >= 500 || status === 429,
          remedy:
            'Look at HEADGATE_ARTEFACTS_S3_* of the workers, at the keys they are given, and whether these may put and get objects there.',
        },
      );
    }
  }
}
