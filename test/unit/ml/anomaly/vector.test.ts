import { learnVectorModel, vectorTail, type VectorModel } from '../../../../ml/anomaly/vector';
import { mulberry32, type Rng } from '../../../../ml/random/mulberry32';

function normalOf(random: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Four metrics in different units that follow one load, with noise of a fifth of it. */
function rows(count: number, seed: number): number[][] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, () => {
    const load = normalOf(random);
    return [1, 100, -5, 0.01].map((size) => size * (3 + load + 0.2 * normalOf(random)));
  });
}

describe('the anomaly of all metrics of a segment together', () => {
  const model = learnVectorModel(rows(600, 1)) as VectorModel;

  it('finds the one direction in which they move', () => {
    expect(model.components).toHaveLength(1);
    const [direction = []] = model.components;
    for (const weight of direction) expect(Math.abs(weight)).toBeCloseTo(0.5, 1);
    expect(direction.reduce((sum, weight) => sum + weight * weight, 0)).toBeCloseTo(1, 9);
  });

  it('gives healthy rows chances that are about uniform', () => {
    const tails = rows(2000, 2).map((row) => vectorTail(model, row) ?? Number.NaN);
    for (const level of [0.05, 0.2, 0.5]) {
      const share = tails.filter((tail) => tail < level).length / tails.length;
      expect(Math.abs(share - level)).toBeLessThan(0.35 * level);
    }
  });

  it('finds one metric that leaves the others, though its value is an everyday one', () => {
    const [usual = []] = rows(1, 3);
    const parted = [3 + 1.2, 100 * (3 + 1.2), -5 * (3 - 1.2), 0.01 * (3 + 1.2)];
    expect(vectorTail(model, parted)).toBeLessThan(1e-6);
    expect(vectorTail(model, usual)).toBeGreaterThan(0.01);
    // All together further off than ever is another matter: each metric's own.
    expect(
      vectorTail(
        model,
        [1, 100, -5, 0.01].map((size) => size * 8),
      ),
    ).toBeGreaterThan(0.01);
  });

  it('is hardly turned by an incident in what it learned', () => {
    const spoiled = [...rows(600, 1), ...Array.from({ length: 12 }, () => [500, 0, 900, -40])];
    const [direction = []] = learnVectorModel(spoiled)?.components ?? [];
    const [before = []] = model.components;
    expect(Math.abs(direction.reduce((sum, weight, j) => sum + weight * (before[j] ?? 0), 0))).toBeGreaterThan(0.95);
  });

  it('says nothing of too few rows, of one metric, and of what does not vary', () => {
    expect(learnVectorModel(rows(19, 4))).toBeNull();
    expect(learnVectorModel(rows(50, 4).map(([first = 0]) => [first]))).toBeNull();
    expect(learnVectorModel(rows(50, 4).map(([first = 0]) => [first, 7]))).toBeNull();
    expect(learnVectorModel([])).toBeNull();
    expect(vectorTail(model, [1, 2, 3])).toBeNull();
    expect(vectorTail(model, [1, 2, 3, Number.NaN])).toBeNull();
  });
});
