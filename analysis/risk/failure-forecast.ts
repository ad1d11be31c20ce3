import { exp } from '../../ml/elementary/exp';
import { forecastWalk, type WalkForecast, type WalkStep } from '../../ml/forecast/drifting-walk';
import { failureLogOdds } from '../pace/confidence';
import type { FailureForecast, FailureForecastPlan } from '../types';

/** What forecasting the failure probability remembers: plain JSON, bounded. */
export interface FailureTrack {
  /** Transition that the points are of: another weight makes other steps. */
  transition: number;
  /** Natural logs of the evidence at looks that brought windows, oldest first: `[start of the last window, harm, safety]`. */
  points: [atMs: number, logHarm: number, logSafety: number][];
  /** Log odds' lower bounds that the look before forecast; null where it forecast none. */
  before: LowerBounds | null;
}

/**
 * What a look knows of failure: the probability before any evidence, above 0 and below 1, and natural logs of the
 * evidence since.
 */
export interface FailureEvidence {
  readonly prior: number;
  readonly logHarm: number;
  readonly logSafety: number;
}

/** Lower bounds of log odds: that of the interval, and the nearer one that is enough to tell people. */
interface LowerBounds {
  readonly sure: number;
  readonly likely: number;
}

/** Looks ahead and thresholds of a plan that names none: people are alerted, and nothing else follows. */
export const DEFAULT_FAILURE_FORECAST: FailureForecastPlan = { looks: 5, alertAt: 0.5 };

const MOST_POINTS = 31;
/** Steps below which nothing is forecast. */
const FEWEST_STEPS = 3;
/** Confidence of each bound: both hold with 90 %. */
const SURE = 0.95;
/**
 * Confidence of the bound that tells people: hearing early is worth more than a wider interval, and costs nothing but
 * attention.
 */
const LIKELY = 0.8;
/** Evidence beyond twice what counts at most is as good as at it, and what forbids harm altogether stays finite. */
const MOST_LOG = 24;

/** Nothing seen yet under a transition. */
export function emptyTrack(transition: number): FailureTrack {
  return { transition, points: [], before: null };
}

/**
 * Takes one look's evidence in, and forecasts the log odds of failure some looks ahead: evidence of harm and of safety
 * each go on as a random walk with drift, also below where they begin to count, so that odds at their floor may be seen
 * to leave it. A look without new windows adds nothing. An alert, and what the plan makes of it, wants odds that rise
 * and a lower bound past the threshold at this look and at the one before: for an alert one of 80 %, for anything else
 * that of the interval. O(points).
 *
 * @param track - changed in place
 * @param lastWindowAt - start of the last window that was judged; null before the first
 * @returns null while too little is known
 */
export function followFailure(
  track: FailureTrack,
  { prior, logHarm, logSafety }: FailureEvidence,
  lastWindowAt: number | null,
  plan: FailureForecastPlan,
): FailureForecast | null {
  const now = [within(logHarm), within(logSafety)] as const;
  const latest = track.points.at(-1)?.[0] ?? null;
  const isNews = lastWindowAt !== null && (latest === null || lastWindowAt > latest);
  if (isNews) track.points = [...track.points, [lastWindowAt, ...now] as FailurePoint].slice(-MOST_POINTS);
  if (track.points.length <= FEWEST_STEPS) return null;
  const [first, last] = [track.points[0]?.[0] ?? 0, track.points.at(-1)?.[0] ?? 0];
  const ahead = (plan.looks * (last - first)) / (track.points.length - 1);
  const forecastAt = (confidence: number): OddsForecast | null => {
    const harm = forecastEvidence(now[0], stepsOf(track.points, 1), ahead, confidence);
    const safety = forecastEvidence(now[1], stepsOf(track.points, 2), ahead, confidence);
    // Harm that nothing is known of yet is 0 to the last bit.
    if (harm === null || safety === null || (harm.upper === 0 && harm.lower === 0)) return null;
    return {
      value: failureLogOdds(prior, harm.value, safety.value),
      lower: failureLogOdds(prior, harm.lower, safety.upper),
      upper: failureLogOdds(prior, harm.upper, safety.lower),
    };
  };
  const forecast = forecastAt(SURE);
  if (forecast === null) return null;
  const bounds: LowerBounds = { sure: forecast.lower, likely: forecastAt(LIKELY)?.lower ?? forecast.lower };
  const { before } = track;
  if (isNews) track.before = bounds;
  const isRising = forecast.value > failureLogOdds(prior, ...now);
  const reaches = (threshold: number | undefined, bound: keyof LowerBounds): boolean =>
    threshold !== undefined &&
    isRising &&
    before !== null &&
    probabilityOf(Math.min(bounds[bound], before[bound])) >= threshold;
  return {
    looks: plan.looks,
    probability: probabilityOf(forecast.value),
    lower: probabilityOf(forecast.lower),
    upper: probabilityOf(forecast.upper),
    isAlert: reaches(plan.alertAt, 'likely'),
    asks: reaches(plan.rollbackAt, 'sure') ? 'rollback' : reaches(plan.narrowAt, 'sure') ? 'narrow' : 'nothing',
  };
}

type FailurePoint = FailureTrack['points'][number];
type OddsForecast = Pick<WalkForecast, 'value' | 'lower' | 'upper'>;

function within(log: number): number {
  return Math.min(MOST_LOG, Math.max(-MOST_LOG, log));
}

/** Evidence that has not moved at all stays; null for what has moved too seldom. */
function forecastEvidence(
  last: number,
  steps: readonly WalkStep[],
  ahead: number,
  confidence: number,
): OddsForecast | null {
  if (steps.length === 0) return { value: last, lower: last, upper: last };
  return steps.length < FEWEST_STEPS ? null : forecastWalk(last, steps, ahead, confidence);
}

/**
 * Steps of one kind of evidence. Windows that are judged by the block make one step: looks in between bring nothing,
 * which is not the same as a gain of nothing.
 */
function stepsOf(points: FailureTrack['points'], kind: 1 | 2): WalkStep[] {
  const steps: WalkStep[] = [];
  let [before] = points;
  for (const point of points) {
    if (before === undefined || point[kind] === before[kind]) continue;
    steps.push({ length: point[0] - before[0], gain: point[kind] - before[kind] });
    before = point;
  }
  return steps;
}

function probabilityOf(logOdds: number): number {
  return 1 / (1 + exp(-logOdds));
}
