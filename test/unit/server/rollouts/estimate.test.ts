import fc from 'fast-check';
import { estimateNotes, estimateSteps, minutesToFind, sampleNotes } from '../../../../server/rollouts/estimate';
import { givenPlan } from '../../../support/flag-builders';
import type { Metric } from '../../../../flags/plan/metric';

const errors: Metric = {
  name: 'errors',
  role: 'guardrail',
  kind: 'error_rate',
  event: 'request',
  direction: 'lower_is_better',
  margin: { absolute: 0.01, relative: 0 },
};
const plan = givenPlan({
  steps: [
    { weight: 10, bakeMs: 60_000, approval: false },
    { weight: 50, bakeMs: 60_000, approval: false },
  ],
  metrics: [errors],
  falsePromotionRate: 0.05,
  minimumSample: 1,
  controlHoldback: 0,
});

describe('estimateSteps', () => {
  it('agrees with the formula worked out by hand', () => {
    // First step: w = 0.1, s = 0.5, M/s = 0.02; (2 ln 20 + 2) = 7.99146; p(1 - p) = 0.0099; 1/w + 1/(1 - w) = 11.1111.
    const minutes = (7.99146 * 0.0099 * 11.1111) / (1000 * 0.02 ** 2);
    const [first, last] = estimateSteps(plan, { requestsPerMinute: 1000, errorRate: 0.01 });

    expect((first?.neededMs ?? 0) / 60_000).toBeCloseTo(minutes, 3);
    expect(last).toMatchObject({ weight: 50, nextWeight: 100, limitedBy: 'errors' });
  });

  it('says the sample of each step, whatever the traffic, and how many of it meet the candidate', () => {
    // As above without the traffic: 7.99146 · 0.0099 · 11.1111 / 0.0004 = 2,197.7 requests, a tenth of them to the candidate.
    expect(sampleNotes(plan, 0.01)[0]).toBe(
      'step 1 (10 %, then 50 %): needs about 2198 requests, 220 of them to the candidate, at a base rate of 0.01 (limit: errors)',
    );
    const [first] = estimateNotes(plan, { requestsPerMinute: 1000, errorRate: 0.01 });
    expect(first).toBe(`${sampleNotes(plan, 0.01)[0]}, which take about 2m 12s at 1000 requests a minute; bakes 1m`);
    expect(sampleNotes({ ...plan, metrics: [{ ...errors, margin: { absolute: 0, relative: 0 } }] }, 0.01)[0]).toContain(
      'never shows safety',
    );
  });

  it('is inversely proportional to traffic', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (requestsPerMinute) => {
        const needed = (rate: number): number =>
          estimateSteps(plan, { requestsPerMinute: rate, errorRate: 0.2 })[0]?.neededMs ?? Number.NaN;
        return Math.abs(needed(requestsPerMinute) - 2 * needed(2 * requestsPerMinute)) <= 2;
      }),
    );
  });

  it('never ends where no margin is left, and says so', () => {
    const strict = { ...plan, metrics: [{ ...errors, margin: { absolute: 0, relative: 0 } }] };
    const traffic = { requestsPerMinute: 1000, errorRate: 0.01 };

    expect(estimateSteps(strict, traffic)[0]?.neededMs).toBeNull();
    expect(estimateNotes(strict, traffic).at(-1)).toContain('cannot decide step 1');
  });

  it('waits for the minimum sample of the smaller arm', () => {
    const [first] = estimateSteps({ ...plan, minimumSample: 100_000 }, { requestsPerMinute: 1000, errorRate: 0 });

    expect(first).toMatchObject({ limitedBy: 'minimumSample', neededMs: 1_000 * 60_000 });
  });

  it('names the metrics it leaves out', () => {
    const withMean = { ...plan, metrics: [errors, { ...errors, name: 'basket', kind: 'mean_value' as const }] };

    expect(estimateNotes(withMean, { requestsPerMinute: 1000, errorRate: 0.01 }).join()).toContain("'basket'");
  });
});

describe('finding a fault', () => {
  it('takes as long as the split of failures between the arms needs to show it', () => {
    // 10 % of 6,000 requests at 1 %: each minute 60 failures gain 0.2 ln 2 - 1.1 ln 1.1 = 0.033789 nats each; 4.605 +
    // 2.2 are needed.
    const minutes = minutesToFind({ ...plan, falseRollbackRate: 0.01 }, 10, {
      requestsPerMinute: 6000,
      errorRate: 0.01,
    });
    expect(minutes).toBeCloseTo((Math.log(100) + 2.2) / (60 * 0.0337883), 3);
  });

  it('is told to be out of reach of a small canary of rare errors, with the traffic it would take', () => {
    const small = { ...plan, steps: [{ weight: 1, bakeMs: 600_000, approval: false }], inconclusiveAfterBakes: 3 };
    const notes = estimateNotes(small, { requestsPerMinute: 600, errorRate: 0.001 }).join('\n');
    expect(notes).toMatch(
      /errors twice as frequent are found after about 2d .*too small to find them within 3 bakes, which takes about \d+ requests a minute/,
    );
    const large = estimateNotes(small, { requestsPerMinute: 600_000, errorRate: 0.01 }).join('\n');
    expect(large).not.toContain('too small');
  });
});
