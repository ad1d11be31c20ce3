import { emptyTrack, followPosterior } from '../../../../analysis/risk/failure-forecast';
import type { FailureForecast, FailureForecastPlan } from '../../../../analysis/types';

const PLAN: FailureForecastPlan = { looks: 5, alertAt: 0.5, narrowAt: 0.7, rollbackAt: 0.9 };

/** Looks every ten seconds at log odds that begin at -2. */
function follow(gains: readonly number[], plan = PLAN): (FailureForecast | null)[] {
  const track = emptyTrack(1);
  let logOdds = -2;
  return [0, ...gains].map((gain, index) => {
    logOdds += gain;
    return followPosterior(track, logOdds, index * 10_000, plan);
  });
}

/** The first look at which something is so; -1 for none. */
function first(found: readonly (FailureForecast | null)[], what: (one: FailureForecast) => boolean): number {
  return found.findIndex((one) => one !== null && what(one));
}

describe('forecasting the failure probability', () => {
  it('wants five steps, and then goes on as it went', () => {
    const found = follow([0.25, 0.25, 0.25, 0.25, 0.25]);
    expect(found.slice(0, 5)).toEqual([null, null, null, null, null]);
    // From -0.75 by 0.25 at each of five looks: 0.5.
    expect(found[5]?.probability).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 10);
  });

  it('asks for more the surer it is, and never at the first look that says so', () => {
    const found = follow(Array.from({ length: 20 }, () => 0.25));
    // Forecast log odds are -0.75 + k/4 at look k: past 0 from look 5 on (the first forecast), past 0.847 (.7) from 7, past 2.197 (.9) from 12.
    expect(first(found, ({ isAlert }) => isAlert)).toBe(6);
    expect(first(found, ({ asks }) => asks === 'narrow')).toBe(8);
    expect(first(found, ({ asks }) => asks === 'rollback')).toBe(13);
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

  it('counts a look without new windows for nothing, and keeps a bounded past', () => {
    const track = emptyTrack(1);
    for (let look = 0; look < 100; look++) followPosterior(track, look / 10, look * 1_000, PLAN);
    const before = JSON.stringify(track);
    followPosterior(track, 50, 99_000, PLAN);
    expect(JSON.stringify(track)).toBe(before);
    expect(track.points).toHaveLength(31);
  });
});
