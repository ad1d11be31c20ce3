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

/** Harm that a dry run reckons with: failures this many times as frequent. */
const FAULT = 2;
/** Nats that evidence needs beyond those of the promise: its capital is spread over metrics, effects and the moments at which harm may begin. */
const SPREAD_NATS = 2.2;

/**
 * Minutes until failures twice as frequent are found at a weight, by the growth of the swift test of harm: with r requests a minute, base rate p and weight w
 * as a share, each minute gains on average
 *
 *     r · p · (2w ln 2 − (1 + w) ln(1 + w))   nats,
 *
 * the expected log likelihood ratio of how all failures split between the arms. Where users cluster it takes longer. Infinity when nothing ever fails.
 */
export function minutesToFind(plan: RolloutPlan, weight: number, traffic: AssumedTraffic): number {
  const nats = Math.log(1 / plan.falseRollbackRate) + SPREAD_NATS;
  return nats / (traffic.requestsPerMinute * traffic.errorRate * natsPerFailure(weight));
}

function natsPerFailure(weight: number): number {
  const share = weight / 100;
  return FAULT * share * Math.log(FAULT) - (1 + share * (FAULT - 1)) * Math.log1p(share * (FAULT - 1));
}

/** What the first step can find; with what it would take when that is not within its patience. Empty without a guardrail that counts failures. */
function findNotes(plan: RolloutPlan, traffic: AssumedTraffic): string[] {
  const [first] = plan.steps;
  const counts = plan.metrics.some(
    ({ role, kind, perUser }) => role === 'guardrail' && kind === 'error_rate' && perUser === undefined,
  );
  if (first === undefined || !counts) return [];
  const minutes = minutesToFind(plan, first.weight, traffic);
  const patience = (first.bakeMs * plan.inconclusiveAfterBakes) / MINUTE_MS;
  const found = Number.isFinite(minutes)
    ? `errors twice as frequent are found after about ${formatDuration(Math.ceil(minutes) * MINUTE_MS)} at ${first.weight} %`
    : `errors twice as frequent are never found at ${first.weight} %, as none are expected`;
  if (minutes <= patience || !Number.isFinite(minutes)) return [found];
  const needed = Math.ceil((traffic.requestsPerMinute * minutes) / patience);
  return [
    `${found}: this canary is too small to find them within ${plan.inconclusiveAfterBakes} bakes, which takes about ${needed} requests a minute, more weight or a longer bake`,
  ];
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
  const unknown = plan.metrics.filter((metric) => metric.role === 'guardrail' && !isEstimated(metric));
  return [
    ...lines,
    ...findNotes(plan, traffic),
    ...unknown.map(({ name, kind, perUser }) =>
      perUser === undefined
        ? `'${name}' (${kind}) is not part of the estimate`
        : `'${name}' (per user) is not part of the estimate, which knows requests and not how many users they come from`,
    ),
    ...followNotes(plan),
    stuck === -1
      ? `this traffic can decide the plan: about ${formatDuration(totalMs)} in all`
      : `this traffic cannot decide step ${stuck + 1} within ${plan.inconclusiveAfterBakes} bakes: lengthen its bake, widen the margin or start with a higher weight`,
  ];
}

function isEstimated({ kind, perUser }: Pick<Metric, 'kind' | 'perUser'>): boolean {
  return perUser === undefined && (kind === 'error_rate' || kind === 'slower_than');
}

/** What following users costs in time, and that each arm needs its minimum sample of them. */
function followNotes({ metrics, followUsersMs, minimumSample }: RolloutPlan): string[] {
  const guards = metrics.some(({ role, perUser }) => role === 'guardrail' && perUser !== undefined);
  if (followUsersMs === undefined || !guards) return [];
  return [
    `each user is followed for ${formatDuration(followUsersMs)}, so the first numbers per user of a step come that long after it began, and ${minimumSample} users of each arm are needed by its end`,
  ];
}

function minutesToShow(
  { kind, margin, perUser }: Metric,
  falsePromotionRate: number,
  weight: number,
  nextWeight: number,
  { requestsPerMinute, errorRate }: AssumedTraffic,
): number | null {
  if (!isEstimated({ kind, perUser })) return null;
  const allowed = (margin.absolute + margin.relative * errorRate) / nextWeight;
  const squaredWidth = 2 * Math.log(1 / falsePromotionRate) + 2;
  const variance = errorRate * (1 - errorRate) * (1 / weight + 1 / (1 - weight));
  // 0 / 0 where nothing ever fails and nothing more may: no number of requests would show it.
  if (allowed === 0) return Number.POSITIVE_INFINITY;
  return (squaredWidth * variance) / (requestsPerMinute * allowed ** 2);
}
