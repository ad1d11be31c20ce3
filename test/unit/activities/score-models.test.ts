import { isOnTrial } from '../../../activities/predict-failure';
import { liveScores, type ScoredRollout } from '../../../activities/score-models';
import { mulberry32 } from '../../../ml/random/mulberry32';

/** Rollouts of which one in two fails when it is risky, and one in twenty else; `failure/2` knows which are. */
function givenRollouts(count: number): ScoredRollout[] {
  const random = mulberry32(9);
  return Array.from({ length: count }, (_, number) => {
    const risky = random() < 0.4;
    const failed = random() < (risky ? 0.5 : 0.05);
    const two = { 'failure/1': 0.23, 'failure/2': risky ? 0.5 : 0.05 };
    // The last one came late: it has spoken of the latter half alone.
    return { failed, said: number < count / 2 ? two : { ...two, 'failure/3': 0.4 } };
  });
}

describe('scores on live rollouts', () => {
  it('compare challengers with the champion on the rollouts of which both have spoken', async () => {
    const scores = await liveScores(givenRollouts(400), 'failure/1');
    expect(scores.map(({ version, rollouts }) => [version, rollouts])).toEqual([
      ['failure/1', 400],
      ['failure/2', 400],
      ['failure/3', 200],
    ]);
    const [champion, better, worse] = scores;
    expect(champion?.against).toBeUndefined();
    expect(champion?.auc?.value).toBe(0.5);
    expect(better?.auc?.value).toBeGreaterThan(0.7);
    expect(better?.auc?.low).toBeLessThan(better?.auc?.value ?? 0);
    expect(better?.against).toMatchObject({ champion: 'failure/1', needed: 40, isBetterBeyondNoise: true });
    expect(better?.against?.gain.value).toBeCloseTo((champion?.brier.value ?? 0) - (better?.brier.value ?? 0), 12);
    expect(better?.calibration).toMatchObject({ needed: 20, isOff: false });
    expect(worse?.calibration?.expected).toBeCloseTo(80, 9);
    expect(worse?.calibration).toMatchObject({ isOff: true });
    expect(worse?.against).toMatchObject({ isBetterBeyondNoise: false });
    expect(worse?.against?.gain.value).toBeLessThan(0);
  });

  it('are of the champion and the newest nineteen others, however many have spoken', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
    const said = Object.fromEntries(numbers.map((number) => [`failure/${number}`, 0.2]));
    const scores = await liveScores([{ failed: false, said: { shipped: 0.1, ...said } }], 'failure/3');
    const newest = numbers.slice(-19).map((number) => `failure/${number}`);
    expect(scores.map(({ version }) => version)).toEqual(['failure/3', ...newest]);
    // Those that are not compared do not raise the bar of the others.
    expect(scores[1]?.against?.needed).toBeCloseTo(19 / 0.05, 9);
  });

  it('have no AUC without rollouts of both ends', async () => {
    const [score] = await liveScores([{ failed: false, said: { shipped: 0.1 } }], 'shipped');
    expect(score).toMatchObject({
      rollouts: 1,
      failures: 0,
      auc: null,
      brier: { value: expect.closeTo(0.01) as number },
    });
  });
});

describe('a trial', () => {
  const ids = Array.from({ length: 5_000 }, (_, number) => `checkout-${number}`);

  it('takes its share of the rollouts, the same ones each time, and keeps them when it grows', () => {
    const taken = (share: number): string[] => ids.filter((id) => isOnTrial({ version: 'failure/2', share }, id));
    expect(taken(20).length / ids.length).toBeCloseTo(0.2, 1);
    expect(taken(20)).toEqual(taken(20));
    const more = new Set(taken(40));
    expect(taken(20).every((id) => more.has(id))).toBe(true);
  });
});
