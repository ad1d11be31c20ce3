import { logOddsOf, probabilityOf } from '../models/logit';

/** A calibration `p' = logistic(slope × logit(p) + intercept)`. */
export interface Platt {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * How strongly a slope is held at 1 and an intercept at 0, as curvature of the log likelihood: 15 is what some hundred
 * rows of middling risk weigh. The spread of scores is steadier over time than the share of failures, so it is held
 * more strongly.
 */
const SLOPE_PRECISION = 50;
const INTERCEPT_PRECISION = 15;
const MAX_STEPS = 50;

/**
 * Platt's calibration on log odds, by Newton's method, held towards leaving scores as they are, so that few rows change
 * little and separable ones stay finite. A slope below 0 would turn ranks around and is taken as 0. O(steps × n).
 *
 * @param odds - log odds, finite
 * @param labels - 0 or 1, same order
 * @returns slope 1 and intercept 0 without rows
 * @see Platt (1999), Probabilistic outputs for support vector machines
 */
export function fitPlatt(odds: ArrayLike<number>, labels: ArrayLike<number>): Platt {
  let slope = 1;
  let intercept = 0;
  for (let step = 0; step < MAX_STEPS; step++) {
    // Gradient and curvature of the log likelihood with the two priors.
    let gradientSlope = -SLOPE_PRECISION * (slope - 1);
    let gradientIntercept = -INTERCEPT_PRECISION * intercept;
    let slopes = SLOPE_PRECISION;
    let mixed = 0;
    let intercepts = INTERCEPT_PRECISION;
    for (let row = 0; row < odds.length; row++) {
      const x = odds[row] as number;
      const p = probabilityOf(slope * x + intercept);
      const error = (labels[row] as number) - p;
      const curvature = p * (1 - p);
      gradientSlope += error * x;
      gradientIntercept += error;
      slopes += curvature * x * x;
      mixed += curvature * x;
      intercepts += curvature;
    }
    const determinant = slopes * intercepts - mixed * mixed;
    const moveSlope = (intercepts * gradientSlope - mixed * gradientIntercept) / determinant;
    const moveIntercept = (slopes * gradientIntercept - mixed * gradientSlope) / determinant;
    slope += moveSlope;
    intercept += moveIntercept;
    if (Math.abs(moveSlope) + Math.abs(moveIntercept) < 1e-9) break;
  }
  return slope >= 0 ? { slope, intercept } : { slope: 0, intercept: logOddsOf(mean(labels), 1e-4) };
}

/** The calibrated probability. */
export function applyPlatt({ slope, intercept }: Platt, logOdds: number): number {
  return probabilityOf(slope * logOdds + intercept);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] as number;
  return sum / Math.max(1, values.length);
}
