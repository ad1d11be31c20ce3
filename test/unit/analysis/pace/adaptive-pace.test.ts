import fc from 'fast-check';
import { bakeMsOf, intervalMsOf, nextWeights, speedOf } from '../../../../analysis/pace/adaptive-pace';
import { confidenceOf, failureLogOdds, UNKNOWN_FAILURE_PRIOR } from '../../../../analysis/pace/confidence';

describe('the adaptive pace', () => {
  it('is rapid when confidence is high, moderate by default, waits when it is low and goes back when it is very low', () => {
    expect([0.95, 0.9, 0.8, 0.6, 0.59, 0.3, 0.29, 0].map(speedOf)).toEqual([
      'rapid',
      'rapid',
      'moderate',
      'moderate',
      'pause',
      'pause',
      'back',
      'back',
    ]);
    expect(speedOf(1 - UNKNOWN_FAILURE_PRIOR)).toBe('moderate');
  });

  it('adds ten points below half of the audience and five above', () => {
    expect(nextWeights(1, 'moderate', 100)).toEqual([11]);
    expect(nextWeights(49, 'moderate', 100)).toEqual([59]);
    expect(nextWeights(50, 'moderate', 100)).toEqual([55]);
    expect(nextWeights(97, 'moderate', 100)).toEqual([100]);
    expect(nextWeights(93, 'moderate', 95)).toEqual([95]);
  });

  it('goes up to half at most in one rapid move, completes from there, and falls back to the moderate move', () => {
    expect(nextWeights(5, 'rapid', 100)).toEqual([35, 15]);
    expect(nextWeights(31, 'rapid', 100)).toEqual([50, 41]);
    expect(nextWeights(45, 'rapid', 100)).toEqual([55]);
    expect(nextWeights(50, 'rapid', 95)).toEqual([95, 55]);
  });

  it('never leads down or beyond completion', () => {
    const speed = fc.constantFrom('rapid', 'moderate', 'pause', 'back') as fc.Arbitrary<'rapid'>;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 99, noNaN: true }), speed, (weight, at) => {
        for (const next of nextWeights(weight, at, 100)) expect(next > weight - 0.001 && next <= 100).toBe(true);
      }),
    );
  });

  it('bakes for a quarter of the time while rapid, but never for fewer than four windows', () => {
    expect(bakeMsOf(600_000, 'rapid', 5000)).toBe(150_000);
    expect(bakeMsOf(60_000, 'rapid', 5000)).toBe(20_000);
    expect(bakeMsOf(10_000, 'rapid', 5000)).toBe(10_000);
    expect(bakeMsOf(600_000, 'moderate', 5000)).toBe(600_000);
  });

  it('looks most often when something is critical or nothing is certain', () => {
    const look = { shortestMs: 5000, longestMs: 60_000 };
    expect(intervalMsOf(look, 0, 1)).toBe(60_000);
    expect(intervalMsOf(look, 0, 0.5)).toBe(5000);
    expect(intervalMsOf(look, 1, 1)).toBe(5000);
    expect(intervalMsOf(look, 0.5, 1)).toBe(32_500);
  });
});

describe('confidence', () => {
  it('is Bayes with the evidence as factor', () => {
    expect(confidenceOf(failureLogOdds(0.2, 0, 0))).toBeCloseTo(0.8, 12);
    // Odds of failure 1:4, evidence of harm 40: 10:1.
    expect(confidenceOf(failureLogOdds(0.2, Math.log(40), 0))).toBeCloseTo(1 / 11, 12);
    expect(confidenceOf(failureLogOdds(0.2, 0, Math.log(5)))).toBeCloseTo(20 / 21, 12);
  });

  it('takes no comfort from harm that is not shown and no alarm from safety that is not, and stays short of certainty', () => {
    expect(confidenceOf(failureLogOdds(0.2, 0, -5))).toBeCloseTo(0.8, 12);
    expect(confidenceOf(failureLogOdds(0.2, -5, 0))).toBeCloseTo(0.8, 12);
    expect(confidenceOf(failureLogOdds(0.5, 600, 0))).toBeGreaterThan(0);
    expect(confidenceOf(failureLogOdds(0.5, 0, 600))).toBeLessThan(1);
  });
});
