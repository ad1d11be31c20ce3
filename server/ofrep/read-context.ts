import type { EvaluationContext } from '@openfeature/core';

/** Why a request's context cannot be used, in OpenFeature's error codes. */
export interface ContextFault {
  readonly errorCode: 'PARSE_ERROR' | 'INVALID_CONTEXT' | 'TARGETING_KEY_MISSING';
  readonly errorDetails: string;
}

/** Members of a context at most, and how deep they nest: a context is attributes of one user. */
const MOST_ATTRIBUTES = 1_000;

/**
 * Reads `{"context": {"targetingKey": …, …}}`. Everything beside the context is left alone, for protocol versions to come.
 */
export function readContext(body: string): EvaluationContext | ContextFault {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return { errorCode: 'PARSE_ERROR', errorDetails: 'the body is no JSON' };
  }
  const context = isObject(parsed) ? parsed['context'] : undefined;
  if (!isObject(context)) {
    return { errorCode: 'INVALID_CONTEXT', errorDetails: 'the body holds no object named context' };
  }
  const key = context['targetingKey'];
  if (key === undefined) {
    return { errorCode: 'TARGETING_KEY_MISSING', errorDetails: 'the context has no targetingKey' };
  }
  if (typeof key !== 'string') {
    return { errorCode: 'INVALID_CONTEXT', errorDetails: 'targetingKey is no text' };
  }
  if (Object.keys(context).length > MOST_ATTRIBUTES) {
    return { errorCode: 'INVALID_CONTEXT', errorDetails: `the context has more than ${MOST_ATTRIBUTES} attributes` };
  }
  return context as EvaluationContext;
}

/** Whether reading came to a fault. */
export function isFault(read: EvaluationContext | ContextFault): read is ContextFault {
  return 'errorDetails' in read && 'errorCode' in read && !('targetingKey' in read);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
