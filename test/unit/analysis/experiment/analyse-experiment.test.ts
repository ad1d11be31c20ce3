import { analyseExperiment } from '../../../../analysis/experiment/analyse-experiment';
import type { ExperimentInput, ExperimentJudgePlan } from '../../../../analysis/experiment/types';
import { Metric } from '../../../../flags/plan/metric';
import type { Stratum } from '../../../../metrics/windows';
import { NULLS, PLAN, runExperiment } from '../../../../bench/experiments/run-experiment';
import { CALM } from '../../../../bench/judge/simulate';
import { FIRST_WINDOW, givenWindows } from '../../../support/stratum-builders';

const look = (
  strata: Record<string, readonly Stratum[]>,
  change: Partial<ExperimentInput> & { plan?: ExperimentJudgePlan } = {},
) => {
  const nowMs = FIRST_WINDOW + 10_000_000;
  return analyseExperiment({
    plan: PLAN,
    transition: 1,
    startedAtMs: FIRST_WINDOW,
    strata,
    state: null,
    nowMs,
    ...change,
  });
};
const effectOf = (analysis: ReturnType<typeof look>['analysis'], variant: string, metric: string) => {
  const found = analysis.arms.find((arm) => arm.variant === variant)?.effects.find((one) => one.metric === metric);
  if (found === undefined) throw new Error(`no ${metric} of ${variant}`);
  return found;
};
const better = givenWindows(60, { control: { errors: 20 }, candidate: { errors: 8 } });
const same = givenWindows(60, { control: { errors: 20 }, candidate: { errors: 20 } });
const worse = givenWindows(60, { control: { errors: 20 }, candidate: { errors: 60 } });

describe('the analysis of an experiment', () => {
  it('tells each treatment apart by effect, interval and conclusion', () => {
    const { analysis } = look({ blue: better, green: same });
    const blue = effectOf(analysis, 'blue', 'failed');
    // 8 of 200 against 20 of 200.
    expect(blue.effect).toBeCloseTo(-0.06, 6);
    expect(blue).toMatchObject({ control: 0.1, conclusion: 'better', controlCount: 12_000, treatmentCount: 12_000 });
    expect(blue.upper).toBeLessThan(0);
    expect(blue.lower).toBeLessThan(-0.06);
    const green = effectOf(analysis, 'green', 'failed');
    expect(green.effect).toBeCloseTo(0, 6);
    expect(green).toMatchObject({ conclusion: 'inconclusive' });
    expect(analysis).toMatchObject({ decided: false, harmed: [], sample: 12_000 });
  });

  it('is decided once every primary metric of every treatment is', () => {
    expect(look({ blue: better }).analysis.decided).toBe(true);
    expect(look({ blue: better, green: worse }).analysis.decided).toBe(true);
  });

  it('concludes just when the interval leaves zero out', () => {
    for (let windows = 3; windows <= 40; windows += 1) {
      const { lower, upper, conclusion } = effectOf(
        look({ blue: better.slice(0, windows) }).analysis,
        'blue',
        'failed',
      );
      const isOut = (lower !== null && lower > 0) || (upper !== null && upper < 0);
      expect([windows, conclusion !== 'inconclusive']).toEqual([windows, isOut]);
    }
  });

  it('turns sign and sides for a metric where higher is better', () => {
    const metric = Metric.parse({ ...PLAN.metrics[0], direction: 'higher_is_better' });
    const plan = { ...PLAN, metrics: [metric, ...PLAN.metrics.slice(1)] };
    const { effect, conclusion, lower, upper } = effectOf(look({ blue: better }, { plan }).analysis, 'blue', 'failed');
    expect(effect).toBeCloseTo(-0.06, 6);
    expect(conclusion).toBe('worse');
    expect((lower ?? 0) < -0.06 && (upper ?? 0) < 0).toBe(true);
  });

  it('asks for more evidence the more treatments and primary metrics there are', () => {
    const one = effectOf(look({ blue: better }).analysis, 'blue', 'failed');
    const many = effectOf(look({ blue: better, a: same, b: same, c: same }).analysis, 'blue', 'failed');
    const width = ({ lower, upper }: typeof one): number => (upper ?? 0) - (lower ?? 0);
    expect(width(many)).toBeGreaterThan(width(one));
    expect(many.evidence).toBe(one.evidence);
  });

  it('pulls effects towards each other from three treatments on', () => {
    expect(effectOf(look({ a: better, b: same }).analysis, 'a', 'failed').shrunk).toBeNull();
    const { analysis } = look({ a: better, b: same, c: same });
    const { effect, shrunk } = effectOf(analysis, 'a', 'failed');
    expect(shrunk).toBeGreaterThan(effect ?? 0);
    expect(shrunk).toBeLessThan(0);
  });

  it('shows harm past the margin of a guardrail, and by which treatment', () => {
    const { analysis } = look({ blue: better, green: worse });
    expect(analysis.harmed).toEqual(['green']);
    expect(analysis.arms.find(({ variant }) => variant === 'green')?.guardrails[0]).toMatchObject({ metric: 'errors' });
  });

  it('concludes nothing of an arm of the wrong size, but still sees harm', () => {
    const lopsided = givenWindows(60, {
      control: { errors: 20, exposures: 600 },
      candidate: { errors: 60, exposures: 300 },
    });
    const { analysis } = look({ green: lopsided });
    expect(analysis.arms[0]?.doubts.map(({ code }) => code)).toContain('SAMPLE_RATIO_MISMATCH');
    expect(effectOf(analysis, 'green', 'failed').conclusion).toBe('inconclusive');
    expect(analysis).toMatchObject({ decided: false, harmed: ['green'] });
  });

  it('finds the same at once and window by window', () => {
    let state: ReturnType<typeof look>['state'] | null = null;
    let stepwise: ReturnType<typeof look> | null = null;
    for (let window = 0; window < 60; window += 1) {
      const strata = { blue: better.slice(window, window + 1), green: same.slice(window, window + 1) };
      // As stored between looks.
      stepwise = look(strata, { state });
      state = JSON.parse(JSON.stringify(stepwise.state)) as ReturnType<typeof look>['state'];
    }
    expect(stepwise?.analysis).toEqual(look({ blue: better, green: same }).analysis);
  });

  it('says nothing without data', () => {
    const { analysis } = look({ blue: [] });
    expect(effectOf(analysis, 'blue', 'failed')).toMatchObject({
      effect: null,
      lower: null,
      conclusion: 'inconclusive',
    });
    expect(analysis).toMatchObject({ decided: false, sample: 0, lastWindowAt: null });
  });
});

/** A smoke run of the study in bench/experiments. */
describe('experiments in simulation', () => {
  it.each(Object.keys(NULLS))('call no treatment different that is not, looked at after every window: %s', (name) => {
    const scenario = NULLS[name] ?? CALM;
    const runs = [1, 2, 3].map((seed) => runExperiment(seed, scenario, { windows: 40, treatments: 2 }));
    expect(runs.filter(({ calledAfter }) => calledAfter !== null).length).toBe(0);
    expect(runs.filter(({ harmedAfter }) => harmedAfter !== null)).toEqual([]);
  });

  it('find an effect that is there, and its interval holds it', () => {
    const scenario = { ...CALM, errorRate: 0.05, harm: { times: 0.6 } };
    const runs = [1, 2, 3].map((seed) => runExperiment(seed, scenario, { windows: 60, treatments: 1, effect: -0.02 }));
    expect(runs.map(({ last }) => last.arms[0]?.effects[0]?.conclusion)).toEqual(['better', 'better', 'better']);
    expect(runs.filter(({ missed }) => missed > 0)).toEqual([]);
  });
});
