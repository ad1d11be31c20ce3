import { populationStability, rankEvidence } from '../../../../ml/evaluation/input-drift';
import { pointsOf, SKETCH_POINTS, sketchOf } from '../../../../ml/evaluation/input-sketch';
import { defaultPredictor } from '../../../../ml/prediction/default-predictor';
import { mulberry32, type Rng } from '../../../../ml/random/mulberry32';

describe('a sketch of inputs', () => {
  it('is as many points as there are, at the middle of equal shares of the values', () => {
    const random = mulberry32(3);
    const values = Float64Array.from({ length: 50_001 }, () => random());
    const points = pointsOf(sketchOf(values));
    expect(points).toHaveLength(SKETCH_POINTS);
    const sorted = values.toSorted();
    expect([...points]).toEqual(
      Array.from({ length: SKETCH_POINTS }, (_, point) => sorted[Math.ceil((point + 0.5) * 50.001) - 1]),
    );
  });

  it('writes ties once, and takes missing values for a value of their own', () => {
    const values = [5, Number.NaN, 2, 5, 5, 2, Number.NaN, 5];
    expect(sketchOf(values)).toEqual({ values: [2, 5], counts: [250, 500], missing: 250 });
    expect([...pointsOf({ values: [2, 5], counts: [1, 2], missing: 1 })]).toEqual([Number.NaN, 2, 5, 5]);
  });

  it('counts each value by its weight, and says nothing where there is none', () => {
    expect(sketchOf([1, 2, 3], [1, 0, 3])).toEqual({ values: [1, 3], counts: [250, 750], missing: 0 });
    expect(sketchOf([1], [0])).toEqual({ values: [], counts: [], missing: SKETCH_POINTS });
    expect(sketchOf([])).toEqual({ values: [], counts: [], missing: SKETCH_POINTS });
  });
});

/** Evidence of later values against the points of a sketch. */
function evidenceOf(sketch: readonly number[], later: number, seed: number, draw: (random: Rng) => number): number {
  const random = mulberry32(seed);
  const values = Float64Array.from({ length: later }, () => draw(random));
  return rankEvidence(Float64Array.from(sketch), values, mulberry32(seed + 7_919));
}

describe('drift against a sketch', () => {
  const random = mulberry32(8);
  // Skewed and tied, as lines of changes are.
  const lines = (rng: Rng): number => Math.floor(2 ** (10 * rng()));
  const points = [...pointsOf(sketchOf(Float64Array.from({ length: 40_000 }, () => lines(random))))];

  it('raises a false alarm in at most 5 % of streams, over their whole length', () => {
    const alarms = Array.from({ length: 200 }, (_, seed) => evidenceOf(points, 400, seed + 1, lines));
    // Five standard deviations above 5 % of 200 are 25.
    expect(alarms.filter((evidence) => evidence >= 20).length).toBeLessThanOrEqual(25);
  });

  it('is found as against the rows themselves', () => {
    const more = (rng: Rng): number => 3 * lines(rng);
    const found = Array.from({ length: 20 }, (_, seed) => evidenceOf(points, 150, seed + 1, more));
    expect(found.filter((evidence) => evidence >= 20)).toHaveLength(20);
  });
});

describe('the model that ships with Headgate', () => {
  it('carries a sketch of every feature, which lies where it says that its features lay', () => {
    const { features, support, inputs = [] } = defaultPredictor().json;
    expect(inputs).toHaveLength(features.length);
    for (const [feature, sketch] of inputs.entries()) {
      const points = pointsOf(sketch);
      expect(points).toHaveLength(SKETCH_POINTS);
      expect(points).toEqual(points.toSorted());
      const { low, high } = support[feature]!;
      expect(points[0]!).toBeGreaterThanOrEqual(low!);
      expect(points.at(-1)!).toBeLessThanOrEqual(high!);
      expect(populationStability(points, points).index).toBe(0);
    }
  });
});
