import type { Metric, MetricKind } from './metric';
import type { RolloutPlan, RolloutStep } from './plan';
import { completionWeight, crossCheck } from './cross-checks';
import {
  DEFAULT_WEIGHTS,
  defaultDirection,
  defaultMargin,
  defaultMetrics,
  defaultNoDataDeadlineMs,
  defaultWarmUpMs,
  defaultWindowMs,
  lookAndLease,
} from './plan-defaults';
import { PlanFile, type MetricFile } from './plan-file';
import { prometheusEvent, resolvePrometheusMetric } from './prometheus-metric';
import { defaultFollowUsersMs, isPerUser, userEvent, userMetricOf } from './user-metric';
import { invalidPlan, problemsOf, type Problem } from './problem';

/** What a plan file may leave to its caller. */
export interface ResolveOptions {
  /** Environment of a file that names none; the file's own wins. */
  readonly environment?: string | undefined;
}

/**
 * Fills in every default of a plan as written, so that what runs is stated in full and equal plans are equal values.
 *
 * @param planFile - parsed YAML or JSON, see {@link PlanFile}
 * @throws {ValidationError} INVALID_PLAN with every problem and its field
 */
export function resolvePlan(planFile: unknown, options: ResolveOptions = {}): RolloutPlan {
  const { plan, problems } = tryResolvePlan(planFile, options);
  if (plan === null) throw invalidPlan(problems);
  return plan;
}

/** {@link resolvePlan} for callers that know the text: the plan, or every problem with its path. */
export function tryResolvePlan(
  planFile: unknown,
  { environment }: ResolveOptions,
): { readonly plan: RolloutPlan | null; readonly problems: readonly Problem[] } {
  const written =
    isRecord(planFile) && planFile['environment'] === undefined && environment !== undefined
      ? { ...planFile, environment }
      : planFile;
  const parsed = PlanFile.safeParse(written);
  const problems = parsed.success ? crossCheck(parsed.data) : problemsOf(parsed.error, written);
  if (!parsed.success) problems.push(...crossCheckRest(written, problems));
  if (isRecord(written) && written['environment'] === undefined) {
    problems.push({ path: ['environment'], message: 'is missing; write it in the plan or name it with --env' });
  }
  const plan = parsed.success && problems.length === 0 ? toPlan(parsed.data) : null;
  return { plan, problems };
}

/** Cross-checks what is sound of a file whose other fields are not, so that one reading shows everything. */
function crossCheckRest(written: unknown, problems: readonly Problem[]): Problem[] {
  if (!isRecord(written)) return [];
  const broken = new Set(problems.map(({ path }) => path[0]));
  const sound = Object.fromEntries(Object.entries(written).filter(([key]) => !broken.has(key)));
  const rest = PlanFile.safeParse({ flag: 'any', candidate: 'any', ...sound });
  return rest.success ? crossCheck(rest.data) : [];
}

function toPlan(file: PlanFile): RolloutPlan {
  const steps = stepsOf(file);
  const bakes = steps.map(({ bakeMs }) => bakeMs);
  const { shortestMs, longestMs, leaseMs } = lookAndLease({ ...file.look, lease: file.lease });
  return {
    environment: file.environment ?? '',
    flag: file.flag,
    place: file.place === 'default' ? { kind: 'default' } : { kind: 'rule', rule: file.place.rule },
    candidate: file.candidate,
    steps,
    metrics: file.metrics?.map((metric) => metricOf(metric, file.event)) ?? defaultMetrics(file.event),
    ...followUsersOf(file, Math.min(...bakes)),
    segments: file.segments,
    onSegmentHarm: file.onSegmentHarm,
    falseExclusionRate: file.falseExclusionRate,
    preset: file.preset,
    risk: file.risk,
    prediction: file.prediction,
    pace: file.pace,
    ...(file.dependencies === undefined ? {} : { dependencies: file.dependencies }),
    ...(file.watch === undefined ? {} : { watch: { forMs: file.watch.for, onAlarm: file.watch.onAlarm } }),
    profile: file.profile,
    warmUpMs: file.warmUp ?? defaultWarmUpMs(Math.min(...bakes)),
    falseRollbackRate: file.falseRollbackRate,
    falsePromotionRate: file.falsePromotionRate,
    minimumSample: file.minimumSample,
    onNoData: file.onNoData,
    noDataDeadlineMs: file.noDataDeadline ?? defaultNoDataDeadlineMs(Math.max(...bakes)),
    onInconclusive: file.onInconclusive,
    inconclusiveAfterBakes: file.inconclusiveAfterBakes,
    onLapse: file.onLapse,
    afterLapse: file.afterLapse,
    leaseMs,
    narrowBy: file.narrowBy,
    controlHoldback: file.controlHoldback,
    look: { shortestMs, longestMs },
    windowMs: file.window ?? windowThatSuits(file, Math.min(...bakes)),
    approvals: file.approvals,
    blackouts: file.blackouts,
    ...(file.owner === undefined ? {} : { owner: file.owner }),
    ...(file.change === undefined ? {} : { change: file.change }),
  };
}

/** Judged steps only: one at the completion weight is the completion write, which follows anyway. */
function stepsOf({ steps, bake, controlHoldback }: PlanFile): RolloutStep[] {
  const full = completionWeight(controlHoldback);
  return (steps ?? DEFAULT_WEIGHTS.map((weight) => ({ weight, bake: undefined, approval: undefined })))
    .filter(({ weight }) => weight < full)
    .map((step) => ({ weight: step.weight, bakeMs: step.bake ?? bake, approval: step.approval ?? false }));
}

/** Windows shorter than the usual interval between scrapes would be empty more often than not. */
function windowThatSuits({ metrics = [] }: PlanFile, shortestBakeMs: number): number {
  const suits = defaultWindowMs(shortestBakeMs);
  return metrics.some(({ prometheus }) => prometheus !== undefined) ? Math.max(suits, 60_000) : suits;
}

/** Whole windows, and at least one, so that a user's last window is as long as the others. */
function followUsersOf(file: PlanFile, shortestBakeMs: number): { followUsersMs?: number } {
  if (!(file.metrics ?? []).some(isPerUser)) return {};
  const windowMs = file.window ?? windowThatSuits(file, shortestBakeMs);
  const wanted = file.followUsers ?? defaultFollowUsersMs(shortestBakeMs);
  return { followUsersMs: Math.max(1, Math.ceil(wanted / windowMs)) * windowMs };
}

function metricOf(
  { margin, event, measure, prometheus, per, kind, direction, ...metric }: MetricFile,
  planEvent: string,
): Metric {
  const { absolute, relative } = margin ?? defaultMargin(kind);
  const rest = { ...metric, direction: direction ?? defaultDirection(kind), margin: { absolute, relative } };
  if (isPerUser({ kind, per })) {
    const user = userMetricOf(kind);
    if (user === null) throw new Error(`${kind} was checked to have no metric per user`);
    const perUser = { event: event ?? planEvent, measure: user.measure };
    return { ...rest, kind: user.kind, event: userEvent(metric.name), perUser };
  }
  return {
    ...rest,
    kind: kind as MetricKind,
    event: prometheus === undefined ? (event ?? planEvent) : prometheusEvent(metric.name),
    ...(prometheus === undefined ? {} : { prometheus: resolvePrometheusMetric(prometheus) }),
    ...(kind === 'ratio' ? { measure: measure ?? 'value' } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
