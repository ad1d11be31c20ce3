import { segmentsIn } from '../../flags/evaluator/references';
import type { SdkSegment } from '../../flags/evaluator/resolution';

/** The kill switch, or the holdouts, at the highest revision: a server that lags behind neither releases nor kills. */
export function mergeNewest<T extends { readonly revision: number }>(
  known: T | undefined,
  sent: T | undefined,
): T | undefined {
  return sent === undefined || (known !== undefined && known.revision >= sent.revision) ? known : sent;
}

/**
 * Each segment at its highest revision. Segments have no tombstones: one that an answer leaves out stays only while a
 * flag or segment refers to it, so that one made anew under its name can take its place.
 *
 * @param referredTo - keys of the segments that flags refer to; asked only where a segment was left out
 */
export function mergeSegments(
  known: ReadonlyMap<string, SdkSegment>,
  segments: readonly SdkSegment[],
  referredTo: () => Iterable<string>,
): Map<string, SdkSegment> {
  const merged = new Map<string, SdkSegment>();
  for (const segment of segments) {
    const held = known.get(segment.key);
    merged.set(segment.key, held !== undefined && held.revision >= segment.revision ? held : segment);
  }
  if ([...known.keys()].every((key) => merged.has(key))) return merged;
  const keep = (key: string): void => {
    const held = known.get(key);
    if (merged.has(key) || held === undefined) return;
    merged.set(key, held);
    segmentsIn(held.if).forEach(keep);
  };
  for (const segment of [...merged.values()]) segmentsIn(segment.if).forEach(keep);
  for (const key of referredTo()) keep(key);
  return merged;
}
