import { armSample } from '../analysis/arm-sample';
import type { Metric } from '../flags/plan/metric';
import { learnProfile, type BaselinePoint, type BaselineProfile } from '../ml/baseline/profile';
import type { CompactWindow } from '../metrics/compaction';
import { readTotals } from '../metrics/sparse-totals';
import { ALL_USERS } from '../metrics/windows';
import { baselineId, type BaselinesRepository } from '../store/baselines-repository';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { RolloutsRepository } from '../store/rollouts-repository';
import type { WindowsRepository } from '../store/windows-repository';
import type { RolloutRef } from './rollout-activities';

/** What learning from an ended rollout needs. */
export interface BaselineDependencies {
  readonly baselines: BaselinesRepository;
  readonly decisions: Pick<DecisionsRepository, 'byRollout'>;
  readonly rollouts: Pick<RolloutsRepository, 'get'>;
  readonly windows: Pick<WindowsRepository, 'readCompacted'>;
}

const REMEMBERED_ROLLOUTS = 20;
/** Another worker that tidies at once wins a save; ours is then made anew. */
const ATTEMPTS = 5;
/** Baselines of a flag hardly change, and a look should not ask for them each time. */
const FRESH_MS = 5 * 60_000;

/**
 * Refines the baselines of a flag by a rollout that has ended and was compacted: one profile for each metric, for everybody and each segment of its
 * plan. Of a completed rollout both variants teach, together; of another the control alone. Periods that ended in a rollback or a narrowing teach
 * nothing. Safe to repeat and to overlap: a rollout teaches a profile once.
 *
 * Metrics read from Prometheus leave no windows here, so nothing is learned of them.
 */
export async function refineBaselines(
  { baselines, decisions, rollouts, windows }: BaselineDependencies,
  { rolloutId, environment, flagKey }: RolloutRef,
): Promise<void> {
  const [rollout, compacted] = await Promise.all([rollouts.get(rolloutId), windows.readCompacted(rolloutId)]);
  if (rollout === null || compacted === null) return;
  const bad = new Set(
    (await decisions.byRollout(rolloutId)).flatMap(({ action, transition }) =>
      transition !== undefined && (action === 'rollout.roll_back' || action === 'rollout.narrow')
        ? [transition - 1]
        : [],
    ),
  );
  const both = rollout.outcome === 'completed';
  const good = compacted.windows.filter(
    ({ transition, variant }) => !bad.has(transition) && (both || variant === compacted.control),
  );
  for (const segment of [ALL_USERS, ...rollout.plan.segments]) {
    const inSegment = good.filter((window) => window.segment === segment);
    for (const metric of rollout.plan.metrics) {
      const points = pointsOf(metric, inSegment);
      if (points.length === 0) continue;
      await teach(baselines, { rolloutId, environment, flagKey }, metric.name, segment, points);
    }
  }
}

/** One point for each window, of all arms given, in time order. Quantiles and distributions are followed by their mean. */
function pointsOf(metric: Metric, windows: readonly CompactWindow[]): BaselinePoint[] {
  const byStart = new Map<number, { sum: number; units: number }>();
  for (const { windowStart, totals } of windows) {
    const { sum, units } = armSample(metric, readTotals(totals));
    const standing = byStart.get(windowStart) ?? { sum: 0, units: 0 };
    byStart.set(windowStart, { sum: standing.sum + sum, units: standing.units + units });
  }
  return [...byStart.entries()]
    .filter(([, { units }]) => units > 0)
    .sort(([a], [b]) => a - b)
    .map(([atMs, { sum, units }]) => ({ atMs, value: sum / units, units }));
}

async function teach(
  baselines: BaselinesRepository,
  { rolloutId, environment, flagKey }: RolloutRef,
  metric: string,
  segment: string,
  points: readonly BaselinePoint[],
): Promise<void> {
  const _id = baselineId(environment, flagKey, metric, segment);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const known = await baselines.get(_id);
    if (known?.learnedFrom.includes(rolloutId) === true) return;
    const saved = await baselines.save(
      {
        _id,
        environment,
        flagKey,
        metric,
        segment,
        profile: learnProfile(known?.profile ?? null, points),
        learnedFrom: [...(known?.learnedFrom ?? []), rolloutId].slice(-REMEMBERED_ROLLOUTS),
      },
      known?.version ?? 0,
    );
    if (saved) return;
  }
}

/** The profiles of everybody, by metric, for a flag. */
export type ReadBaselines = (ref: RolloutRef, nowMs: number) => Promise<Readonly<Record<string, BaselineProfile>>>;

/** Reads a flag's profiles, at most every five minutes for each rollout. What was learned meanwhile counts a few minutes later. */
export function createBaselineReader(baselines: Pick<BaselinesRepository, 'listFor'>): ReadBaselines {
  const cache = new Map<
    string,
    { readonly atMs: number; readonly profiles: Readonly<Record<string, BaselineProfile>> }
  >();
  return async ({ rolloutId, environment, flagKey }, nowMs) => {
    const known = cache.get(rolloutId);
    if (known !== undefined && nowMs - known.atMs < FRESH_MS) return known.profiles;
    const found = (await baselines.listFor(environment, flagKey)).filter(({ segment }) => segment === ALL_USERS);
    const profiles = Object.fromEntries(found.map(({ metric, profile }) => [metric, profile]));
    for (const [id, { atMs }] of cache) if (nowMs - atMs >= FRESH_MS) cache.delete(id);
    cache.set(rolloutId, { atMs: nowMs, profiles });
    return profiles;
  };
}
