import { logOddsOf, probabilityOf } from './logit';
import {
  fitStandardisation,
  inputCount,
  standardiseColumns,
  standardiseRow,
  type Standardisation,
} from './standardise';
import { solvePositive } from './solve-positive';

/** How a logistic regression is fitted. */
export interface LogisticOptions {
  /** Penalty on squared coefficients, the intercept's left out; in rows of unit curvature, > 0. */
  readonly ridge: number;
}

/** A fitted logistic regression as JSON. */
export interface LogisticJson {
  readonly standardisation: Standardisation;
  /** Intercept, then one coefficient for each input, then one for the square of each input. */
  readonly coefficients: readonly number[];
}

const MAX_STEPS = 25;

/** Log odds that are linear in standardised signed logs and in their squares, so that a middle may be riskier than both ends. */
export class Logistic {
  private readonly inputs: Float64Array;
  private readonly coefficients: Float64Array;

  constructor(private readonly json: LogisticJson) {
    this.inputs = new Float64Array(inputCount(json.standardisation));
    this.coefficients = Float64Array.from(json.coefficients);
  }

  predict(row: ArrayLike<number>): number {
    standardiseRow(this.json.standardisation, row, this.inputs);
    return this.predictInputs(this.inputs, 0);
  }

  /** The same for all rows of columns. */
  predictAll(columns: readonly Float64Array[], rows: number): Float64Array {
    const inputs = standardiseColumns(this.json.standardisation, columns, rows);
    return Float64Array.from({ length: rows }, (_, row) => this.predictInputs(inputs, row * this.inputs.length));
  }

  toJSON(): LogisticJson {
    return this.json;
  }

  private predictInputs(inputs: Float64Array, from: number): number {
    const { coefficients } = this;
    const width = this.inputs.length;
    let sum = coefficients[0] as number;
    for (let input = 0; input < width; input++) {
      const value = inputs[from + input] as number;
      sum += value * ((coefficients[1 + input] as number) + value * (coefficients[1 + width + input] as number));
    }
    return probabilityOf(sum);
  }
}

/** Fits by Newton's method with a ridge. O(steps × rows × inputs²). */
export function fitLogistic(
  columns: readonly Float64Array[],
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  options: LogisticOptions,
): Logistic {
  const standardisation = fitStandardisation(columns);
  const width = inputCount(standardisation);
  const inputs = standardiseColumns(standardisation, columns, labels.length);
  const coefficients = new Float64Array(1 + 2 * width);
  coefficients[0] = logOddsOf(shareOfPositives(labels, weights), 1e-3);
  for (let step = 0; step < MAX_STEPS; step++) {
    const { gradient, curvature } = derivatives(inputs, width, labels, weights, coefficients, options.ridge);
    const move = solvePositive(curvature, gradient);
    let largest = 0;
    for (let at = 0; at < move.length; at++) {
      coefficients[at] = (coefficients[at] as number) + (move[at] as number);
      largest = Math.max(largest, Math.abs(move[at] as number));
    }
    if (largest < 1e-7) break;
  }
  return new Logistic({
    standardisation,
    coefficients: Array.from(coefficients, (each) => Number(each.toPrecision(12))),
  });
}

/** Gradient and negative second derivatives (lower triangle) of the penalised log likelihood. */
function derivatives(
  inputs: Float64Array,
  width: number,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  coefficients: Float64Array,
  ridge: number,
): { gradient: Float64Array; curvature: Float64Array } {
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
    if (at > 0) gradient[at] = (gradient[at] as number) - pull * (coefficients[at] as number);
    curvature[at * size + at] = (curvature[at * size + at] as number) + pull;
  }
  return { gradient, curvature };
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
