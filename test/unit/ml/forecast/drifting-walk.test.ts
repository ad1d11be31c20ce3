import { forecastWalk, type WalkStep } from '../../../../ml/forecast/drifting-walk';
import { mulberry32, type Rng } from '../../../../ml/random/mulberry32';

/** A standard normal number, by Box and Muller. */
const normal = (random: Rng): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe('the forecast of a random walk with drift', () => {
  // Reaches computed in Python by the formula of the docstring, with quantiles of Student's t from a table (2.131847,
  // 2.015048 and 6.313752).
  it.each([
    { lengths: [1, 1, 1, 1, 1], gains: [0.2, 0.5, -0.1, 0.4, 0.9], ahead: 5, value: 1.9, reach: 3.81342 },
    { lengths: [1, 2, 1, 4, 1, 1], gains: [0.3, 1.1, 1.2, 1, -0.8, -0.9], ahead: 3, value: 0.57, reach: 13.44791 },
    { lengths: [1, 1], gains: [1, 3], ahead: 2, value: 4, reach: 39.93167 },
  ])(
    'goes on by the mean gain, with the long-run spread of steps $gains and of the drift itself',
    ({ lengths, gains, ahead, value, reach }) => {
      const steps = gains.map((gain, index) => ({ length: lengths[index] as number, gain }));
      const found = forecastWalk(10, steps, ahead, 0.95);
      expect(found.value).toBeCloseTo(10 + value, 10);
      expect(found.drift).toBeCloseTo(value / ahead, 10);
      expect(found.upper - found.value).toBeCloseTo(reach, 4);
      expect(found.value - found.lower).toBeCloseTo(reach, 4);
    },
  );

  it('reaches further where steps follow each other than where the same steps alternate', () => {
    const reachOf = (gains: readonly number[]): number => {
      const { upper, value } = forecastWalk(
        0,
        gains.map((gain) => ({ length: 1, gain })),
        5,
        0.95,
      );
      return upper - value;
    };
    const runs = [1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1];
    expect(reachOf(runs)).toBeGreaterThan(1.5 * reachOf(runs.map((_, index) => (index % 2 === 0 ? 1 : -1))));
    // Late large steps count for more than early ones.
    const growing = [0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 2, -2, 2, -2];
    expect(reachOf(growing)).toBeGreaterThan(reachOf([...growing].reverse()));
  });

  it('is certain where every step was alike, and refuses a single step', () => {
    const steps = Array.from({ length: 5 }, (_, index) => ({ length: 1 + index, gain: 0.5 * (1 + index) }));
    expect(forecastWalk(0, steps, 4, 0.9)).toEqual({ value: 2, lower: 2, upper: 2, drift: 0.5 });
    expect(() => forecastWalk(0, [{ length: 1, gain: 1 }], 1, 0.9)).toThrow(RangeError);
  });

  it.each([
    { count: 5, memory: 0 },
    { count: 12, memory: 0 },
    { count: 30, memory: 0 },
    { count: 5, memory: 0.5 },
    { count: 12, memory: 0.5 },
    { count: 30, memory: 0.5 },
  ])(
    'holds at its level or a little above after $count steps that follow each other at $memory',
    ({ count, memory }) => {
      const random = mulberry32(count);
      const runs = 1_000;
      let within = 0;
      for (let run = 0; run < runs; run++) {
        let before = normal(random);
        const all = Array.from({ length: count + 5 }, (): WalkStep => {
          before = memory * before + Math.sqrt(1 - memory ** 2) * normal(random);
          return { length: 1, gain: 0.3 + 2 * before };
        });
        const { lower, upper } = forecastWalk(0, all.slice(0, count), 5, 0.95);
        const end = all.slice(count).reduce((sum, { gain }) => sum + gain, 0);
        if (end >= lower && end <= upper) within += 1;
      }
      // A share of 1,000 lies a point off by chance.
      expect(within / runs).toBeGreaterThan(0.86);
      expect(within / runs).toBeLessThan(0.975);
    },
  );
});
