import { forecastWalk, type WalkStep } from '../../../../ml/forecast/drifting-walk';
import { mulberry32, type Rng } from '../../../../ml/random/mulberry32';

/** A standard normal number, by Box and Muller. */
const normal = (random: Rng): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe('the forecast of a random walk with drift', () => {
  it('goes on by the mean gain, with the spread of its steps and of the drift itself', () => {
    // Gains of 1 and 3 over a unit each: drift 2, s² = 2, two units ahead s²(2 + 4/2) = 8, and t of one degree with 5 % above it is 6.3138.
    const steps = [1, 3].map((gain) => ({ length: 1, gain }));
    const { value, lower, upper, drift } = forecastWalk(10, steps, 2, 0.95);
    expect([value, drift]).toEqual([14, 2]);
    expect(upper - value).toBeCloseTo(6.3138 * Math.sqrt(8), 2);
    expect(value - lower).toBeCloseTo(upper - value, 12);
  });

  it('is certain where every step was alike, and refuses a single step', () => {
    const steps = Array.from({ length: 5 }, (_, index) => ({ length: 1 + index, gain: 0.5 * (1 + index) }));
    expect(forecastWalk(0, steps, 4, 0.9)).toEqual({ value: 2, lower: 2, upper: 2, drift: 0.5 });
    expect(() => forecastWalk(0, [{ length: 1, gain: 1 }], 1, 0.9)).toThrow(RangeError);
  });

  it.each([5, 12, 30])('holds each bound as often as it says, after %i steps of unequal length', (count) => {
    const random = mulberry32(count);
    const runs = 1_000;
    let above = 0;
    let below = 0;
    for (let run = 0; run < runs; run++) {
      const walk = (length: number): number => 0.3 * length + 2 * Math.sqrt(length) * normal(random);
      const steps = Array.from({ length: count }, (): WalkStep => {
        const length = 0.5 + 2 * random();
        return { length, gain: walk(length) };
      });
      const { lower, upper } = forecastWalk(0, steps, 5, 0.95);
      const end = walk(5);
      if (end > upper) above += 1;
      if (end < lower) below += 1;
    }
    // 5 % of 1,000 are 50, and four standard deviations 28.
    for (const outside of [above, below]) expect(Math.abs(outside - 50)).toBeLessThan(28);
  });
});
