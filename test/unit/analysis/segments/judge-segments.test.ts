import { analyse } from '../../../../analysis/analyse';
import type { Analysis, AnalysisState, JudgePlan, StepContext } from '../../../../analysis/types';
import { Metric } from '../../../../flags/plan/metric';
import type { Stratum } from '../../../../metrics/windows';
import { givenSegmentedWindows, type SegmentDoes } from '../../../support/segment-strata';
import { FIRST_WINDOW, givenContext, givenPlan, givenStratum } from '../../../support/stratum-builders';

const FINE: SegmentDoes = { requests: 300, control: 0.01, candidate: 0.01 };
const BROKEN: SegmentDoes = { ...FINE, candidate: 0.3 };
const NAMES = ['de', 'fr', 'it', 'es', 'pl', 'nl', 'se', 'dk'] as const;
const all = (does: SegmentDoes): Record<string, SegmentDoes> => Object.fromEntries(NAMES.map((name) => [name, does]));

interface Rollout {
  readonly plan?: Partial<JudgePlan>;
  readonly context?: Partial<StepContext>;
  readonly state?: AnalysisState | null;
}

function look(strata: readonly Stratum[], { plan = {}, context = {}, state = null }: Rollout = {}) {
  return analyse({
    plan: givenPlan({ segments: NAMES, ...plan }),
    context: givenContext(context),
    strata,
    state,
    sourceDown: false,
    nowMs: (strata.at(-1)?.windowStartAt ?? 0) + 15_000,
  });
}

/** Looks after each window until a rollback, an exclusion or the end. */
function judgeUntilActed(strata: readonly Stratum[], rollout: Rollout = {}): { analysis: Analysis; windows: number } {
  let state: AnalysisState | null = null;
  let analysis: Analysis | null = null;
  const perWindow = NAMES.length + 1;
  for (let from = 0; from < strata.length; from += perWindow) {
    ({ analysis, state } = look(strata.slice(from, from + perWindow), { ...rollout, state }));
    if (analysis.verdict === 'rollback' || analysis.exclude.length > 0) {
      return { analysis, windows: from / perWindow + 1 };
    }
  }
  return { analysis: analysis as Analysis, windows: strata.length / perWindow };
}

describe('a harmed segment', () => {
  const oneHarmed = givenSegmentedWindows(40, { ...all(FINE), fr: BROKEN });

  it('is excluded alone while the rest is not rolled back', () => {
    const { analysis, windows } = judgeUntilActed(oneHarmed);
    expect(analysis.exclude).toEqual(['fr']);
    expect(analysis.verdict).toBe('hold');
    expect(windows).toBeLessThan(12);
    expect(analysis.reasons[0]).toMatchObject({ code: 'SEGMENT_HARM', segment: 'fr', metric: 'errors' });
  });

  it('holds the rollout, or is only reported, where the plan says so', () => {
    const held = look(oneHarmed, { plan: { onSegmentHarm: 'hold', falseRollbackRate: 1e-200 } }).analysis;
    expect([held.exclude, held.verdict, held.reasons[0]?.code]).toEqual([[], 'hold', 'SEGMENT_HARM']);
    const reported = look(oneHarmed, { plan: { onSegmentHarm: 'report', falseRollbackRate: 1e-200 } }).analysis;
    expect([reported.exclude, reported.reasons.map(({ code }) => code)]).toEqual([
      [],
      expect.not.arrayContaining(['SEGMENT_HARM']) as unknown,
    ]);
    expect(reported.segments.find(({ segment }) => segment === 'fr')?.harmed).toBe(true);
  });

  it('no longer counts against the rest once it is excluded', () => {
    const before = look(oneHarmed);
    expect(before.analysis.exclude).toEqual(['fr']);
    const rest = givenSegmentedWindows(40, all(FINE), { from: 40, transition: 2 });
    const context = { transition: 2, excludedSegments: ['fr'], safetyEpoch: 1 };
    const { analysis } = look(rest, { state: before.state, context });
    expect([analysis.verdict, analysis.exclude]).toEqual(['promote', []]);
    expect(analysis.segments.find(({ segment }) => segment === 'fr')).toMatchObject({ excluded: true, harmed: true });
    expect(analysis.harmEvidence).toBeLessThan(1);
  });

  it('is judged afresh when it is taken back in', () => {
    const excluded = { transition: 2, excludedSegments: ['fr'], safetyEpoch: 1 };
    const out = look(givenSegmentedWindows(20, all(FINE), { from: 40, transition: 2 }), {
      state: look(oneHarmed).state,
      context: excluded,
    });
    const context = { transition: 3, excludedSegments: [], safetyEpoch: 2 };
    const back = look(givenSegmentedWindows(20, all(FINE), { from: 60, transition: 3, seed: 2 }), {
      state: out.state,
      context,
    });
    expect(back.analysis.segments.find(({ segment }) => segment === 'fr')).toMatchObject({
      excluded: false,
      harmed: false,
    });
    const again = givenSegmentedWindows(60, { ...all(FINE), fr: BROKEN }, { from: 80, transition: 3, seed: 3 });
    expect(look(again, { state: back.state, context }).analysis.exclude).toEqual(['fr']);
  });
});

describe('a segment that is slow on cold caches', () => {
  const slow = Metric.parse({
    name: 'slow',
    kind: 'slower_than',
    event: 'request',
    threshold: 500,
    margin: { absolute: 0.01 },
  });
  /** One window of a minute in which a third of the candidate's requests in `fr` are slow. */
  const minute = (index: number): Stratum[] => {
    return ['*', ...NAMES].map((segment) => {
      const does = { control: { slow: 2 }, candidate: { slow: segment === 'fr' ? 60 : 2 }, segment, windowMs: 60_000 };
      return { ...givenStratum(0, does), windowStartAt: FIRST_WINDOW + index * 60_000 };
    });
  };
  const minutes = (count: number, from = 0): Stratum[] =>
    Array.from({ length: count }, (_, index) => minute(from + index)).flat();

  it('is not judged by latency during the warm-up, and is after it', () => {
    const plan = { metrics: [slow], falseRollbackRate: 1e-200, warmUpMs: 240_000, onSegmentHarm: 'report' as const };
    const warming = look(minutes(4), { plan });
    expect(warming.analysis.segments.find(({ segment }) => segment === 'fr')?.harmEvidence).toBeLessThanOrEqual(1);
    const warm = look(minutes(16, 4), { plan, state: warming.state });
    expect(warm.analysis.segments.filter(({ harmed }) => harmed).map(({ segment }) => segment)).toEqual(['fr']);
  });
});

describe('a metric per user in a segment', () => {
  const perUser = Metric.parse({
    name: 'unlucky',
    kind: 'error_rate',
    event: 'request',
    perUser: { event: 'request', measure: 'any_error' },
    margin: { absolute: 0.001 },
  });

  it('counts what the same users do under the next transition once, not once more', () => {
    const does = { ...all(FINE), fr: { ...FINE, candidate: 0.03 } };
    const plan = { metrics: [perUser], onSegmentHarm: 'report' as const, falseRollbackRate: 1e-200 };
    let state: AnalysisState | null = null;
    const evidence: number[] = [];
    for (let transition = 1; transition <= 6; transition++) {
      const strata = givenSegmentedWindows(12, does, { from: 12 * transition, transition, seed: 1 });
      const result = look(strata, { plan, state, context: { transition } });
      state = result.state;
      evidence.push(result.analysis.segments.find(({ segment }) => segment === 'fr')?.harmEvidence ?? 0);
    }
    const [first = 0] = evidence;
    expect(first).toBeGreaterThan(1);
    // The first transition has half of the capital, so the mean over all that say the same is at most twice what it
    // showed; multiplied it would be its sixth power.
    expect(Math.max(...evidence)).toBeLessThanOrEqual(2 * first);
  });
});

describe('harm to everybody', () => {
  it('rolls back instead of excluding one segment after the other', () => {
    const { analysis } = judgeUntilActed(givenSegmentedWindows(40, all({ ...FINE, candidate: 0.1 })));
    expect([analysis.verdict, analysis.exclude]).toEqual(['rollback', []]);
  });

  it('rolls back when most of the audience is harmed', () => {
    const six = Object.fromEntries(NAMES.slice(0, 6).map((name) => [name, BROKEN]));
    const { analysis } = judgeUntilActed(givenSegmentedWindows(40, { ...all(FINE), ...six }));
    expect([analysis.verdict, analysis.exclude]).toEqual(['rollback', []]);
  });
});

describe('the promise about exclusions', () => {
  it('excludes nobody where all are at the margin, looking again and again', () => {
    // The study of many rollouts is in bench/segments; here a few, none of which may be excluded but by rare chance.
    for (let seed = 1; seed <= 3; seed++) {
      const strata = givenSegmentedWindows(12, all({ requests: 100, control: 0.05, candidate: 0.07 }), { seed });
      const { analysis } = judgeUntilActed(strata, { plan: { falseRollbackRate: 1e-12 } });
      expect(analysis.exclude).toEqual([]);
    }
  });
});

describe('what is displayed', () => {
  it('pulls noisy segments towards the others and keeps the raw harm beside it', () => {
    const { analysis } = look(givenSegmentedWindows(6, { ...all(FINE), de: { ...FINE, requests: 64 } }));
    const errors = analysis.segments.flatMap(({ metrics }) => metrics);
    expect(errors).toHaveLength(NAMES.length);
    const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
    const shrunk = errors.map(({ shrunkHarm }) => shrunkHarm ?? Number.NaN);
    expect(spread(shrunk)).toBeLessThan(0.5 * spread(errors.map(({ harm }) => harm)));
  });
});

describe('the memory of segments', () => {
  it('gives bit-equal findings window by window and all at once, stored as JSON between', () => {
    const strata = givenSegmentedWindows(60, { ...all(FINE), it: { ...FINE, candidate: 0.02 } });
    const plan = { onSegmentHarm: 'report' as const };
    const whole = look(strata, { plan }).analysis;
    let state: AnalysisState | null = null;
    let last: Analysis | null = null;
    for (let from = 0; from < strata.length; from += 27) {
      const result = look(strata.slice(from, from + 27), { plan, state });
      state = JSON.parse(JSON.stringify(result.state)) as AnalysisState;
      last = result.analysis;
    }
    expect(last?.segments).toEqual(whole.segments);
    expect(last?.findings).toEqual(whole.findings);
  });

  it('judges a segment afresh, and says so, when another version remembered it', () => {
    const strata = givenSegmentedWindows(40, { ...all(FINE), fr: BROKEN });
    const { state } = look(strata.slice(0, 27), { plan: { onSegmentHarm: 'report' } });
    const { version: _version, ...segments } = state['segments'] as Record<string, unknown>;
    const old = JSON.parse(JSON.stringify({ ...state, segments })) as AnalysisState;
    const next = look(strata.slice(27, 36), { state: old });
    expect(next.analysis.reasons.map(({ code }) => code)).toContain('SEGMENT_EVIDENCE_RESTARTED');
    expect(next.analysis.segments.map(({ metrics }) => metrics[0]?.candidateCount)).toEqual(NAMES.map(() => 300));
    const last = look(strata.slice(36), { state: next.state });
    expect(last.analysis.reasons.map(({ code }) => code)).not.toContain('SEGMENT_EVIDENCE_RESTARTED');
    expect(last.analysis.exclude).toEqual(['fr']);
  });

  it('keeps out who was excluded by another version, on the evidence of then', () => {
    const before = look(givenSegmentedWindows(40, { ...all(FINE), fr: BROKEN }));
    const context = { transition: 2, excludedSegments: ['fr'], safetyEpoch: 1 };
    const out = look(givenSegmentedWindows(10, all(FINE), { from: 40, transition: 2 }), {
      state: before.state,
      context,
    });
    const { version: _version, ...segments } = out.state['segments'] as Record<string, unknown>;
    const strata = givenSegmentedWindows(10, all(FINE), { from: 50, transition: 2, seed: 2 });
    const { analysis } = look(strata, { state: { ...out.state, segments }, context });
    expect(analysis.segments.find(({ segment }) => segment === 'fr')).toMatchObject({ excluded: true, harmed: true });
  });

  it('looks at no segment that the plan does not name', () => {
    const { analysis } = look(givenSegmentedWindows(10, all(FINE)), { plan: { segments: ['fr'] } });
    expect(analysis.segments.map(({ segment }) => segment)).toEqual(['fr']);
    expect(look(givenSegmentedWindows(10, all(FINE)), { plan: { segments: [] } }).analysis.segments).toEqual([]);
  });
});
