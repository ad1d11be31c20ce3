import exp from '@stdlib/math-base-special-exp';
import { forecastWalk, type WalkStep } from '../../ml/forecast/drifting-walk';
import type { FailureForecast, FailureForecastPlan } from '../types';

/** What forecasting the failure probability remembers: plain JSON, bounded. */
export interface PosteriorTrack {
  /** Transition that the points are of: another weight makes other steps. */
  transition: number;
  /** Log odds of failure at looks that brought windows, oldest first: `[start of the last window, log odds]`. */
  points: [atMs: number, logOdds: number][];
  /** Log odds' lower bound that the look before forecast; null where it forecast none. */
  lowerBefore: number | null;
}

/** Looks ahead and thresholds of a plan that names none: people are alerted, and nothing else follows. */
export const DEFAULT_FAILURE_FORECAST: FailureForecastPlan = { looks: 5, alertAt: 0.5 };

const MOST_POINTS = 31;
/** Steps below which nothing is forecast. */
const FEWEST_STEPS = 5;
/** Confidence of each bound, so that both would hold with 90 % were steps independent and alike. */
const CONFIDENCE = 0.95;

/** Nothing seen yet under a transition. */
export function emptyTrack(transition: number): PosteriorTrack {
  return { transition, points: [], lowerBefore: null };
}

/**
 * Takes one look's log odds of failure in, and forecasts them some looks ahead as a random walk with drift: while nothing changes, evidence adds up by steps alike. A look without
 * new windows adds nothing. An alert, and what the plan makes of it, wants odds that rise and a lower bound past the threshold at this look and at the one before. O(points).
 *
 * @param track - changed in place
 * @param lastWindowAt - start of the last window that was judged; null before the first
 * @returns null while too little is known
 */
export function followPosterior(
  track: PosteriorTrack,
  logOdds: number,
  lastWindowAt: number | null,
  plan: FailureForecastPlan,
): FailureForecast | null {
  const latest = track.points.at(-1)?.[0] ?? null;
  const isNews = lastWindowAt !== null && (latest === null || lastWindowAt > latest);
  if (isNews) track.points = [...track.points, [lastWindowAt, logOdds] as [number, number]].slice(-MOST_POINTS);
  const steps = stepsOf(track.points);
  if (steps.length < FEWEST_STEPS) return null;
  const ahead = (plan.looks * steps.reduce((sum, { length }) => sum + length, 0)) / steps.length;
  const { value, lower, upper, drift } = forecastWalk(logOdds, steps, ahead, CONFIDENCE);
  const { lowerBefore } = track;
  const surely = drift > 0 && lowerBefore !== null ? probabilityOf(Math.min(lower, lowerBefore)) : null;
  if (isNews) track.lowerBefore = lower;
  const reaches = (threshold: number | undefined): boolean =>
    threshold !== undefined && surely !== null && surely >= threshold;
  return {
    looks: plan.looks,
    probability: probabilityOf(value),
    lower: probabilityOf(lower),
    upper: probabilityOf(upper),
    isAlert: reaches(plan.alertAt),
    asks: reaches(plan.rollbackAt) ? 'rollback' : reaches(plan.narrowAt) ? 'narrow' : 'nothing',
  };
}

function stepsOf(points: PosteriorTrack['points']): WalkStep[] {
  return points.slice(1).map(([atMs, logOdds], index) => {
    const [beforeMs, before] = points[index] as [number, number];
    return { length: atMs - beforeMs, gain: logOdds - before };
  });
}

function probabilityOf(logOdds: number): number {
  return 1 / (1 + exp(-logOdds));
}
