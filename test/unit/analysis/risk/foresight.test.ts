import { analyse } from '../../../../analysis/analyse';
import { emptyCourse, followCourse } from '../../../../analysis/risk/courses';
import type { Analysis, AnalysisState, JudgePlan, StepContext } from '../../../../analysis/types';
import { DEFAULT_RISK } from '../../../../flags/plan/behaviour';
import { Metric } from '../../../../flags/plan/metric';
import { learnProfile, type BaselineProfile } from '../../../../ml/baseline/profile';
import { mulberry32 } from '../../../../ml/random/mulberry32';
import type { Stratum } from '../../../../metrics/windows';
import { FIRST_WINDOW, givenContext, givenPlan, givenStratum, type ArmDoes } from '../../../support/stratum-builders';

const LATENCY = Metric.parse({ name: 'latency', kind: 'mean_value', margin: { relative: 9 }, factor: 1.2 });
const HOUR_MS = 3_600_000;

/** Latency around a level, a little noise, repeatable. */
function windows(
  count: number,
  from: number,
  latencyOf: (window: number) => { control: number; candidate: number },
  rest: Partial<Pick<Stratum, 'weight' | 'transition'>> = {},
  arms: { control?: ArmDoes } = {},
): Stratum[] {
  const random = mulberry32(from + 1);
  return Array.from({ length: count }, (_, index) => {
    const { control, candidate } = latencyOf(from + index);
    const noise = (): number => 1 + 0.01 * (random() - 0.5);
    return givenStratum(from + index, {
      ...rest,
      control: { latencyMs: control * noise(), ...arms.control },
      candidate: { latencyMs: candidate * noise() },
    });
  });
}

/** Looks after each window; answers the first analysis that asks for less, and its window. */
function untilLess(
  strata: readonly Stratum[],
  { plan, contextOf }: { plan: JudgePlan; contextOf: (stratum: Stratum) => StepContext },
): { analysis: Analysis; window: number } | null {
  let state: AnalysisState | null = null;
  for (const [window, stratum] of strata.entries()) {
    const nowMs = stratum.windowStartAt + 15_000;
    const result = analyse({ plan, context: contextOf(stratum), strata: [stratum], state, sourceDown: false, nowMs });
    state = JSON.parse(JSON.stringify(result.state)) as AnalysisState;
    if (result.analysis.verdict === 'narrow' || result.analysis.verdict === 'rollback') {
      return { analysis: result.analysis, window };
    }
  }
  return null;
}

describe('a latency that grows with the load', () => {
  // 1.05 times control at 5 %, 1.15 at 15 %, and past its factor of 1.2 at the next step of 30 %.
  const at = (share: number) => () => ({ control: 100, candidate: 100 * (1 + share) });
  const strata = [
    ...windows(20, 0, at(0.05), { weight: 5, transition: 1 }),
    ...windows(20, 20, at(0.15), { weight: 15, transition: 2 }),
  ];
  const contextOf = ({ weight, transition }: Stratum): StepContext =>
    givenContext({ weight, transition, nextWeight: weight === 5 ? 15 : 30, bakeMs: 900_000, bakedMs: 0 });

  it('narrows before the measured ratio crosses', () => {
    const found = untilLess(strata, { plan: givenPlan({ metrics: [LATENCY] }), contextOf });
    expect([found?.analysis.verdict, found?.analysis.reasons[0]?.code]).toEqual(['narrow', 'FORECAST_CROSSES']);
    expect(found?.analysis.crossings[0]).toMatchObject({ metric: 'latency', factor: 1.2, weight: 30 });
    expect(found?.analysis.crossings[0]?.measured).toBeLessThan(1.2);
  });

  it('rolls back in the preset `predictive`, outside the promised rate', () => {
    const found = untilLess(strata, { plan: givenPlan({ metrics: [LATENCY], preset: 'predictive' }), contextOf });
    expect(found?.analysis.verdict).toBe('rollback');
    expect(found?.analysis.reasons[0]?.text).toContain('outside the promised rate');
  });

  it('is of no account without a factor, and a level that does not grow narrows nothing', () => {
    const { factor: _factor, ...plain } = LATENCY;
    expect(untilLess(strata, { plan: givenPlan({ metrics: [plain] }), contextOf })).toBeNull();
    const flat = [
      ...windows(20, 0, at(0.05), { weight: 5, transition: 1 }),
      ...windows(20, 20, at(0.05), { weight: 15, transition: 2 }),
    ];
    expect(untilLess(flat, { plan: givenPlan({ metrics: [LATENCY] }), contextOf })).toBeNull();
  });
});

/** A week around 100 ms, learned hour by hour. */
function usual(): BaselineProfile {
  const random = mulberry32(5);
  const points = Array.from({ length: 7 * 24 * 12 }, (_, index) => ({
    atMs: FIRST_WINDOW - 7 * 24 * HOUR_MS + index * (HOUR_MS / 12),
    value: 100 + 4 * (random() - 0.5),
    units: 200,
  }));
  return learnProfile(null, points);
}

describe('an anomaly against what is usual', () => {
  const plain = Metric.parse({ name: 'latency', kind: 'mean_value', margin: { relative: 9 } });
  const setting = { baselines: { latency: usual() }, watchFrom: null };
  const trackOf = (strata: readonly Stratum[]) => {
    const course = emptyCourse();
    followCourse(
      course,
      plain,
      strata.map((stratum) => [stratum]),
      setting,
    );
    return course.track;
  };

  it('is severe and lasting in a candidate alone', () => {
    const track = trackOf(windows(20, 0, () => ({ control: 100, candidate: 130 })));
    expect(track?.severity).toBeGreaterThan(0.9);
    expect(track?.persistence).toBeGreaterThan(0.9);
  });

  it('is none where control shares it, nor where the candidate is better', () => {
    expect(trackOf(windows(20, 0, () => ({ control: 131, candidate: 130 })))?.persistence).toBe(0);
    expect(trackOf(windows(20, 0, () => ({ control: 100, candidate: 70 })))?.severity).toBe(0);
  });

  it('narrows by the risk score', () => {
    const strata = windows(30, 0, () => ({ control: 100, candidate: 130 }));
    const plan = givenPlan({ metrics: [plain], risk: DEFAULT_RISK });
    const nowMs = FIRST_WINDOW + 165_000;
    const input = { plan, context: givenContext(), strata, state: null, sourceDown: false, nowMs };
    expect(analyse(input).analysis.verdict).not.toBe('narrow');
    const { analysis } = analyse({ ...input, baselines: setting.baselines });
    expect(analysis.verdict).toBe('narrow');
    expect(analysis.risk?.score).toBeGreaterThan(DEFAULT_RISK.narrowAt);
    expect(analysis.reasons[0]?.code).toMatch(/^RISK_/);
  });
});

describe('watching after everybody is served', () => {
  const plain = Metric.parse({ name: 'latency', kind: 'mean_value', margin: { relative: 9 } });
  const plan = givenPlan({ metrics: [plain], watchFrom: 100 });
  const everybody = (from: number, candidate: number) =>
    windows(
      60,
      from,
      () => ({ control: 100, candidate }),
      { weight: 100, transition: 2 },
      { control: { requests: 0 } },
    );
  const judged = windows(30, 0, () => ({ control: 100, candidate: 100 }));
  const lookAt = (after: readonly Stratum[]) => {
    const context = givenContext({ weight: 100, transition: 2, nextWeight: 100 });
    const nowMs = (after.at(-1)?.windowStartAt ?? 0) + 15_000;
    const first = analyse({ plan, context: givenContext(), strata: judged, state: null, sourceDown: false, nowMs });
    return analyse({ plan, context, strata: after, state: first.state, sourceDown: false, nowMs }).analysis;
  };

  it('alarms when a guardrail stops to be as it was', () => {
    expect(lookAt(everybody(30, 112)).watch).toMatchObject({ metric: 'latency', alarm: true });
  });

  it('is quiet while all stays as it was, and says nothing before everybody is served', () => {
    expect(lookAt(everybody(30, 100)).watch).toMatchObject({ alarm: false });
    const nowMs = FIRST_WINDOW + 165_000;
    const before = analyse({ plan, context: givenContext(), strata: judged, state: null, sourceDown: false, nowMs });
    expect(before.analysis.watch).toBeNull();
  });
});
