import { analyse } from '../../../analysis/analyse';
import type { AnalysisInput, AnalysisState } from '../../../analysis/types';
import { overTransitions } from '../../../analysis/user-transitions';
import { runUserRollout, USER_SCENARIOS } from '../../../bench/judge/user-rates';
import { Metric } from '../../../flags/plan/metric';
import { readTotals } from '../../../metrics/sparse-totals';
import type { Stratum } from '../../../metrics/windows';

const METRIC = Metric.parse({
  name: 'unlucky',
  kind: 'error_rate',
  event: 'user:unlucky',
  perUser: { event: 'request', measure: 'any_error' },
  margin: { absolute: 0.01 },
});
const START = 1_700_000_000_000;

/** One window in which so many users of each cell were counted, a share of them unlucky. */
function givenStratum(index: number, transition: number, unlucky: number): Stratum {
  const perCell = 10;
  const arm = (share: number) => {
    const cells = (each: number) => Object.fromEntries(Array.from({ length: 64 }, (_, cell) => [cell, each]));
    const errors = Math.round(perCell * share);
    const cellTotals = { count: cells(perCell), errors: cells(errors) };
    return readTotals({ events: { 'user:unlucky': { count: 640, errors: 64 * errors, cells: cellTotals } } });
  };
  const windowStartAt = START + index * 60_000;
  const [control, candidate] = [arm(0.1), arm(unlucky)];
  return { windowStartAt, windowMs: 60_000, transition, weight: 50, segment: '*', control, candidate };
}

function whenJudged(strata: readonly Stratum[], state: AnalysisState | null = null) {
  const input: AnalysisInput = {
    plan: {
      metrics: [METRIC],
      falseRollbackRate: 0.01,
      falsePromotionRate: 0.05,
      minimumSample: 50,
      onNoData: 'hold',
      noDataDeadlineMs: 3_600_000,
    },
    context: {
      step: 0,
      weight: 50,
      nextWeight: 100,
      transition: 1,
      stepStartedAt: START,
      raisedAt: START,
      bakeMs: 1,
      bakedMs: 1,
      safetyEpoch: 0,
      harmEpoch: 0,
    },
    strata,
    state,
    sourceDown: false,
    nowMs: (strata.at(-1)?.windowStartAt ?? START) + 70_000,
  };
  return analyse(input);
}

describe('a metric per user over transitions', () => {
  it('averages the evidence of transitions by shares that sum to one', () => {
    expect(overTransitions({ starts: 1, banked: 0 }, Math.log(9))).toBeCloseTo(Math.log(0.5 + 0.5 * 9), 12);
    // Half of 9, a sixth of 3, and a third for what is still to come.
    expect(overTransitions({ starts: 2, banked: 4.5 }, Math.log(3))).toBeCloseTo(Math.log(4.5 + 3 / 6 + 1 / 3), 12);
  });

  it('begins anew with a transition, keeps what was found, and counts nobody of the old one any more', () => {
    const harmful = [0, 1, 2].map((index) => givenStratum(index, 1, 0.2));
    const before = whenJudged(harmful);
    const [found] = before.analysis.findings;
    expect(found?.candidateCount).toBe(1920);
    expect(found?.harmEvidence).toBeGreaterThan(2);
    const after = whenJudged([givenStratum(3, 1, 0.9), givenStratum(3, 2, 0.1)], before.state).analysis.findings[0];
    expect(after).toMatchObject({ candidateCount: 640, controlCount: 640, harm: 0 });
    expect(after?.harmEvidence).toBeGreaterThan((found?.harmEvidence ?? 0) * 0.5);
    expect(after?.harmEvidence).toBeLessThanOrEqual((found?.harmEvidence ?? 0) + 1);
  });

  it('finds the same whether looked at window by window or all at once', () => {
    const strata = [0, 1, 2, 3, 4].map((index) => givenStratum(index, index < 3 ? 1 : 2, 0.2));
    let state: AnalysisState | null = null;
    for (const stratum of strata) ({ state } = whenJudged([stratum], state));
    const last = whenJudged([], state).analysis;
    expect(last.findings).toEqual(whenJudged(strata).analysis.findings);
  });

  it('takes back what harms many users, and nothing that does not', () => {
    const { harmful, harmless } = USER_SCENARIOS;
    expect(runUserRollout(5, harmful['failures x4 at 50 %']).rolledBackAfter).not.toBeNull();
    const short = { ...harmless['few heavy users (400), ramp'], weights: [25, 50] };
    for (const seed of [1, 2, 3]) expect(runUserRollout(seed, short).rolledBackAfter).toBeNull();
  });
});
