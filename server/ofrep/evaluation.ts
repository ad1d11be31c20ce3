import type { EvaluationContext } from '@openfeature/core';
import type { CompiledFlag, Resolution } from '../../flags/evaluator/resolution';
import type { AllCompiled } from '../../flags/evaluator/snapshot';
import type { Role } from '../tokens/role';

/** One evaluation as OFREP tells it: a JSON object, and the status it has alone. */
export interface OfrepAnswer {
  readonly status: 200 | 400 | 404;
  readonly key: string;
  readonly text: string;
  /** Bytes of the text in UTF-8. */
  readonly bytes: number;
}

/** Error codes that OFREP knows of a flag that is there. */
const FAILURES = new Set(['PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT']);

/** Resolutions are shared by all evaluations that come to them, and so is their text. */
const texts = new WeakMap<Resolution, OfrepAnswer>();

/**
 * Evaluates one flag for a caller. To a caller with a public key, a flag that is not meant for clients is not there.
 *
 * @param nowMs the database's time, on which leases run
 */
export function evaluate(
  snapshot: AllCompiled,
  key: string,
  context: EvaluationContext,
  { role, nowMs }: { readonly role: Role; readonly nowMs: number },
): OfrepAnswer {
  const flag = snapshot.flags.get(key);
  if (flag === undefined || !isVisible(flag, role)) return notFound(key);
  const resolution = snapshot.resolve(key, flag.type, context, nowMs);
  const known = texts.get(resolution);
  if (known?.key === key) return known;
  const answer = describe(key, resolution);
  texts.set(resolution, answer);
  return answer;
}

/** Whether a caller may see a flag at all. */
export function isVisible(flag: CompiledFlag, role: Role): boolean {
  return role !== 'client' || flag.source.client === true;
}

function describe(key: string, { details }: Resolution): OfrepAnswer {
  const { errorCode, errorMessage, reason, value, variant, flagMetadata } = details;
  if (errorCode !== undefined) {
    const code = FAILURES.has(errorCode) ? errorCode : 'GENERAL';
    return answerOf(key, 400, { errorCode: code, errorDetails: errorMessage ?? 'the flag cannot be evaluated' });
  }
  // OFREP has no word for 'no rule matched'; the metadata says it.
  const isDefault = reason === 'DEFAULT';
  const metadata = isDefault ? { ...flagMetadata, evaluationReason: reason } : flagMetadata;
  return answerOf(key, 200, { reason: isDefault ? 'UNKNOWN' : reason, variant, value, metadata });
}

function notFound(key: string): OfrepAnswer {
  return answerOf(key, 404, { errorCode: 'FLAG_NOT_FOUND', errorDetails: `there is no flag '${key.slice(0, 100)}'` });
}

function answerOf(key: string, status: OfrepAnswer['status'], content: object): OfrepAnswer {
  const text = JSON.stringify({ key, ...content });
  return { status, key, text, bytes: Buffer.byteLength(text) };
}
