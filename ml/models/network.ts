import type { Rng } from '../random/mulberry32';
import type { BinnedRows } from '../trees/binned-rows';
import { logOddsOf, probabilityOf } from './logit';
import { Levels, type LevelsJson } from './levels';

/** How a network is trained. */
export interface NetworkOptions {
  /** Units of the one hidden layer. */
  readonly hidden: number;
  /** Passes over all rows. */
  readonly epochs: number;
  /** Rows of one step. */
  readonly batch: number;
  /** Step size of the first pass; falls to a tenth on a straight line. */
  readonly learningRate: number;
  /** Pull of weights towards 0 at each step (decoupled, times the step size). */
  readonly decay: number;
}

/** A trained network as JSON. Weights of the hidden layer unit by unit, each with its bias last; then those of the output. */
export interface NetworkJson {
  readonly levels: LevelsJson;
  readonly hidden: number;
  readonly weights: readonly number[];
}

/** One hidden layer of softsign units, which need no exponential, and a logistic output. */
export class Network {
  private readonly levels: Levels;
  private readonly inputs: Float64Array;
  private readonly weights: Float64Array;

  constructor(private readonly json: NetworkJson) {
    this.levels = new Levels(json.levels);
    this.inputs = new Float64Array(this.levels.width);
    this.weights = Float64Array.from(json.weights);
  }

  /** Log odds of the row whose bins begin at `from`. */
  logOdds(bins: Uint8Array, from: number): number {
    const { inputs, weights } = this;
    this.levels.write(bins, from, inputs, 0);
    const width = inputs.length;
    const { hidden } = this.json;
    const outputAt = hidden * (width + 1);
    let output = weights[outputAt + hidden] as number;
    let unit = 0;
    // Four units at a time, so that an addition need not wait for the one before.
    for (; unit + 4 <= hidden; unit += 4) {
      const first = unit * (width + 1);
      const second = first + width + 1;
      const third = second + width + 1;
      const fourth = third + width + 1;
      let a = weights[first + width] as number;
      let b = weights[second + width] as number;
      let c = weights[third + width] as number;
      let d = weights[fourth + width] as number;
      for (let input = 0; input < width; input++) {
        const value = inputs[input] as number;
        a += (weights[first + input] as number) * value;
        b += (weights[second + input] as number) * value;
        c += (weights[third + input] as number) * value;
        d += (weights[fourth + input] as number) * value;
      }
      output += ((weights[outputAt + unit] as number) * a) / (1 + Math.abs(a));
      output += ((weights[outputAt + unit + 1] as number) * b) / (1 + Math.abs(b));
      output += ((weights[outputAt + unit + 2] as number) * c) / (1 + Math.abs(c));
      output += ((weights[outputAt + unit + 3] as number) * d) / (1 + Math.abs(d));
    }
    for (; unit < hidden; unit++) {
      const at = unit * (width + 1);
      let sum = weights[at + width] as number;
      for (let input = 0; input < width; input++) sum += (weights[at + input] as number) * (inputs[input] as number);
      output += ((weights[outputAt + unit] as number) * sum) / (1 + Math.abs(sum));
    }
    return output;
  }

  toJSON(): NetworkJson {
    return this.json;
  }
}

/**
 * Trains a network by Adam on shuffled batches of the weighted log loss. O(epochs × rows × inputs × hidden).
 *
 * @see Kingma and Ba (2015), arXiv:1412.6980
 */
export function trainNetwork(
  levels: Levels,
  rowsOfBins: BinnedRows,
  labels: ArrayLike<number>,
  weights: ArrayLike<number>,
  options: NetworkOptions,
  rng: Rng,
): Network {
  const { rows } = rowsOfBins;
  const inputs = levels.all(rowsOfBins);
  const trainer = new NetworkTrainer(levels.width, options, rng);
  trainer.startAt(labels, weights);
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const steps = options.epochs * Math.ceil(rows / options.batch);
  let step = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, rng);
    for (let from = 0; from < rows; from += options.batch) {
      const rate = options.learningRate * (1 - (0.9 * step) / steps);
      trainer.step(inputs, labels, weights, order.subarray(from, from + options.batch), rate);
      step += 1;
    }
  }
  // Nine digits hold what matters of a weight; the network is what its JSON says.
  const kept = Array.from(trainer.weights, (weight) => Number(weight.toPrecision(9)));
  return new Network({ levels: levels.toJSON(), hidden: options.hidden, weights: kept });
}

class NetworkTrainer {
  readonly weights: Float64Array;
  private readonly gradient: Float64Array;
  private readonly mean: Float64Array;
  private readonly square: Float64Array;
  private readonly activations: Float64Array;
  private meanPower = 1;
  private squarePower = 1;

  constructor(
    private readonly width: number,
    private readonly options: NetworkOptions,
    rng: Rng,
  ) {
    const { hidden } = options;
    const count = hidden * (width + 1) + hidden + 1;
    this.weights = new Float64Array(count);
    this.gradient = new Float64Array(count);
    this.mean = new Float64Array(count);
    this.square = new Float64Array(count);
    this.activations = new Float64Array(hidden);
    const ofInput = Math.sqrt(6 / (width + hidden));
    const ofOutput = Math.sqrt(6 / (hidden + 1));
    for (let at = 0; at < hidden * (width + 1); at++) {
      const isBias = at % (width + 1) === width;
      this.weights[at] = isBias ? 0 : (2 * rng() - 1) * ofInput;
    }
    for (let unit = 0; unit < hidden; unit++) this.weights[hidden * (width + 1) + unit] = (2 * rng() - 1) * ofOutput;
  }

  /** Lets the output begin at the share of positives. */
  startAt(labels: ArrayLike<number>, weights: ArrayLike<number>): void {
    let positive = 0;
    let total = 0;
    for (let row = 0; row < labels.length; row++) {
      positive += (weights[row] as number) * (labels[row] as number);
      total += weights[row] as number;
    }
    this.weights[this.weights.length - 1] = logOddsOf(positive / total, 1e-3);
  }

  /** One step down the gradient of a batch. */
  step(
    inputs: Float64Array,
    labels: ArrayLike<number>,
    rowWeights: ArrayLike<number>,
    batch: Int32Array,
    rate: number,
  ): void {
    this.gradient.fill(0);
    for (const row of batch)
      this.addGradient(inputs, row * this.width, labels[row] as number, rowWeights[row] as number);
    const share = 1 / batch.length;
    this.meanPower *= 0.9;
    this.squarePower *= 0.999;
    const { weights, gradient, mean, square } = this;
    for (let at = 0; at < weights.length; at++) {
      const slope = (gradient[at] as number) * share;
      const first = 0.9 * (mean[at] as number) + 0.1 * slope;
      const second = 0.999 * (square[at] as number) + 0.001 * slope * slope;
      mean[at] = first;
      square[at] = second;
      const move = first / (1 - this.meanPower) / (Math.sqrt(second / (1 - this.squarePower)) + 1e-8);
      weights[at] = (weights[at] as number) - rate * (move + this.options.decay * (weights[at] as number));
    }
  }

  private addGradient(inputs: Float64Array, from: number, label: number, rowWeight: number): void {
    const { weights, gradient, activations, width } = this;
    const { hidden } = this.options;
    const outputAt = hidden * (width + 1);
    let output = weights[outputAt + hidden] as number;
    for (let unit = 0; unit < hidden; unit++) {
      const at = unit * (width + 1);
      let sum = weights[at + width] as number;
      for (let input = 0; input < width; input++)
        sum += (weights[at + input] as number) * (inputs[from + input] as number);
      const activation = sum / (1 + Math.abs(sum));
      activations[unit] = activation;
      output += (weights[outputAt + unit] as number) * activation;
    }
    const error = rowWeight * (probabilityOf(output) - label);
    gradient[outputAt + hidden] = (gradient[outputAt + hidden] as number) + error;
    for (let unit = 0; unit < hidden; unit++) {
      const activation = activations[unit] as number;
      gradient[outputAt + unit] = (gradient[outputAt + unit] as number) + error * activation;
      const back =
        error * (weights[outputAt + unit] as number) * (1 - Math.abs(activation)) * (1 - Math.abs(activation));
      const at = unit * (width + 1);
      for (let input = 0; input < width; input++) {
        gradient[at + input] = (gradient[at + input] as number) + back * (inputs[from + input] as number);
      }
      gradient[at + width] = (gradient[at + width] as number) + back;
    }
  }
}

function shuffle(order: Int32Array, rng: Rng): void {
  for (let left = order.length - 1; left > 0; left--) {
    const pick = Math.floor(rng() * (left + 1));
    const taken = order[left] as number;
    order[left] = order[pick] as number;
    order[pick] = taken;
  }
}
