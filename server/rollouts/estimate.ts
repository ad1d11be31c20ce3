import { formatDuration } from '../../core/duration';
import type { Metric } from '../../flags/plan/metric';
import type { RolloutPlan } from '../../flags/plan/plan';

/** Traffic a dry run reckons with. */
export interface AssumedTraffic {
  /** Requests of eligible users in both arms together. */
  readonly requestsPerMinute: number;
  /** Share of requests that fail, or pass a latency threshold, today (0–1). */
  readonly errorRate: number;
}

/** How long one step takes at the assumed traffic. */
export interface StepEstimate {
  /** Percent. */
  readonly weight: number;
  /** Percent that the next promotion serves. */
  readonly nextWeight: number;
  readonly bakeMs: number;
  /** Time until safety can be shown and the minimum sample is there; null when it never can. */
  readonly neededMs: number | null;
  /** The metric that takes longest, or `minimumSample`. */
  readonly limitedBy: string;
}

const MINUTE_MS = 60_000;

/**
 * Estimates, for a candidate that is exactly as good as the control, how long each step takes to show it. A normal approximation:
 * with r requests a minute, weight w as a share, base rate p, next weight s as a share and margin M = absolute + relative · p, the
 * always-valid upper bound of the harm comes down to M / s after
 *
 *     t = (2 ln(1/a) + 2) · p (1 − p) · (1/w + 1/(1 − w)) / (r · (M/s)²)   minutes,
 *
 * a being the false-promotion rate; √(2 ln(1/a) + 2) is about the width of a normal-mixture bound at its best point. Clustered
 * users make it longer. Means and events per exposure are not estimated, for want of their variance.
 */
export function estimateSteps(plan: RolloutPlan, traffic: AssumedTraffic): StepEstimate[] {
  return plan.steps.map(({ weight, bakeMs }, index) => {
    const nextWeight = plan.steps[index + 1]?.weight ?? 100 - plan.controlHoldback;
    const smallerArm = Math.min(weight, 100 - weight) / 100;
    const needs = plan.metrics
      .filter(({ role }) => role === 'guardrail')
      .flatMap((metric) => {
        const minutes = minutesToShow(metric, plan.falsePromotionRate, weight / 100, nextWeight / 100, traffic);
        return minutes === null ? [] : [{ name: metric.name, minutes }];
      });
    needs.push({ name: 'minimumSample', minutes: plan.minimumSample / (traffic.requestsPerMinute * smallerArm) });
    const longest = needs.reduce((a, b) => (b.minutes > a.minutes ? b : a));
    const neededMs = Number.isFinite(longest.minutes) ? Math.ceil(longest.minutes * MINUTE_MS) : null;
    return { weight, nextWeight, bakeMs, neededMs, limitedBy: longest.name };
  });
}

/** What a dry run says about its traffic, in sentences; the last one sums up. */
export function estimateNotes(plan: RolloutPlan, traffic: AssumedTraffic): string[] {
  const steps = estimateSteps(plan, traffic);
  const pace = `at ${traffic.requestsPerMinute} requests a minute and a base rate of ${traffic.errorRate}`;
  const lines = steps.map(({ weight, nextWeight, bakeMs, neededMs, limitedBy }, index) => {
    const head = `step ${index + 1} (${weight} %, then ${nextWeight} %)`;
    const needed =
      neededMs === null
        ? `never shows safety: '${limitedBy}' has no margin`
        : `needs about ${formatDuration(neededMs)}`;
    return `${head}: ${needed} ${pace} (limit: ${limitedBy}), bakes ${formatDuration(bakeMs)}`;
  });
  const patienceOf = (bakeMs: number): number => bakeMs * plan.inconclusiveAfterBakes;
  const stuck = steps.findIndex(({ bakeMs, neededMs }) => neededMs === null || neededMs > patienceOf(bakeMs));
  const totalMs = steps.reduce((sum, { bakeMs, neededMs }) => sum + Math.max(bakeMs, neededMs ?? 0), 0);
  const unknown = plan.metrics.filter(({ role, kind }) => role === 'guardrail' && !isShare(kind));
  return [
    ...lines,
    ...unknown.map(({ name, kind }) => `'${name}' (${kind}) is not part of the estimate`),
    stuck === -1
      ? `this traffic can decide the plan: about ${formatDuration(totalMs)} in all`
      : `this traffic cannot decide step ${stuck + 1} within ${plan.inconclusiveAfterBakes} bakes: lengthen its bake, widen the margin or start with a higher weight`,
  ];
}

function isShare(kind: Metric['kind']): boolean {
  return kind === 'error_rate' || kind === 'slower_than';
}

function minutesToShow(
  { kind, margin }: Metric,
  falsePromotionRate: number,
  weight: number,
  nextWeight: number,
  { requestsPerMinute, errorRate }: AssumedTraffic,
): number | null {
  if (!isShare(kind)) return null;
  const allowed = (margin.absolute + margin.relative * errorRate) / nextWeight;
  const squaredWidth = 2 * Math.log(1 / falsePromotionRate) + 2;
  const variance = errorRate * (1 - errorRate) * (1 / weight + 1 / (1 - weight));
  // 0 / 0 where nothing ever fails and nothing more may: no number of requests would show it.
  if (allowed === 0) return Number.POSITIVE_INFINITY;
  return (squaredWidth * variance) / (requestsPerMinute * allowed ** 2);
}
