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

/** What one step takes at a base rate, however fast requests come. */
export interface StepSample {
  /** Percent. */
  readonly weight: number;
  /** Percent that the next promotion serves. */
  readonly nextWeight: number;
  readonly bakeMs: number;
  /** Requests of both arms until safety can be shown and the minimum sample is there; null when no number is enough. */
  readonly requests: number | null;
  /** The metric that takes most, or `minimumSample`. */
  readonly limitedBy: string;
}

/** How long one step takes at the assumed traffic. */
export interface StepEstimate extends StepSample {
  /** Time until these requests have come; null when no number is enough. */
  readonly neededMs: number | null;
}

const MINUTE_MS = 60_000;

/**
 * Estimates, for a candidate that is exactly as good as the control, how many requests each step takes to show it. A
 * normal approximation: with weight w as a share, base rate p, next weight s as a share and margin M = absolute +
 * relative · p, the always-valid upper bound of the harm comes down to M / s after
 *
 *     n = (2 ln(1/a) + 2) · p (1 − p) · (1/w + 1/(1 − w)) / (M/s)²   requests of both arms,
 *
 * a being the false-promotion rate; √(2 ln(1/a) + 2) is about the width of a normal-mixture bound at its best point. Clustered
 * users make it more. Means and events per exposure are not estimated, for want of their variance.
 *
 * @param errorRate - base rate, 0 to 1
 */
export function sampleOfSteps(plan: RolloutPlan, errorRate: number): StepSample[] {
  return plan.steps.map(({ weight, bakeMs }, index) => {
    const nextWeight = plan.steps[index + 1]?.weight ?? 100 - plan.controlHoldback;
    const smallerArm = Math.min(weight, 100 - weight) / 100;
    const needs = plan.metrics
      .filter(({ role }) => role === 'guardrail')
      .flatMap((metric) => {
        const requests = requestsToShow(metric, plan.falsePromotionRate, weight / 100, nextWeight / 100, errorRate);
        return requests === null ? [] : [{ name: metric.name, requests }];
      });
    needs.push({ name: 'minimumSample', requests: plan.minimumSample / smallerArm });
    const most = needs.reduce((a, b) => (b.requests > a.requests ? b : a));
    const requests = Number.isFinite(most.requests) ? most.requests : null;
    return { weight, nextWeight, bakeMs, requests, limitedBy: most.name };
  });
}

/** How long the requests of {@link sampleOfSteps} take to come. */
export function estimateSteps(plan: RolloutPlan, { requestsPerMinute, errorRate }: AssumedTraffic): StepEstimate[] {
  return sampleOfSteps(plan, errorRate).map((step) => ({
    ...step,
    neededMs: step.requests === null ? null : Math.ceil((step.requests / requestsPerMinute) * MINUTE_MS),
  }));
}

/** Harm that a dry run reckons with: failures this many times as frequent. */
const FAULT = 2;
/**
 * Nats that evidence needs beyond those of the promise: its capital is spread over metrics, effects and the moments at
 * which harm may begin.
 */
const SPREAD_NATS = 2.2;

/**
 * Minutes until failures twice as frequent are found at a weight, by the growth of the swift test of harm: with r
 * requests a minute, base rate p and weight w as a share, each minute gains on average
 *
 *     r · p · (2w ln 2 − (1 + w) ln(1 + w))   nats,
 *
 * the expected log likelihood ratio of how all failures split between the arms. Where users cluster it takes longer.
 * Infinity when nothing ever fails.
 */
export function minutesToFind(plan: RolloutPlan, weight: number, traffic: AssumedTraffic): number {
  const nats = Math.log(1 / plan.falseRollbackRate) + SPREAD_NATS;
  return nats / (traffic.requestsPerMinute * traffic.errorRate * natsPerFailure(weight));
}

function natsPerFailure(weight: number): number {
  const share = weight / 100;
  return FAULT * share * Math.log(FAULT) - (1 + share * (FAULT - 1)) * Math.log1p(share * (FAULT - 1));
}

/**
 * What the first step can find; with what it would take when that is not within its patience. Empty without a guardrail
 * that counts failures.
 */
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

/** What a dry run says where no traffic is known: how many requests each step takes, at a base rate. */
export function sampleNotes(plan: RolloutPlan, errorRate: number): string[] {
  return [...sampleOfSteps(plan, errorRate).map((step, index) => sampleText(step, index, errorRate)), ...leftOut(plan)];
}

function sampleText({ weight, nextWeight, requests, limitedBy }: StepSample, index: number, errorRate: number): string {
  const head = `step ${index + 1} (${weight} %, then ${nextWeight} %)`;
  if (requests === null) return `${head}: never shows safety: '${limitedBy}' has no margin`;
  const ofCandidate = Math.ceil((requests * weight) / 100);
  return `${head}: needs about ${Math.ceil(requests)} requests, ${ofCandidate} of them to the candidate, at a base rate of ${errorRate} (limit: ${limitedBy})`;
}

/** Milliseconds say nothing here. */
function rounded(ms: number): number {
  return Math.max(1_000, Math.ceil(ms / 1_000) * 1_000);
}

function leftOut(plan: RolloutPlan): string[] {
  return plan.metrics
    .filter((metric) => metric.role === 'guardrail' && !isEstimated(metric))
    .map(({ name, kind, perUser }) =>
      perUser === undefined
        ? `'${name}' (${kind}) is not part of the estimate`
        : `'${name}' (per user) is not part of the estimate, which knows requests and not how many users they come from`,
    );
}

/** What a dry run says about its traffic, in sentences; the last one sums up. */
export function estimateNotes(plan: RolloutPlan, traffic: AssumedTraffic): string[] {
  const steps = estimateSteps(plan, traffic);
  const lines = steps.map((step, index) => {
    const time =
      step.neededMs === null
        ? ''
        : `, which take about ${formatDuration(rounded(step.neededMs))} at ${traffic.requestsPerMinute} requests a minute`;
    return `${sampleText(step, index, traffic.errorRate)}${time}; bakes ${formatDuration(step.bakeMs)}`;
  });
  const patienceOf = (bakeMs: number): number => bakeMs * plan.inconclusiveAfterBakes;
  const stuck = steps.findIndex(({ bakeMs, neededMs }) => neededMs === null || neededMs > patienceOf(bakeMs));
  const totalMs = steps.reduce((sum, { bakeMs, neededMs }) => sum + Math.max(bakeMs, neededMs ?? 0), 0);
  return [
    ...lines,
    ...findNotes(plan, traffic),
    ...leftOut(plan),
    ...followNotes(plan),
    stuck === -1
      ? `this traffic can decide the plan: about ${formatDuration(rounded(totalMs))} in all`
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

function requestsToShow(
  { kind, margin, perUser }: Metric,
  falsePromotionRate: number,
  weight: number,
  nextWeight: number,
  errorRate: number,
): number | null {
  if (!isEstimated({ kind, perUser })) return null;
  const allowed = (margin.absolute + margin.relative * errorRate) / nextWeight;
  const squaredWidth = 2 * Math.log(1 / falsePromotionRate) + 2;
  const variance = errorRate * (1 - errorRate) * (1 / weight + 1 / (1 - weight));
  // 0 / 0 where nothing ever fails and nothing more may: no number of requests would show it.
  if (allowed === 0) return Number.POSITIVE_INFINITY;
  return (squaredWidth * variance) / allowed ** 2;
}
