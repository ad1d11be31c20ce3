import { ln } from '../elementary/ln';
import type { BinnedRows } from '../trees/binned-rows';
import { logOddsOf, probabilityOf } from './logit';
import { Levels, type LevelsJson } from './levels';
import { solvePositive } from './solve-positive';

/** How a logistic regression is fitted. */
export interface LogisticOptions {
  /** Penalty on squared coefficients, the intercept's left out; in rows of unit curvature, > 0. */
  readonly ridge: number;
}

/** A fitted logistic regression as JSON. */
export interface LogisticJson {
  readonly levels: LevelsJson;
  /** Intercept, then one coefficient for each input, then one for the square of each input. */
  readonly coefficients: readonly number[];
}

const MAX_STEPS = 25;

/**
 * Log odds that are linear in standardised signed logs and in their squares, so that a middle may be riskier than both
 * ends.
 */
export class Logistic {
  private readonly levels: Levels;
  private readonly inputs: Float64Array;
  private readonly coefficients: Float64Array;

  constructor(private readonly json: LogisticJson) {
    this.levels = new Levels(json.levels);
    this.inputs = new Float64Array(this.levels.width);
    this.coefficients = Float64Array.from(json.coefficients);
  }

  /** Log odds of the row whose bins begin at `from`. */
  logOdds(bins: Uint8Array, from: number): number {
    const { coefficients, inputs } = this;
    this.levels.write(bins, from, inputs, 0);
    const width = inputs.length;
    let sum = coefficients[0] as number;
    for (let input = 0; input < width; input++) {
      const value = inputs[input] as number;
      sum += value * ((coefficients[1 + input] as number) + value * (coefficients[1 + width + input] as number));
    }
    return sum;
  }

  toJSON(): LogisticJson {
    return this.json;
  }
}

/** Fits by Newton's method with a ridge. O(steps × rows × inputs²). */
export function fitLogistic(
  levels: Levels,
  rowsOfBins: BinnedRows,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  options: LogisticOptions,
): Logistic {
  const { width } = levels;
  const inputs = levels.all(rowsOfBins);
  const coefficients = new Float64Array(1 + 2 * width);
  coefficients[0] = logOddsOf(shareOfPositives(labels, weights), 1e-3);
  let now = derivatives(inputs, width, labels, weights, coefficients, options.ridge);
  for (let step = 0; step < MAX_STEPS; step++) {
    const move = solvePositive(now.curvature, now.gradient);
    // A full step may overshoot where rows are far from the fit; half of it, and half again, cannot for ever.
    let tried = coefficients;
    let next = now;
    for (let share = 1; share > 1e-4; share /= 2) {
      tried = coefficients.map((value, at) => value + share * (move[at] as number));
      next = derivatives(inputs, width, labels, weights, tried, options.ridge);
      if (next.loss <= now.loss) break;
    }
    const gained = now.loss - next.loss;
    if (!(gained > 0)) break;
    coefficients.set(tried);
    now = next;
    if (gained < 1e-7 * labels.length) break;
  }
  return new Logistic({
    levels: levels.toJSON(),
    coefficients: Array.from(coefficients, (each) => Number(each.toPrecision(12))),
  });
}

/** Penalised log loss, the gradient of its negative and its second derivatives (lower triangle). */
function derivatives(
  inputs: Float64Array,
  width: number,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  coefficients: Float64Array,
  ridge: number,
): { loss: number; gradient: Float64Array; curvature: Float64Array } {
  let loss = 0;
  const size = coefficients.length;
  const gradient = new Float64Array(size);
  const curvature = new Float64Array(size * size);
  const row = new Float64Array(size);
  row[0] = 1;
  for (let index = 0; index < labels.length; index++) {
    for (let input = 0; input < width; input++) {
      const value = inputs[index * width + input] as number;
      row[1 + input] = value;
      row[1 + width + input] = value * value;
    }
    let sum = 0;
    for (let at = 0; at < size; at++) sum += (coefficients[at] as number) * (row[at] as number);
    const p = probabilityOf(sum);
    loss -= (weights[index] as number) * ln(Math.max(1e-300, labels[index] === 1 ? p : 1 - p));
    const error = (weights[index] as number) * ((labels[index] as number) - p);
    const own = (weights[index] as number) * p * (1 - p);
    for (let at = 0; at < size; at++) {
      const value = row[at] as number;
      gradient[at] = (gradient[at] as number) + error * value;
      const scaled = own * value;
      const base = at * size;
      for (let other = 0; other <= at; other++) {
        curvature[base + other] = (curvature[base + other] as number) + scaled * (row[other] as number);
      }
    }
  }
  for (let at = 0; at < size; at++) {
    // A whisper on the intercept keeps the system solvable when all rows are of one class.
    const pull = at === 0 ? 1e-6 : ridge;
    const coefficient = coefficients[at] as number;
    loss += (pull * coefficient * coefficient) / 2;
    gradient[at] = (gradient[at] as number) - pull * coefficient;
    curvature[at * size + at] = (curvature[at * size + at] as number) + pull;
  }
  return { loss, gradient, curvature };
}

function shareOfPositives(labels: ArrayLike<number>, weights: ArrayLike<number>): number {
  let positive = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    positive += (weights[row] as number) * (labels[row] as number);
    total += weights[row] as number;
  }
  return positive / total;
}
