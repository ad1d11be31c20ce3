import fc from 'fast-check';
import { DEFAULT_PREDICTION, type Prediction } from '../../../flags/plan/prediction';
import { shapePlan } from '../../../workflows/rollout/shape-plan';
import { givenPlan } from '../../support/flag-builders';

const step = (weight: number, approval = false) => ({ weight, bakeMs: 600_000, approval });

function givenShaping(prediction: Partial<Prediction> = {}) {
  return givenPlan({ steps: [step(10), step(50)], prediction: { ...DEFAULT_PREDICTION, ...prediction } });
}

describe('a plan shaped by a prediction', () => {
  it('stays as it is up to the base rate', () => {
    const plan = givenShaping();
    expect(shapePlan(plan, 0.1)).toEqual({ plan, changes: [] });
  });

  it('takes half of the way in the middle', () => {
    const { plan, changes } = shapePlan(givenShaping(), 0.25);
    expect(plan.steps).toEqual([
      { weight: 3.162, bakeMs: 900_000, approval: false },
      { weight: 50, bakeMs: 900_000, approval: false },
    ]);
    expect(plan.minimumSample).toBe(150);
    expect(changes).toEqual(['first weight 3.162 % instead of 10 %', 'bakes 1.5 times as long', 'minimum sample 150']);
  });

  it('goes to the limits above the threshold, asks for approval, and leaves the adaptive pace', () => {
    const { plan, changes } = shapePlan({ ...givenShaping(), pace: 'adaptive' }, 0.6);
    expect(plan.steps[0]).toEqual({ weight: 1, bakeMs: 1_200_000, approval: true });
    expect(plan).toMatchObject({ minimumSample: 200, pace: 'steps' });
    expect(changes).toContain('by steps instead of the adaptive pace');
    expect(changes).toContain('a person approves the first step');
  });

  it('asks for nothing that the limits forbid', () => {
    const limits = { firstWeight: 100, bakeFactor: 1, sampleFactor: 1, pace: false };
    const { plan, changes } = shapePlan({ ...givenShaping({ limits, approveAbove: 1 }), pace: 'adaptive' }, 1);
    expect(changes).toEqual([]);
    expect(plan).toEqual({ ...givenShaping({ limits, approveAbove: 1 }), pace: 'adaptive' });
  });

  it('leaves a plan alone that says nothing of predictions', () => {
    expect(shapePlan(givenPlan(), 0.9)).toEqual({ plan: givenPlan(), changes: [] });
  });

  it('never makes a plan bolder, and the more likely failure is, the more careful it is', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    const weights = fc.uniqueArray(fc.integer({ min: 1, max: 99_000 }), { minLength: 1, maxLength: 5 });
    const limits = fc.record({
      firstWeight: fc.double({ min: 0.001, max: 100, noNaN: true }),
      bakeFactor: fc.double({ min: 1, max: 10, noNaN: true }),
      sampleFactor: fc.double({ min: 1, max: 10, noNaN: true }),
      pace: fc.boolean(),
    });
    const rates = fc.record({ baseRate: fc.double({ min: 0.001, max: 0.9, noNaN: true }), approveAbove: probability });
    fc.assert(
      fc.property(probability, probability, weights, limits, rates, (one, other, thousandths, bounds, both) => {
        const steps = [...thousandths].sort((a, b) => a - b).map((weight) => step(weight / 1000));
        const plan = givenPlan({ steps, prediction: { ...DEFAULT_PREDICTION, ...both, limits: bounds } });
        const [mild, wild] = [Math.min(one, other), Math.max(one, other)].map((p) => shapePlan(plan, p).plan);
        for (const [bolder, careful] of [
          [plan, mild],
          [mild, wild],
        ] as const) {
          expect(careful?.minimumSample).toBeGreaterThanOrEqual(bolder?.minimumSample ?? NaN);
          bolder?.steps.forEach(({ weight, bakeMs, approval }, index) => {
            const now = careful?.steps[index];
            expect(now?.weight).toBeLessThanOrEqual(weight);
            expect(now?.weight).toBeGreaterThan(0);
            expect(now?.bakeMs).toBeGreaterThanOrEqual(bakeMs);
            expect(now?.approval === true || !approval).toBe(true);
          });
        }
      }),
    );
  });
});
