import { summariseFailures } from '../../../bench/forecast/failure';
import { coverageOf } from '../../../bench/forecast/walks';

describe('the study of the forecast of failure', () => {
  // 4,000 walks: a share is off by .02 in less than one study of 400.
  it.each([5, 30])('finds the intervals at their level where steps are as they assume, from %i steps', (steps) => {
    const { within80, within90, within95 } = coverageOf('normal', steps, 4000, 1);
    expect(Math.abs(within80 - 0.8)).toBeLessThan(0.02);
    expect(Math.abs(within90 - 0.9)).toBeLessThan(0.02);
    expect(Math.abs(within95 - 0.95)).toBeLessThan(0.02);
  });

  it('finds them too narrow where steps follow each other', () => {
    expect(coverageOf('memory', 30, 4000, 1).within90).toBeLessThan(0.8);
  });

  it('finds that a candidate that fails twice as often is rolled back, mostly after an alert, and a harmless one is neither', () => {
    const harmful = summariseFailures('independent', 2, 6, 1);
    expect(harmful.rolledBack).toBe(6);
    expect(harmful.alertedBefore).toBeGreaterThanOrEqual(4);
    expect(harmful.forecasts).toBeGreaterThan(0);
    expect(harmful.leftRest).toBeGreaterThan(0);
    expect(summariseFailures('independent', 1, 2, 1)).toMatchObject({ rolledBack: 0, alerted: 0, lead: null });
    // A probability that rests is forecast to rest: that counts neither for the interval nor against it.
    const resting = summariseFailures('independent', 1.3, 2, 1);
    expect(resting.resting).toBeGreaterThan(resting.forecasts);
  });
});
