import { populationStability, rankEvidence } from '../../../../ml/evaluation/input-drift';
import { mulberry32, type Rng } from '../../../../ml/random/mulberry32';

type Draw = (random: Rng) => number;
const skewed: Draw = (random) => 1 / (0.01 + random());
const counted: Draw = (random) => Math.floor(4 * random() ** 2);
const oftenMissing: Draw = (random) => (random() < 0.4 ? Number.NaN : random());

/** Evidence of one stream: `learned` values of one law, then `later` ones of it up to row `from`, and of another after that. */
function evidenceOf(seed: number, before: Draw, after: Draw, { learned = 100, later = 150, from = 0 } = {}): number {
  const random = mulberry32(seed);
  const reference = Float64Array.from({ length: learned }, () => before(random));
  const values = Float64Array.from({ length: later }, (_, row) => (row < from ? before : after)(random));
  return rankEvidence(reference, values, mulberry32(seed + 7_919));
}

const alarms = (streams: number, of: (seed: number) => number): number =>
  Array.from({ length: streams }, (_, seed) => of(seed + 1)).filter((evidence) => evidence >= 20).length;

describe('evidence that a feature has drifted', () => {
  it('is 1 without later values, and the mean of the bets with one', () => {
    expect(rankEvidence(new Float64Array([1, 2]), new Float64Array(0), mulberry32(1))).toBe(1);
    // The first of three, at 3 % of its place: a rank of a hundredth.
    const bets = [1 / 100].flatMap((p) => [
      0.5 / Math.sqrt(p),
      0.5 / Math.sqrt(1 - p),
      3 * (1 - p) ** 2,
      3 * p ** 2,
      1 / (Math.PI * Math.sqrt(p * (1 - p))),
      6 * p * (1 - p),
    ]);
    const mean = bets.reduce((sum, one) => sum + one, 0) / bets.length;
    expect(rankEvidence(new Float64Array([3, 2]), new Float64Array([1]), () => 0.03)).toBeCloseTo(mean / 2 + 1 / 2, 12);
  });

  it.each([
    ['skewed', skewed],
    ['with few values', counted],
    ['often missing', oftenMissing],
    ['constant', () => 3],
  ])(
    'raises a false alarm in at most 5 %% of streams of values that are %s, over their whole length',
    (_what, draw) => {
      // Three standard deviations above 5 % of 500 are 40.
      expect(alarms(500, (seed) => evidenceOf(seed, draw, draw))).toBeLessThanOrEqual(40);
    },
  );

  it.each<[string, Draw, Draw, number]>([
    ['larger', skewed, (random) => 3 * skewed(random), 0],
    ['larger from the middle on', skewed, (random) => 5 * skewed(random), 75],
    ['smaller', skewed, (random) => skewed(random) / 3, 0],
    ['missing', (random) => random(), oftenMissing, 0],
    ['more spread', (random) => random() - 0.5, (random) => 4 * (random() - 0.5), 0],
    ['less spread', (random) => random() - 0.5, (random) => (random() - 0.5) / 4, 0],
  ])('finds values that have become %s', (_what, before, after, from) => {
    expect(alarms(50, (seed) => evidenceOf(seed, before, after, { from }))).toBeGreaterThan(45);
  });
});

describe('the population stability index', () => {
  it('is what its formula says over deciles and missing values', () => {
    const reference = Float64Array.from({ length: 100 }, (_, index) => index);
    const later = Float64Array.from({ length: 50 }, (_, index) => (index < 10 ? Number.NaN : 95));
    const bins = 11;
    const p = [...Array.from({ length: 10 }, () => 10.5), 0.5].map((count) => count / (100 + bins / 2));
    const q = [...Array.from({ length: 9 }, () => 0.5), 40.5, 10.5].map((count) => count / (50 + bins / 2));
    const expected = q.reduce((sum, one, bin) => sum + (one - (p[bin] ?? 0)) * Math.log(one / (p[bin] ?? 0)), 0);
    const { index, byChance } = populationStability(reference, later);
    expect(index).toBeCloseTo(expected, 12);
    expect(byChance).toBeCloseTo(10 * (1 / 100 + 1 / 50), 12);
  });

  it('is by chance as large as it says where nothing has changed', () => {
    const random = mulberry32(11);
    const draws = Array.from({ length: 400 }, () => {
      const [before = 0, after = 0] = [400, 200];
      const { index, byChance } = populationStability(
        Float64Array.from({ length: before }, () => skewed(random)),
        Float64Array.from({ length: after }, () => skewed(random)),
      );
      return index / byChance;
    });
    const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length;
    // A χ² of 9 degrees of freedom has a relative deviation of .47; that of the mean of 400 is .024.
    expect(Math.abs(mean - 1)).toBeLessThan(0.1);
  });

  it('has one bin, and so no distance, where the reference never varied', () => {
    const one = new Float64Array([2, 2, 2]);
    expect(populationStability(one, one)).toEqual({
      index: expect.closeTo(0, 2) as number,
      byChance: expect.any(Number) as number,
    });
  });
});
