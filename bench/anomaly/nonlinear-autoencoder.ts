import type { Rng } from '../../ml/random/mulberry32';

/** Layers of metrics → hidden → code → hidden → metrics; tanh on the hidden ones, linear code and output. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly isCurved: boolean;
  readonly weights: Float64Array;
  readonly gradients: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

const EPOCHS = 120;
const RATE = 0.005;
const BATCH = 32;
const WEIGHT_DECAY = 1e-4;

/**
 * A small autoencoder with one curved layer on either side of its code, trained by Adam: the rival that principal
 * components have to lose to before it is used. Its score of a row is the squared distance between the row and its
 * reconstruction.
 *
 * @param rows - standardised, of ordinary time
 * @see Kramer (1991), doi:10.1002/aic.690370209; Kingma and Ba (2015), arXiv:1412.6980
 */
export function trainAutoencoder(
  rows: readonly (readonly number[])[],
  code: number,
  hidden: number,
  random: Rng,
): (row: readonly number[]) => number {
  const metrics = rows[0]?.length ?? 0;
  const layers = [
    layerOf(metrics, hidden, true, random),
    layerOf(hidden, code, false, random),
    layerOf(code, hidden, true, random),
    layerOf(hidden, metrics, false, random),
  ];
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    const order = shuffled(rows.length, random);
    for (let from = 0; from < order.length; from += BATCH) {
      const batch = order.slice(from, from + BATCH);
      for (const index of batch) learn(layers, rows[index] as readonly number[]);
      step += 1;
      for (const layer of layers) descend(layer, step, batch.length);
    }
  }
  return (row) => distance(row, forward(layers, row).at(-1) as Float64Array);
}

function layerOf(inputs: number, outputs: number, isCurved: boolean, random: Rng): Layer {
  const size = (inputs + 1) * outputs;
  const reach = Math.sqrt(6 / (inputs + outputs));
  const zeros = (): Float64Array => new Float64Array(size);
  return {
    inputs,
    outputs,
    isCurved,
    weights: zeros().map(() => (2 * random() - 1) * reach),
    gradients: zeros(),
    first: zeros(),
    second: zeros(),
  };
}

function forward(layers: readonly Layer[], row: readonly number[]): Float64Array[] {
  const activations = [Float64Array.from(row)];
  for (const { inputs, outputs, isCurved, weights } of layers) {
    const input = activations.at(-1) as Float64Array;
    const output = new Float64Array(outputs);
    for (let o = 0; o < outputs; o += 1) {
      let sum = weights[o * (inputs + 1) + inputs] as number;
      for (let i = 0; i < inputs; i += 1) sum += (weights[o * (inputs + 1) + i] as number) * (input[i] as number);
      output[o] = isCurved ? Math.tanh(sum) : sum;
    }
    activations.push(output);
  }
  return activations;
}

/** Back-propagation of half the squared distance, added to the gradients. */
function learn(layers: readonly Layer[], row: readonly number[]): void {
  const activations = forward(layers, row);
  let errors = (activations.at(-1) as Float64Array).map((value, j) => value - (row[j] as number));
  for (let l = layers.length - 1; l >= 0; l -= 1) {
    const { inputs, outputs, isCurved, weights, gradients } = layers[l] as Layer;
    const input = activations[l] as Float64Array;
    const output = activations[l + 1] as Float64Array;
    const below = new Float64Array(inputs);
    for (let o = 0; o < outputs; o += 1) {
      const error = (errors[o] as number) * (isCurved ? 1 - (output[o] as number) ** 2 : 1);
      const base = o * (inputs + 1);
      for (let i = 0; i < inputs; i += 1) {
        gradients[base + i] = (gradients[base + i] as number) + error * (input[i] as number);
        below[i] = (below[i] as number) + error * (weights[base + i] as number);
      }
      gradients[base + inputs] = (gradients[base + inputs] as number) + error;
    }
    errors = below;
  }
}

function descend({ weights, gradients, first, second }: Layer, step: number, count: number): void {
  const [keepFirst, keepSecond] = [0.9, 0.999];
  for (let w = 0; w < weights.length; w += 1) {
    const gradient = (gradients[w] as number) / count + WEIGHT_DECAY * (weights[w] as number);
    first[w] = keepFirst * (first[w] as number) + (1 - keepFirst) * gradient;
    second[w] = keepSecond * (second[w] as number) + (1 - keepSecond) * gradient * gradient;
    const mean = (first[w] as number) / (1 - keepFirst ** step);
    const spread = Math.sqrt((second[w] as number) / (1 - keepSecond ** step)) + 1e-8;
    weights[w] = (weights[w] as number) - (RATE * mean) / spread;
  }
  gradients.fill(0);
}

function shuffled(length: number, random: Rng): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

function distance(a: readonly number[], b: Float64Array): number {
  return a.reduce((sum, value, j) => sum + (value - (b[j] as number)) ** 2, 0);
}
