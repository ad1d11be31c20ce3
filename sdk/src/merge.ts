import type { Condition } from '../../flags/document/condition';
import { isTombstone, type SdkFlag, type SdkSegment, type Tombstone } from '../../flags/evaluator/resolution';

type SentFlag = SdkFlag | Tombstone;

/**
 * Each flag at its highest revision; the same revision told again may tell more than an older server did. One that an answer leaves out
 * stays: flags go by their tombstones only.
 */
export function mergeFlags(known: ReadonlyMap<string, SentFlag>, flags: readonly SentFlag[]): Map<string, SentFlag> {
  const merged = new Map(known);
  for (const flag of flags) {
    if (flag.revision >= (merged.get(flag.key)?.revision ?? -1)) merged.set(flag.key, flag);
  }
  return merged;
}

/** The kill switch, or the holdouts, at the highest revision: a server that lags behind neither releases nor kills. */
export function mergeNewest<T extends { readonly revision: number }>(
  known: T | undefined,
  sent: T | undefined,
): T | undefined {
  return sent === undefined || (known !== undefined && known.revision >= sent.revision) ? known : sent;
}

/**
 * Each segment at its highest revision. Segments have no tombstones: one that an answer leaves out stays only while a flag or segment
 * refers to it, so that one made anew under its name can take its place.
 */
export function mergeSegments(
  known: ReadonlyMap<string, SdkSegment>,
  segments: readonly SdkSegment[],
  flags: ReadonlyMap<string, SentFlag>,
): Map<string, SdkSegment> {
  const merged = new Map<string, SdkSegment>();
  for (const segment of segments) {
    const held = known.get(segment.key);
    merged.set(segment.key, held !== undefined && held.revision >= segment.revision ? held : segment);
  }
  const keep = (key: string): void => {
    const held = known.get(key);
    if (merged.has(key) || held === undefined) return;
    merged.set(key, held);
    segmentsIn(held.if).forEach(keep);
  };
  for (const segment of [...merged.values()]) segmentsIn(segment.if).forEach(keep);
  for (const flag of flags.values()) {
    if (isTombstone(flag)) continue;
    const { rules, rollout } = flag;
    for (const rule of rules) segmentsIn(rule.if).forEach(keep);
    rollout?.excludedSegments.forEach(keep);
    rollout?.observe.segments.forEach(keep);
  }
  return merged;
}

function segmentsIn(condition: Condition): string[] {
  if ('segment' in condition) return [condition.segment];
  if ('all' in condition) return condition.all.flatMap(segmentsIn);
  if ('any' in condition) return condition.any.flatMap(segmentsIn);
  return 'not' in condition ? segmentsIn(condition.not) : [];
}
