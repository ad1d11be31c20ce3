import { ReasonCode, type AnalysisReason } from '../../../../analysis/types';
import type { TraceDecision } from '../../../../cli/offline/judge-trace';
import { NotShownSafeTally } from '../../../../cli/offline/not-shown-safe';
import { backtestLines } from '../../../../cli/render/backtest-lines';

function notSafe(metric: string, harmUpper: number): AnalysisReason {
  return { code: ReasonCode.SafetyNotShown, text: '', metric, numbers: { harmUpper, margin: 0.001, nextWeight: 50 } };
}

function givenDecision(reasons: readonly AnalysisReason[], ends: Partial<TraceDecision> = {}): TraceDecision {
  return {
    trace_id: 't',
    rollback_minute: null,
    promote_minute: null,
    narrow_minute: null,
    looks: 1,
    exposed_requests: 0,
    bad_requests: 0,
    reasons,
    quality: { missingMinutes: 0, missingArms: 0, duplicates: 0, oddLines: 0 },
    ...ends,
  };
}

function tallied(...decisions: TraceDecision[]): NotShownSafeTally['total'] {
  const tally = new NotShownSafeTally();
  decisions.forEach((decision) => tally.add(decision));
  return tally.total;
}

describe('why traces were not shown safe', () => {
  it('says how much wider each margin would have had to be, by the interval and the next weight', () => {
    const baking = { code: ReasonCode.BakeNotServed, text: '' };
    const total = tallied(
      givenDecision([baking, notSafe('errors', 0.006)]),
      givenDecision([notSafe('errors', 0.02), notSafe('slow', 0.004)]),
      givenDecision([notSafe('errors', 0.008)]),
    );
    // 0.008 at the next weight of 50 % is 0.004 at full exposure: four times the margin.
    expect(total).toEqual({
      traces: 3,
      because: [
        { code: 'SAFETY_NOT_SHOWN', metric: 'errors', traces: 3, marginTimes: 4 },
        { code: 'BAKE_NOT_SERVED', traces: 1 },
        { code: 'SAFETY_NOT_SHOWN', metric: 'slow', traces: 1, marginTimes: 2 },
      ],
    });
  });

  it('counts no trace that was rolled back or was shown safe before', () => {
    const reasons = [notSafe('errors', 0.006)];
    const ended = [{ rollback_minute: 3 }, { promote_minute: 0 }].map((ends) => givenDecision(reasons, ends));
    expect(tallied(...ended)).toEqual({ traces: 0, because: [] });
  });

  it('names margins as plans write them, and what is missing where no interval was known', () => {
    const summary = {
      traces: 3,
      rolledBack: 1,
      promoted: 0,
      narrowed: 0,
      looks: 9,
      flawed: 0,
      leftOut: [],
      margins: [
        { metric: 'errors', margin: { absolute: 0, relative: 0.01 } },
        { metric: 'slow', margin: { absolute: 0.005, relative: 0.1 } },
      ],
      notShownSafe: {
        traces: 2,
        because: [
          { code: ReasonCode.SafetyNotShown, metric: 'errors', traces: 2, marginTimes: 4.5 },
          { code: ReasonCode.SafetyNotShown, metric: 'slow', traces: 1, marginTimes: null },
          { code: ReasonCode.TooFewUnits, traces: 1 },
        ],
      },
    };
    expect(backtestLines(summary, true).slice(1)).toEqual([
      'margins of the default plan: errors 1 % of the control, slow 0.005 + 10 % of the control',
      'neither rolled back nor shown safe: 2 traces, at the last look for',
      '  2 of 2: errors; in half of them a margin of 4.5 % of the control would have done',
      '  1 of 2: slow, of which no interval was known',
      '  1 of 2: too few requests in the step',
      expect.stringContaining('--plan names other margins'),
    ]);
    expect(backtestLines(summary, false)[1]).toContain('margins of the plan:');
  });
});
