import { coverageOfBehaviour } from '../../../bench/forecast/behaviour';
import { summariseFailures } from '../../../bench/forecast/failure';
import { coverageOf, WALKS, type Walk } from '../../../bench/forecast/walks';

describe('the study of the forecast of failure', () => {
  // 1,000 walks: a share is off by .02 in one study of thirty.
  it.each([5, 30])('finds every interval of 90 %% at its level or a little above, from %i steps', (steps) => {
    for (const walk of Object.keys(WALKS) as Walk[]) {
      const { within90 } = coverageOf(walk, steps, 1000, 1);
      expect([walk, within90 > 0.85 && within90 < 0.975]).toEqual([walk, true]);
    }
  });

  it('finds that the interval of the failure probability holds where harm is on its way', () => {
    const runs = (['independent', 'following'] as const).map((noise) => summariseFailures(noise, 2, 8, 31));
    const forecasts = runs.reduce((sum, run) => sum + run.forecasts, 0);
    expect(forecasts).toBeGreaterThan(100);
    expect(runs.reduce((sum, run) => sum + run.within * run.forecasts, 0) / forecasts).toBeGreaterThan(0.84);
  });

  it('finds that a candidate that fails twice as often is rolled back, mostly after an alert, and a harmless one is neither', () => {
    const harmful = summariseFailures('independent', 2, 6, 1);
    expect(harmful.rolledBack).toBe(6);
    expect(harmful.alertedBefore).toBeGreaterThanOrEqual(4);
    expect(harmful.forecasts).toBeGreaterThan(0);
    // Nothing can lead by more than the looks that have any evidence of harm.
    expect(harmful.room?.median).toBeGreaterThanOrEqual(harmful.lead?.median ?? Infinity);
    expect(summariseFailures('independent', 1, 2, 1)).toMatchObject({ rolledBack: 0, alerted: 0, lead: null });
    // A probability that rests is forecast to rest: that counts neither for the interval nor against it.
    const resting = summariseFailures('independent', 1.3, 2, 1);
    expect(resting.resting).toBeGreaterThan(resting.forecasts);
  });
});

describe('the study of the forecast of behaviour', () => {
  it('finds bounds of 90 % that hold, with load and without, as independent noise and noise that follows itself', () => {
    const kinds = [
      ['none', 'plain'],
      ['linear', 'plain'],
      ['none', 'following'],
      ['linear', 'following'],
    ] as const;
    const all = kinds.map(([effect, scatter]) => coverageOfBehaviour(effect, scatter, 6, 11));
    for (const at of ['current', 'next'] as const) {
      const forecasts = all.reduce((sum, one) => sum + one[at].forecasts, 0);
      const within = all.reduce((sum, one) => sum + one[at].within * one[at].forecasts, 0) / forecasts;
      // Two bounds of 90 % leave 80 %; 24 traces are some 160 forecasts that do not overlap.
      expect([at, within > 0.72, forecasts > 400]).toEqual([at, true, true]);
    }
  });

  it('finds that a queue near its capacity lies beyond the interval of the next weight', () => {
    const queue = coverageOfBehaviour('queue', 'plain', 4, 11);
    expect(queue.next.above).toBeGreaterThan(0.2);
    expect(queue.current.within).toBeGreaterThan(0.7);
  });
});
