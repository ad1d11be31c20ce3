import { armSample } from '../analysis/arm-sample';
import type { Metric } from '../flags/plan/metric';
import { learnVectorBaseline, type VectorWindow } from '../ml/anomaly/vector-baseline';
import { learnProfile, type BaselinePoint, type BaselineProfile } from '../ml/baseline/profile';
import { ALL_USERS } from '../metrics/windows';
import {
  baselineId,
  vectorBaselineId,
  type BaselinesRepository,
  type VectorBaselinesRepository,
} from '../store/baselines-repository';
import type { Learned, LearnedRepository } from '../store/learned-repository';
import type { RolloutsRepository } from '../store/rollouts-repository';
import { ownWindows, prometheusWindows, type LearnableWindow, type WindowSources } from './learnable-windows';
import type { RolloutRef } from './rollout-activities';

/** What learning from an ended rollout needs. */
export interface BaselineDependencies extends WindowSources {
  readonly baselines: BaselinesRepository;
  readonly vectorBaselines: VectorBaselinesRepository;
  readonly rollouts: Pick<RolloutsRepository, 'get'>;
}

const REMEMBERED_ROLLOUTS = 20;
/** Another worker that tidies at once wins a save; ours is then made anew. */
const ATTEMPTS = 5;

/**
 * Refines the baselines of a flag by a rollout that has ended and was compacted: for everybody and each segment of its
 * plan, one profile for each metric, and how the metrics move together. Of a completed rollout both variants teach,
 * together; of another the control alone. Periods that ended in a rollback or a narrowing teach nothing. Safe to repeat
 * and to overlap: a rollout teaches each of them once.
 */
export async function refineBaselines(
  dependencies: BaselineDependencies,
  ref: RolloutRef & { readonly control: string; readonly candidate: string },
): Promise<void> {
  const rollout = await dependencies.rollouts.get(ref.rolloutId);
  if (rollout === null) return;
  const { plan, outcome } = rollout;
  const bad = await lastingUntilLowered(dependencies, ref);
  const both = outcome === 'completed';
  const isGood = ({ transition, arm }: LearnableWindow): boolean => !bad.has(transition) && (both || arm === 'control');
  const own = (await ownWindows(dependencies, ref)).filter(isGood);
  const theirs = (await prometheusWindows(dependencies, { ...ref, plan })).filter(isGood);
  for (const segment of [ALL_USERS, ...plan.segments]) {
    const points = new Map<string, readonly BaselinePoint[]>();
    const profiles: Record<string, BaselineProfile> = {};
    for (const metric of plan.metrics) {
      const from = metric.prometheus === undefined ? own : theirs;
      const found = pointsOf(
        metric,
        from.filter((window) => window.segment === segment),
      );
      points.set(metric.name, found);
      if (found.length > 0) profiles[metric.name] = await teachProfile(dependencies, ref, metric.name, segment, found);
    }
    await teachVector(dependencies, ref, segment, points, profiles);
  }
}

/** Transitions that ended in a rollback or a narrowing. */
async function lastingUntilLowered(
  { decisions }: Pick<BaselineDependencies, 'decisions'>,
  { rolloutId }: RolloutRef,
): Promise<ReadonlySet<number>> {
  const records = await decisions.byRollout(rolloutId);
  const lowered = records.flatMap(({ action, transition }) =>
    transition !== undefined && (action === 'rollout.roll_back' || action === 'rollout.narrow') ? [transition - 1] : [],
  );
  return new Set(lowered);
}

/** One point for each window, of all arms given, in time order. Quantiles and distributions are followed by their mean. */
function pointsOf(metric: Metric, windows: readonly LearnableWindow[]): BaselinePoint[] {
  const byStart = new Map<number, { sum: number; units: number }>();
  for (const { windowStart, totals } of windows) {
    const { sum, units } = armSample(metric, totals);
    const standing = byStart.get(windowStart) ?? { sum: 0, units: 0 };
    byStart.set(windowStart, { sum: standing.sum + sum, units: standing.units + units });
  }
  return [...byStart.entries()]
    .filter(([, { units }]) => units > 0)
    .sort(([a], [b]) => a - b)
    .map(([atMs, { sum, units }]) => ({ atMs, value: sum / units, units }));
}

/** @returns the profile as it stands afterwards */
async function teachProfile(
  { baselines }: BaselineDependencies,
  ref: RolloutRef,
  metric: string,
  segment: string,
  points: readonly BaselinePoint[],
): Promise<BaselineProfile> {
  const _id = baselineId(ref.environment, ref.flagKey, metric, segment);
  const learned = await teach(baselines, _id, ref, (known) => ({
    segment,
    metric,
    profile: learnProfile(known?.profile ?? null, points),
  }));
  return learned.profile;
}

/** How the metrics move together is learned once each of them has a profile. */
async function teachVector(
  { vectorBaselines }: BaselineDependencies,
  ref: RolloutRef,
  segment: string,
  points: ReadonlyMap<string, readonly BaselinePoint[]>,
  profiles: Readonly<Record<string, BaselineProfile>>,
): Promise<void> {
  const metrics = [...points.keys()];
  const windows = windowsOfAll(metrics, points);
  if (metrics.length < 2 || windows.length === 0) return;
  await teach(vectorBaselines, vectorBaselineId(ref.environment, ref.flagKey, segment), ref, (known) => {
    const before = known === null ? null : { ...known.vector, rows: known.rows ?? [] };
    const { rows, ...vector } = learnVectorBaseline(before, metrics, windows, profiles);
    return { segment, vector, rows };
  });
}

/** The windows in which every metric has a value, in time order. */
function windowsOfAll(
  metrics: readonly string[],
  points: ReadonlyMap<string, readonly BaselinePoint[]>,
): VectorWindow[] {
  const byMetric = metrics.map((name) => new Map((points.get(name) ?? []).map((point) => [point.atMs, point])));
  return [...(byMetric[0]?.keys() ?? [])].flatMap((atMs) => {
    const row = byMetric.map((found) => found.get(atMs));
    if (row.some((point) => point === undefined)) return [];
    const whole = row as BaselinePoint[];
    return [{ atMs, values: whole.map(({ value }) => value), units: whole.map(({ units }) => units) }];
  });
}

/** Refines one thing by compare-and-swap; what this rollout has taught already is left as it is. */
async function teach<T extends Learned>(
  repository: LearnedRepository<T>,
  _id: string,
  { rolloutId, environment, flagKey }: RolloutRef,
  refine: (known: T | null) => Omit<T, '_id' | 'environment' | 'flagKey' | 'learnedFrom' | 'version'>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const known = await repository.get(_id);
    if (known?.learnedFrom.includes(rolloutId) === true) return known;
    const learnedFrom = [...(known?.learnedFrom ?? []), rolloutId].slice(-REMEMBERED_ROLLOUTS);
    const next = { _id, environment, flagKey, learnedFrom, ...refine(known) } as Omit<T, 'version'>;
    const saved = await repository.save(next, known?.version ?? 0);
    if (saved || attempt === ATTEMPTS) return { ...next, version: (known?.version ?? 0) + 1 } as T;
  }
}
