import type { TogetherBaseline } from '../analysis/risk/together';
import type { BaselineProfile } from '../ml/baseline/profile';
import { ALL_USERS } from '../metrics/windows';
import type { BaselinesRepository, VectorBaselinesRepository } from '../store/baselines-repository';
import type { RolloutRef } from './rollout-activities';

/** What is known of a flag's ordinary days. */
export interface KnownBaselines {
  /** The profiles of everybody, by metric. */
  readonly profiles: Readonly<Record<string, BaselineProfile>>;
  /** How all metrics move together, by segment. */
  readonly together: Readonly<Record<string, TogetherBaseline>>;
}

/** Reads what is known of a rollout's flag. */
export type ReadBaselines = (ref: RolloutRef, nowMs: number) => Promise<KnownBaselines>;

/** Baselines of a flag hardly change, and a look should not ask for them each time. */
const FRESH_MS = 5 * 60_000;

/**
 * Reads a flag's baselines, at most every five minutes for each rollout. What was learned meanwhile counts a few
 * minutes later.
 */
export function createBaselineReader(
  baselines: Pick<BaselinesRepository, 'listFor'>,
  vectors: Pick<VectorBaselinesRepository, 'listFor'>,
): ReadBaselines {
  const cache = new Map<string, { readonly atMs: number; readonly known: KnownBaselines }>();
  return async ({ rolloutId, environment, flagKey }, nowMs) => {
    const standing = cache.get(rolloutId);
    if (standing !== undefined && nowMs - standing.atMs < FRESH_MS) return standing.known;
    const [single, joint] = await Promise.all([
      baselines.listFor(environment, flagKey),
      vectors.listFor(environment, flagKey),
    ]);
    const bySegment = new Map<string, Record<string, BaselineProfile>>();
    for (const { segment, metric, profile } of single) {
      bySegment.set(segment, { ...bySegment.get(segment), [metric]: profile });
    }
    const known: KnownBaselines = {
      profiles: bySegment.get(ALL_USERS) ?? {},
      together: Object.fromEntries(
        joint
          .filter(({ vector }) => vector.model !== null)
          .map(({ segment, vector }) => [segment, { ...vector, profiles: bySegment.get(segment) ?? {} }]),
      ),
    };
    for (const [id, { atMs }] of cache) if (nowMs - atMs >= FRESH_MS) cache.delete(id);
    cache.set(rolloutId, { atMs: nowMs, known });
    return known;
  };
}
