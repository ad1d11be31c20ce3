import type { EvaluationContext } from '@openfeature/core';
import { createHash } from 'node:crypto';
import type { AllCompiled } from '../../flags/evaluator/snapshot';
import type { Role } from '../tokens/role';
import { evaluate, isVisible } from './evaluation';

/** All flags that a caller may see, evaluated for one context. */
export interface BulkAnswer {
  readonly body: string;
  /**
   * A hash of the answer itself, so that it follows whatever changes it: a flag, a segment, a lease that has run out,
   * the context.
   */
  readonly etag: string;
}

/** Evaluates every flag. O(flags). */
export function evaluateAll(
  snapshot: AllCompiled,
  context: EvaluationContext,
  { role, nowMs, streamPath }: { readonly role: Role; readonly nowMs: number; readonly streamPath: string | null },
): BulkAnswer {
  const flags: string[] = [];
  for (const [key, flag] of snapshot.flags) {
    if (isVisible(flag, role)) flags.push(evaluate(snapshot, key, context, { role, nowMs }).text);
  }
  const content = `{"flags":[${flags.join(',')}]`;
  const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`;
  // The address of the stream carries a ticket of its own time, which must not make an unchanged answer look changed.
  const streams = streamPath === null ? '' : `,"eventStreams":${JSON.stringify([streamOf(streamPath)])}`;
  return { body: `${content}${streams}}`, etag };
}

function streamOf(requestUri: string): object {
  return { type: 'sse', endpoint: { requestUri }, inactivityDelaySec: 120 };
}
