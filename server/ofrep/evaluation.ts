import type { EvaluationContext } from '@openfeature/core';
import type { CompiledFlag, Resolution } from '../../flags/evaluator/resolution';
import type { CompiledSnapshot } from '../../flags/evaluator/snapshot';
import type { Role } from '../tokens/role';

/** One evaluation as OFREP tells it: the JSON object without its opening brace and key, and the status it has alone. */
export interface OfrepAnswer {
  readonly status: 200 | 400 | 404;
  readonly rest: string;
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
  snapshot: CompiledSnapshot,
  key: string,
  context: EvaluationContext,
  { role, nowMs }: { readonly role: Role; readonly nowMs: number },
): OfrepAnswer {
  const flag = snapshot.flags.get(key);
  if (flag === undefined || !isVisible(flag, role)) return notFound(key);
  const resolution = snapshot.resolve(key, flag.type, context, nowMs);
  const known = texts.get(resolution);
  if (known !== undefined) return known;
  const answer = describe(resolution);
  texts.set(resolution, answer);
  return answer;
}

/** Whether a caller may see a flag at all. */
export function isVisible(flag: CompiledFlag, role: Role): boolean {
  return role !== 'client' || flag.source.client === true;
}

/** The whole JSON object of an answer about a flag. */
export function withKey(key: string, { rest }: OfrepAnswer): string {
  return `{"key":${JSON.stringify(key)},${rest}`;
}

function describe({ details }: Resolution): OfrepAnswer {
  const { errorCode, errorMessage, reason, value, variant, flagMetadata } = details;
  if (errorCode !== undefined) {
    return failure(
      400,
      FAILURES.has(errorCode) ? errorCode : 'GENERAL',
      errorMessage ?? 'the flag cannot be evaluated',
    );
  }
  // OFREP has no word for 'no rule matched'; the metadata says it.
  const isDefault = reason === 'DEFAULT';
  const metadata = isDefault ? { ...flagMetadata, evaluationReason: reason } : flagMetadata;
  const body = { reason: isDefault ? 'UNKNOWN' : reason, variant, value, metadata };
  return { status: 200, rest: JSON.stringify(body).slice(1) };
}

function notFound(key: string): OfrepAnswer {
  return failure(404, 'FLAG_NOT_FOUND', `there is no flag '${key.slice(0, 100)}'`);
}

/** An answer that says why there is no value. */
export function failure(status: 400 | 404, errorCode: string, errorDetails: string): OfrepAnswer {
  return { status, rest: JSON.stringify({ errorCode, errorDetails }).slice(1) };
}
