import { emptyTrack, followFailure } from '../../../../analysis/risk/failure-forecast';
import type { FailureForecast, FailureForecastPlan } from '../../../../analysis/types';

const PLAN: FailureForecastPlan = { looks: 5, alertAt: 0.5, narrowAt: 0.7, rollbackAt: 0.9 };
/** Log odds of -2 before any evidence. */
const PRIOR = 1 / (1 + Math.exp(2));

/** Looks every ten seconds at evidence of harm that begins at `from`. */
function follow(gains: readonly number[], plan = PLAN, from = 0.01): (FailureForecast | null)[] {
  const track = emptyTrack(1);
  let logHarm = from;
  return [0, ...gains].map((gain, index) => {
    logHarm += gain;
    return followFailure(track, { prior: PRIOR, logHarm, logSafety: 0 }, index * 10_000, plan);
  });
}

/** The first look at which something is so; -1 for none. */
function first(found: readonly (FailureForecast | null)[], what: (one: FailureForecast) => boolean): number {
  return found.findIndex((one) => one !== null && what(one));
}

describe('forecasting the failure probability', () => {
  it('wants three steps, and then goes on as it went', () => {
    const found = follow([0.25, 0.25, 0.25], PLAN, 0.5);
    expect(found.slice(0, 3)).toEqual([null, null, null]);
    // From -2 + 1.25 by 0.25 at each of five looks: 0.5.
    expect(found[3]?.probability).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 10);
  });

  it('asks for more the surer it is, and never at the first look that says so', () => {
    const found = follow(
      Array.from({ length: 20 }, () => 0.25),
      PLAN,
      0.5,
    );
    // Forecast log odds are -0.25 + k/4 at look k, from look 3 on: past 0 from 3 (the first forecast; at 1 there was
    // none), past 0.847 (.7) from 5, past 2.197 (.9) from 10.
    expect(first(found, ({ isAlert }) => isAlert)).toBe(4);
    expect(first(found, ({ asks }) => asks === 'narrow')).toBe(6);
    expect(first(found, ({ asks }) => asks === 'rollback')).toBe(11);
  });

  it('does not act on what may be noise, nor on odds that fall', () => {
    const wild = follow([3, -2.6, 3, -2.6, 3, -2.6, 3]);
    expect(wild.at(-1)?.probability).toBeGreaterThan(0.5);
    expect(first(wild, ({ isAlert }) => isAlert)).toBe(-1);
    const falling = follow([8, ...Array.from({ length: 45 }, () => -0.05)]);
    expect(falling.at(-1)?.probability).toBeGreaterThan(0.9);
    expect(falling.at(-1)).toMatchObject({ isAlert: false, asks: 'nothing' });
  });

  it('does nothing beyond an alert without thresholds', () => {
    const found = follow(
      Array.from({ length: 20 }, () => 0.3),
      { looks: 5, alertAt: 0.5 },
    );
    expect(found.at(-1)).toMatchObject({ isAlert: true, asks: 'nothing' });
  });

  it('alerts on a bound of 80 %, and acts on that of the interval only', () => {
    const rising = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 0.75 : -0.25));
    const found = follow(rising, { looks: 5, alertAt: 0.5, narrowAt: 0.5 });
    const [alerted, narrowed] = [first(found, ({ isAlert }) => isAlert), first(found, ({ asks }) => asks === 'narrow')];
    expect(alerted).toBeGreaterThan(3);
    expect(narrowed).toBeGreaterThan(alerted);
    expect(found[alerted]?.lower).toBeLessThan(0.5);
    expect(found[narrowed]?.lower).toBeGreaterThan(0.5);
  });

  it('sees odds leave their floor, from evidence that does not count yet', () => {
    const found = follow([0.3, 0.5, 0.4, 0.45, 0.5], PLAN, -3);
    // Evidence of -0.85 counts as none: odds stand at the prior, and yet are forecast above it.
    expect(found.at(-1)?.probability).toBeGreaterThan(PRIOR + 0.05);
    expect(found.at(-1)?.lower).toBeGreaterThanOrEqual(PRIOR);
    const deep = follow([-0.1, 0.1, -0.1, 0.1, -0.1], PLAN, -6).at(-1);
    for (const bound of [deep?.lower, deep?.probability, deep?.upper]) expect(bound).toBeCloseTo(PRIOR, 12);
  });

  it('takes evidence that is judged in blocks of looks for one step, and says nothing before harm was judged at all', () => {
    const blocks = [0, 0, 0, 0, 1, 0, 0, 1.2, 0, 0, 0.9];
    const found = follow(blocks, PLAN, 0);
    expect(found.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => null));
    // Three steps of 5, 3 and 3 looks gained 3.1 in 11: five looks on it is -2 + 3.1 × 16 / 11.
    expect(found[11]?.probability).toBeCloseTo(1 / (1 + Math.exp(2 - (3.1 * 16) / 11)), 10);
  });

  it('takes evidence of safety off the odds, and stays finite where harm is out of the question', () => {
    const track = emptyTrack(1);
    let last: FailureForecast | null = null;
    for (let look = 0; look < 8; look++) {
      const evidence = { prior: 0.5, logHarm: Number.NEGATIVE_INFINITY, logSafety: 0.5 * look + 0.1 * (look % 2) };
      last = followFailure(track, evidence, look * 1_000, PLAN);
    }
    // Evidence of 3.6 after seven steps that gained it: 6.171 five looks on.
    expect(last?.probability).toBeCloseTo(1 / (1 + Math.exp(3.6 + (5 * 3.6) / 7)), 10);
    expect(last?.upper).toBeLessThan(0.5);
    expect(JSON.parse(JSON.stringify(track))).toEqual(track);
  });

  it('counts a look without new windows for nothing, and keeps a bounded past', () => {
    const track = emptyTrack(1);
    const lookAt = (logHarm: number, atMs: number): void => {
      followFailure(track, { prior: PRIOR, logHarm, logSafety: 0 }, atMs, PLAN);
    };
    for (let look = 0; look < 100; look++) lookAt(look / 10, look * 1_000);
    const before = JSON.stringify(track);
    lookAt(50, 99_000);
    expect(JSON.stringify(track)).toBe(before);
    expect(track.points).toHaveLength(31);
  });
});
