import fc from 'fast-check';
import { Metric } from '../../../flags/plan/metric';
import type { ArmTotals, Stratum } from '../../../metrics/windows';
import { mulberry32 } from '../../../ml/random/mulberry32';
import { CALM, simulate } from '../../../bench/judge/simulate';
import type { AnalysisState } from '../../../analysis/types';
import { ERRORS, FIRST_WINDOW, givenStratum, givenWindows, whenLooking } from '../../support/stratum-builders';

const codesOf = (result: ReturnType<typeof whenLooking>): string[] => result.analysis.reasons.map(({ code }) => code);
const EPOCH = 5000;

describe('rollback', () => {
  it('comes within a minute of a plainly broken candidate, with its numbers', () => {
    const two = whenLooking(givenWindows(2, { candidate: { errors: 40 } }));
    expect(two.analysis.verdict).toBe('hold');
    const { analysis } = whenLooking(givenWindows(8, { candidate: { errors: 40 } }));
    expect(analysis.verdict).toBe('rollback');
    expect(analysis.tension).toBe(1);
    expect(analysis.reasons[0]).toMatchObject({ code: 'GUARDRAIL_HARM', metric: 'errors' });
    expect(analysis.reasons[0]?.numbers?.['candidate']).toBeCloseTo(0.2, 9);
  });

  it('never comes from one window, however bad', () => {
    const strata = [...givenWindows(20), givenStratum(20, { candidate: { errors: 200 } })];
    expect(whenLooking(strata).analysis.verdict).not.toBe('rollback');
  });

  it('never comes from one user, however bad and long', () => {
    const strata = givenWindows(60, { candidate: { errors: 40, erringCells: 1 } });
    expect(whenLooking(strata).analysis.verdict).toBe('hold');
  });

  it('does not come from harm within the margin', () => {
    expect(whenLooking(givenWindows(200, { candidate: { errors: 5 } })).analysis.verdict).not.toBe('rollback');
  });

  it('finds a fault that begins after a long calm', () => {
    const strata = [...givenWindows(300), ...givenWindows(15, { candidate: { errors: 40 } }, 300)];
    expect(whenLooking(strata).analysis.verdict).toBe('rollback');
  });

  it('sees fewer events as harm where higher is better', () => {
    const sales = Metric.parse({
      name: 'sales',
      kind: 'events_per_exposure',
      direction: 'higher_is_better',
      margin: { relative: 0.1 },
    });
    const plan = { metrics: [sales] };
    const fewer = givenWindows(40, { candidate: { requests: 100, exposures: 60 } });
    expect(whenLooking(fewer, { plan }).analysis.verdict).toBe('rollback');
    const more = givenWindows(12, { candidate: { requests: 300, exposures: 60 } });
    expect(whenLooking(more, { plan }).analysis.verdict).toBe('promote');
  });

  it('finds slower means and a longer tail', () => {
    const latency = Metric.parse({ name: 'latency', kind: 'mean_value', margin: { relative: 0.1 } });
    // Within one minute a difference of levels may be noise of that minute, so it takes the next one.
    const slower = givenWindows(24, { candidate: { latencyMs: 150 } });
    expect(whenLooking(slower, { plan: { metrics: [latency] } }).analysis.verdict).toBe('rollback');
    const slow = Metric.parse({ name: 'slow', kind: 'slower_than', threshold: 500, margin: { absolute: 0.01 } });
    const tail = givenWindows(10, { control: { slow: 1 }, candidate: { slow: 24 } });
    expect(whenLooking(tail, { plan: { metrics: [slow] } }).analysis.verdict).toBe('rollback');
  });

  it('comes when the candidate alone passes the ceiling, though within a wide margin', () => {
    const capped = { ...ERRORS, margin: { absolute: 0.5, relative: 0 }, ceiling: 0.05 };
    const plan = { metrics: [capped] };
    const result = whenLooking(givenWindows(8, { candidate: { errors: 40 } }), { plan });
    expect(result.analysis.verdict).toBe('rollback');
    expect(codesOf(result)).toEqual(['CEILING_PASSED']);
    const both = givenWindows(8, { control: { errors: 40 }, candidate: { errors: 40 } });
    expect(whenLooking(both, { plan }).analysis.verdict).not.toBe('rollback');
  });
});

describe('promotion', () => {
  it('comes when safety is shown at the next weight', () => {
    const result = whenLooking(givenWindows(12));
    expect(result.analysis.verdict).toBe('promote');
    expect(codesOf(result)).toEqual(['SAFETY_SHOWN']);
    const [finding] = result.analysis.findings;
    expect(finding?.harmUpper).toBeLessThan(0.02);
    expect(finding?.harmLower).toBeLessThan(0);
  });

  it('needs less for an early step than for the last', () => {
    const needs = (nextWeight: number): number => {
      let state: AnalysisState | null = null;
      for (let window = 0; window < 100; window++) {
        const strata = [givenStratum(window, { candidate: { requests: 20, errors: 0 } })];
        const result = whenLooking(strata, { state, context: { nextWeight } });
        if (result.analysis.verdict === 'promote') return window + 1;
        ({ state } = result);
      }
      return Number.POSITIVE_INFINITY;
    };
    const [early, late] = [needs(10), needs(100)];
    expect(early).toBeLessThan(late / 2);
    expect(late).toBeLessThan(60);
  });

  it('does not take a few requests without an error for safety', () => {
    const strata = givenWindows(10, { control: { errors: 0 }, candidate: { requests: 10, errors: 0 } });
    const result = whenLooking(strata);
    expect(codesOf(result)).toEqual(['SAFETY_NOT_SHOWN']);
    expect(result.analysis.findings[0]?.harmUpper).toBeGreaterThan(0.02);
  });

  it('waits for the bake and for the minimum sample of both arms in this step', () => {
    expect(codesOf(whenLooking(givenWindows(12), { context: { bakedMs: 29_000 } }))).toEqual(['BAKE_NOT_SERVED']);
    expect(codesOf(whenLooking(givenWindows(12), { plan: { minimumSample: 2401 } }))).toEqual(['TOO_FEW_UNITS']);
    const later = { context: { stepStartedAt: FIRST_WINDOW + 12 * EPOCH } };
    expect(whenLooking(givenWindows(12), later).analysis.stepSample).toEqual({ control: 0, candidate: 0 });
  });

  it('uses the absolute part of the margin alone when control has no level', () => {
    const metric = { ...ERRORS, margin: { absolute: 0.02, relative: 0.5 } };
    const { analysis } = whenLooking(givenWindows(12, { control: { errors: 0 }, candidate: { errors: 0 } }), {
      plan: { metrics: [metric] },
    });
    expect(analysis.findings[0]?.margin).toBe(0.02);
    expect(analysis.verdict).toBe('promote');
  });

  it('starts safety afresh, and harm not, when the safety epoch grows', () => {
    const before = whenLooking(givenWindows(12));
    const after = whenLooking([], {
      state: before.state,
      nowMs: FIRST_WINDOW + 75_000,
      context: { safetyEpoch: 1, transition: 2 },
    });
    expect(after.analysis.verdict).toBe('hold');
    expect(after.analysis.findings[0]?.candidateCount).toBe(0);
    expect(after.analysis.findings[0]?.harmEvidence).toBe(before.analysis.findings[0]?.harmEvidence);
    const fixed = whenLooking([], {
      state: before.state,
      nowMs: FIRST_WINDOW + 75_000,
      context: { harmEpoch: 1, transition: 2 },
    });
    expect(fixed.analysis.findings[0]?.harmEvidence).toBe(1);
  });
});

describe('a source that cannot tell users apart', () => {
  const forget = (arm: ArmTotals): ArmTotals => {
    const cells = { count: [], errors: [], valueCount: [], sum: [], over: {} };
    const events = Object.entries(arm.events).map(([name, event]) => [name, { ...event, cells }]);
    return { ...arm, exposureCells: [], events: Object.fromEntries(events) as ArmTotals['events'] };
  };
  const blind = (strata: readonly Stratum[]): Stratum[] =>
    strata.map((stratum) => ({ ...stratum, candidate: forget(stratum.candidate), control: forget(stratum.control) }));
  const windowsUntil = (verdict: string, of: (count: number) => Stratum[]): number =>
    Array.from({ length: 60 }, (_, index) => index + 1).find(
      (count) => whenLooking(of(count)).analysis.verdict === verdict,
    ) ?? Number.POSITIVE_INFINITY;

  it('is judged, with more evidence asked for', () => {
    const broken = (count: number) => givenWindows(count, { candidate: { errors: 40 } });
    expect(windowsUntil('rollback', (count) => blind(broken(count)))).toBeGreaterThanOrEqual(
      windowsUntil('rollback', broken),
    );
    expect(whenLooking(blind(broken(72))).analysis.verdict).toBe('rollback');
    const blindUntil = windowsUntil('promote', (count) => blind(givenWindows(count)));
    expect(blindUntil).toBeGreaterThan(windowsUntil('promote', givenWindows));
    expect(blindUntil).toBeLessThan(60);
  });
});

describe('memory', () => {
  it('starts afresh from a state of another version', () => {
    const { state } = whenLooking(givenWindows(12));
    const fresh = whenLooking([], { state: { ...state, version: 0 } });
    expect(fresh.analysis.findings[0]?.candidateCount).toBe(0);
  });

  const traces = fc.integer({ min: 1, max: 1e6 }).map((seed) => {
    const ramp = [1, 10, 50].map((weight) => ({ weight, windows: 5 }));
    const all = simulate(mulberry32(seed), { ...CALM, requestsPerMinute: 1200, users: 300, tail: 1.5, weights: ramp });
    return Array.from({ length: 16 }, () => all.next().value as ReturnType<typeof givenStratum>);
  });

  it('gives bit-equal findings for windows fed one at a time, all at once, or twice', () => {
    fc.assert(
      fc.property(traces, (strata) => {
        const nowMs = FIRST_WINDOW + 16 * EPOCH + 10_000;
        const whole = whenLooking(strata, { nowMs });
        let state: AnalysisState | null = null;
        let result = whole;
        for (const stratum of strata) {
          result = whenLooking([stratum], { nowMs, state: JSON.parse(JSON.stringify(state)) as AnalysisState | null });
          state = result.state;
        }
        expect(result.analysis).toStrictEqual(whole.analysis);
        expect(JSON.stringify(result.state)).toBe(JSON.stringify(whole.state));
        const again = whenLooking(strata, { nowMs, state });
        expect(again.analysis).toStrictEqual(whole.analysis);
      }),
      { numRuns: 8 },
    );
  });

  it('does not grow with the number of windows', () => {
    const size = (count: number): number => JSON.stringify(whenLooking(givenWindows(count)).state).length;
    expect(size(600)).toBeLessThan(size(150) * 1.1);
    expect(size(600)).toBeLessThan(10_000);
  });

  it('never changes what it was given', () => {
    const { state } = whenLooking(givenWindows(5));
    const before = JSON.stringify(state);
    whenLooking(givenWindows(5, {}, 5), { state });
    expect(JSON.stringify(state)).toBe(before);
  });

  it('judges everybody, not segments', () => {
    const strata = givenWindows(12).map((stratum) => ({ ...stratum, segment: 'beta' }));
    expect(whenLooking(strata).analysis.lastWindowAt).toBeNull();
  });
});
