import { superiorityEvidence } from '../../../../ml/evaluation/superiority';
import { mulberry32 } from '../../../../ml/random/mulberry32';

/** Rows whose truth is drawn from `truth`, with two forecasts of it. */
function givenRows(seed: number, rows: number, standingNoise: number, challengerNoise: number) {
  const random = mulberry32(seed);
  const standing = new Float64Array(rows);
  const challenger = new Float64Array(rows);
  const labels = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const truth = 0.05 + 0.5 * random();
    const clip = (value: number): number => Math.min(0.99, Math.max(0.01, value));
    standing[row] = clip(truth + standingNoise * (random() - 0.5));
    challenger[row] = clip(truth + challengerNoise * (random() - 0.5));
    labels[row] = random() < truth ? 1 : 0;
  }
  return { standing, challenger, labels };
}

/** Whether the evidence ever reaches 20 on the way, looking after every tenth row. */
function everClaims({ standing, challenger, labels }: ReturnType<typeof givenRows>): boolean {
  for (let until = 10; until <= labels.length; until += 10) {
    const part = [standing, challenger, labels].map((values) => values.subarray(0, until));
    if (superiorityEvidence(part[0] ?? [], part[1] ?? [], part[2] ?? []) >= 20) return true;
  }
  return false;
}

describe('evidence that a challenger is better', () => {
  it('is the mean of five products, by hand', () => {
    expect(superiorityEvidence([], [], [])).toBe(1);
    // Squared errors .25 and .01: a gain of .24.
    expect(superiorityEvidence([0.5], [0.9], [1])).toBeCloseTo(1 + 0.31 * 0.24, 12);
  });

  it('claims it in at most 5 % of streams in which both are equally good, looked at throughout', () => {
    const claims = Array.from({ length: 400 }, (_, seed) => everClaims(givenRows(seed + 1, 300, 0.3, 0.3)));
    // Three standard deviations above 5 % of 400 are 33.
    expect(claims.filter(Boolean).length).toBeLessThanOrEqual(33);
  });

  it('finds a challenger that is much better', () => {
    const claims = Array.from({ length: 50 }, (_, seed) => everClaims(givenRows(seed + 1, 600, 1.2, 0)));
    expect(claims.filter(Boolean).length).toBeGreaterThan(45);
  });
});
