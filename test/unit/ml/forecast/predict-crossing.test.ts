import { predictCrossing, type CrossingQuestion, type LoadPoint } from '../../../../ml/forecast/predict-crossing';
import { fitRegression, studentQuantile } from '../../../../ml/forecast/regression';
import { follow } from '../../../../bench/forecast/study';
import { mulberry32 } from '../../../../ml/random/mulberry32';

const MINUTE = 60_000;

/** Fifteen windows at each weight, the ratio given by the weight and the minute, with a little noise. */
function points(
  weights: readonly number[],
  ratioAt: (weight: number, minute: number) => number,
  seed = 1,
): LoadPoint[] {
  const random = mulberry32(seed);
  return weights.flatMap((weight, step) =>
    Array.from({ length: 15 }, (_, i) => {
      const minute = step * 15 + i;
      const value = 200 * (ratioAt(weight, minute) + 0.02 * (random() + random() - 1));
      return { atMs: minute * MINUTE, weight, value, reference: 200, units: 500 };
    }),
  );
}

const ask = (given: readonly LoadPoint[], rest: Partial<CrossingQuestion> = {}): ReturnType<typeof predictCrossing> =>
  predictCrossing({
    points: given,
    nextWeight: 50,
    direction: 'lower_is_better',
    factor: 1.2,
    horizonMs: 10 * MINUTE,
    ...rest,
  });

describe('predictCrossing', () => {
  it('foresees at the next weight what grows with the weight, before it is measured', () => {
    const answer = ask(points([5, 10, 25], (weight) => 1 + 0.006 * weight));
    expect(answer).toMatchObject({ measuredCrosses: false, crosses: 'next', persisted: true });
    expect(answer.atNext?.value).toBeCloseTo(1.3, 1);
    expect(answer.atNext?.lower).toBeLessThan(1.3);
    expect(answer.atNext?.upper).toBeGreaterThan(1.29);
    expect(answer.atCurrent?.value).toBeCloseTo(1.15, 1);
  });

  it('foresees at the current weight what grows with time', () => {
    const answer = ask(
      points([25], (_, minute) => 1 + 0.01 * minute),
      { nextWeight: 25 },
    );
    expect(answer).toMatchObject({ measuredCrosses: false, crosses: 'current' });
    expect(answer.atCurrent?.value).toBeGreaterThan(1.2);
  });

  it('foresees a loss of what is better higher', () => {
    const falling = points([5, 10, 25], (weight) => 1 - 0.003 * weight);
    expect(ask(falling, { direction: 'higher_is_better', factor: 0.9 }).crosses).toBe('next');
    expect(ask(falling, { direction: 'higher_is_better', factor: 0.8 }).crosses).toBe('none');
  });

  it('foresees nothing of a healthy candidate, a constant cost, or one burst', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      expect(ask(points([1, 5, 10, 25], () => 1, seed)).crosses).toBe('none');
      expect(ask(points([1, 5, 10, 25], () => 1.08, seed)).crosses).toBe('none');
      const burst = points([1, 5, 10, 25], () => 1, seed).map((point, i) =>
        i === 57 ? { ...point, value: 900 } : point,
      );
      expect(ask(burst).crosses).toBe('none');
    }
  });

  it('tells what grows with time from what grows with the weight', () => {
    const answer = ask(points([5, 10, 25], (_, minute) => 1 + 0.004 * minute));
    // Ten minutes after the last of 45 windows, at whatever weight.
    expect(answer.atCurrent?.value).toBeCloseTo(1 + 0.004 * 54, 1.5);
    expect(answer.atNext?.value).toBeCloseTo(1 + 0.004 * 54, 1.5);
    const byWeight = ask(points([5, 10, 25], (weight) => 1 + 0.004 * weight));
    expect(byWeight.atCurrent?.value).toBeCloseTo(1.1, 1.5);
    expect(byWeight.atNext?.value).toBeCloseTo(1.2, 1.5);
  });

  it('allows for growth that is faster than in proportion, to that side alone', () => {
    const { atNext } = ask(points([5, 10], (weight) => 1 + 0.004 * weight));
    const [below, above] = [(atNext?.value ?? 0) - (atNext?.lower ?? 0), (atNext?.upper ?? 0) - (atNext?.value ?? 0)];
    // Forty points of weight further on the line adds 0.16, and as much again is allowed for.
    expect(above - below).toBeCloseTo(0.16, 1);
  });

  it('shows bounds of 90 % whatever sureness a crossing is asked for with', () => {
    const given = points([5, 10, 25], (weight) => 1 + 0.004 * weight);
    const [likely, sure] = [0.6, 0.9999].map((confidence) => ask(given, { factor: 1.18, confidence }));
    expect([likely?.crosses, sure?.crosses]).toEqual(['next', 'none']);
    expect(sure?.atNext).toEqual(likely?.atNext);
  });

  it('says nothing of the next weight while one weight alone is known, nor of anything without data', () => {
    expect(ask(points([10], () => 1)).atNext).toBeNull();
    expect(ask([])).toEqual({
      measured: null,
      measuredCrosses: false,
      atCurrent: null,
      atNext: null,
      crosses: 'none',
      persisted: false,
    });
    const unusable = points([10], () => 1).map((point) => ({ ...point, reference: 0 }));
    expect(ask(unusable).measured).toBeNull();
  });

  it('leads the measured crossing on simulated load, and is mostly quiet on healthy traces', () => {
    const lead = [1, 2, 3, 4, 5].map((seed) => follow('linear', 5000 + seed, 0.8));
    expect(
      lead.filter(({ foreseenAt, measuredAt }) => foreseenAt !== null && measuredAt !== null && foreseenAt < measuredAt)
        .length,
    ).toBeGreaterThanOrEqual(2);
    expect(follow('none', 5001, 0.8).foreseenAt).toBeNull();
  }, 60_000);
});

describe('fitRegression', () => {
  it('gives the coefficients and errors that R gives: lm(dist ~ speed, cars)', () => {
    const speed = [
      4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 16, 16, 17, 17,
      17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25,
    ];
    const dist = [
      2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26, 54, 32, 40, 32,
      40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85,
    ];
    const fit = fitRegression(speed.map((at, i) => ({ at: [at], value: dist[i] as number, weight: 1 })));
    expect(fit?.coefficients[0]).toBeCloseTo(-17.5791, 4);
    expect(fit?.coefficients[1]).toBeCloseTo(3.9324, 4);
    expect(fit?.noise).toBeCloseTo(15.38, 2);
    // R's standard error of the slope is 0.4155. Residuals follow one another with 0.1604, 0.2528 without bias and held
    // towards one half: in Python, by the formula of the docstring, that makes 0.545789 with 28.6274 degrees of
    // freedom.
    expect(fit?.errors[1]).toBeCloseTo(0.545789, 5);
    expect(fit?.degrees).toBeCloseTo(28.6274, 3);
  });

  it('refuses collinear regressors and too few rows', () => {
    expect(fitRegression([1, 2, 3, 4, 5].map((x) => ({ at: [3], value: x, weight: 1 })))).toBeNull();
    expect(fitRegression([{ at: [1], value: 1, weight: 1 }])).toBeNull();
  });

  it('knows the quantiles of Student’s t from the tables', () => {
    expect(studentQuantile(0.025, 10)).toBeCloseTo(2.2281, 3);
    expect(studentQuantile(0.1, 30)).toBeCloseTo(1.3104, 3);
  });
});
