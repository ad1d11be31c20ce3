import { DEFAULT_PREDICTION } from '../../../../flags/plan/prediction';
import { DEFAULT_RISK } from '../../../../flags/plan/behaviour';
import fc from 'fast-check';
import { ErrorCode, ValidationError } from '../../../../core/errors';
import { RolloutPlan } from '../../../../flags/plan/plan';
import { resolvePlan } from '../../../../flags/plan/resolve-plan';
import { goodPlanFile, SMALLEST_PLAN_FILE } from '../../../support/plan-files';

const resolve = (written: Record<string, unknown> = {}): RolloutPlan =>
  resolvePlan({ ...SMALLEST_PLAN_FILE, ...written });
const problemsOf = (written: unknown): string[] => {
  try {
    resolvePlan(written);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    expect(error.code).toBe(ErrorCode.InvalidPlan);
    return error.issues.map(({ field, message }) => `${field}: ${message}`);
  }
  return [];
};
const problems = (written: Record<string, unknown>): string[] => problemsOf({ ...SMALLEST_PLAN_FILE, ...written });

describe('what follows from a forecast of failure', () => {
  it('has looks and a threshold for people, and others only where the plan names them', () => {
    expect(resolve({ prediction: { forecast: { narrowAt: '80%' } } }).prediction?.forecast).toEqual({
      looks: 5,
      alertAt: 0.5,
      narrowAt: 0.8,
    });
    expect(resolve().prediction?.forecast).toBeUndefined();
  });

  it('narrows before it rolls back', () => {
    const forecast = { narrowAt: 0.9, rollbackAt: 0.8 };
    expect(problems({ prediction: { forecast } })).toEqual(['prediction.forecast.narrowAt: is at most rollbackAt']);
    expect(problems({ prediction: { forecast: { ...forecast, rollbackAt: 0.9 } } })).toEqual([]);
  });
});

describe('a plan of the smallest kind', () => {
  it('is filled in with defaults', () => {
    const guardrail = { role: 'guardrail', event: 'request', direction: 'lower_is_better' };
    expect(resolve()).toEqual({
      environment: 'production',
      flag: 'checkout',
      place: { kind: 'default' },
      candidate: 'on',
      steps: [1, 5, 10, 25, 50].map((weight) => ({ weight, bakeMs: 600_000, approval: false })),
      metrics: [
        { ...guardrail, name: 'errors', kind: 'error_rate', margin: { absolute: 0.005, relative: 0.1 } },
        { ...guardrail, name: 'slow', kind: 'slower_than', threshold: 500, margin: { absolute: 0.01, relative: 0.1 } },
        { ...guardrail, name: 'latency', kind: 'mean_value', margin: { absolute: 0, relative: 0.1 } },
      ],
      segments: [],
      onSegmentHarm: 'exclude',
      falseExclusionRate: 0.05,
      preset: 'guarded',
      prediction: DEFAULT_PREDICTION,
      risk: DEFAULT_RISK,
      pace: 'steps',
      profile: 'auto',
      warmUpMs: 240_000,
      falseRollbackRate: 0.01,
      falsePromotionRate: 0.05,
      minimumSample: 100,
      onNoData: 'hold',
      noDataDeadlineMs: 1_800_000,
      onInconclusive: 'hold',
      inconclusiveAfterBakes: 3,
      onLapse: 'control',
      afterLapse: 'first_step',
      leaseMs: 300_000,
      narrowBy: 'step',
      controlHoldback: 0,
      look: { shortestMs: 5_000, longestMs: 60_000 },
      windowMs: 5_000,
      approvals: { forbidStarter: false, allowUnverified: false },
      blackouts: [],
    });
  });

  it('takes its environment from the caller only when it names none', () => {
    const { environment, ...rest } = SMALLEST_PLAN_FILE;
    expect(resolvePlan(rest, { environment: 'staging' }).environment).toBe('staging');
    expect(resolvePlan(SMALLEST_PLAN_FILE, { environment: 'staging' }).environment).toBe(environment);
    expect(problemsOf(rest)).toEqual(['environment: is missing; write it in the plan or name it with --env']);
  });
});

describe('steps', () => {
  it('may be plain weights or objects, and take the bake time of the plan', () => {
    const { steps } = resolve({
      bake: '30s',
      steps: [5, { weight: 20, bake: '1h30m' }, { weight: 40, approval: true }],
    });
    expect(steps).toEqual([
      { weight: 5, bakeMs: 30_000, approval: false },
      { weight: 20, bakeMs: 5_400_000, approval: false },
      { weight: 40, bakeMs: 30_000, approval: true },
    ]);
  });

  it('drop the completion write at their end', () => {
    expect(resolve({ steps: [10, 50, 100] }).steps.map(({ weight }) => weight)).toEqual([10, 50]);
    expect(resolve({ steps: [10, 90], controlHoldback: 10 }).steps.map(({ weight }) => weight)).toEqual([10]);
  });

  it('rise strictly', () => {
    expect(problems({ steps: [5, 5] })).toEqual([
      'steps[1]: 5 is not above the step before it (5); write steps in rising order',
    ]);
    expect(problems({ steps: [50, 100, 100] })).toHaveLength(1);
  });

  it('leave something to judge', () => {
    expect(problems({ steps: [100] })).toEqual([
      'steps: at least one step below 100 is needed, or nothing would be judged',
    ]);
    expect(problems({ steps: [] })).toHaveLength(1);
  });

  it('leave room for the holdback', () => {
    expect(problems({ steps: [10, 95], controlHoldback: 10 })).toEqual([
      'steps[1]: 95 leaves no room for controlHoldback 10; completion serves 90',
    ]);
  });

  it('neither bake nor guard the completion write in silence', () => {
    expect(problems({ steps: [50, { weight: 100, bake: '1h' }] })[0]).toMatch(/^steps\[1\]\.bake: .*not baked/);
    expect(problems({ steps: [50, { weight: 100, approval: true }] })[0]).toMatch(
      /^steps\[1\]\.approval: .*no approval/,
    );
    expect(problems({ steps: [50, { weight: 100, approval: false }] })).toEqual([]);
  });

  it('fall on whole buckets', () => {
    expect(resolve({ steps: [0.001, 0.3] }).steps[0]?.weight).toBe(0.001);
    expect(problems({ steps: [0.0005] })).toHaveLength(2);
    expect(problems({ steps: [{ weight: 1.2345 }] })[0]).toMatch(/^steps\[0\]\.weight: 1\.2345 has more than three/);
  });
});

describe('metrics', () => {
  const metric = (written: Record<string, unknown>): Record<string, unknown> => ({
    metrics: [{ name: 'm', kind: 'error_rate', ...written }],
  });
  const marginOf = (written: unknown): unknown => resolve(metric({ margin: written })).metrics[0]?.margin;

  it.each([
    [0.02, { absolute: 0.02, relative: 0 }],
    ['0.5%', { absolute: 0, relative: 0.005 }],
    ['0.7pp', { absolute: 0.007, relative: 0 }],
    ['0.5pp + 10%', { absolute: 0.005, relative: 0.1 }],
    [{ relative: 0.2 }, { absolute: 0, relative: 0.2 }],
  ])('read the margin %j', (written, margin) => {
    expect(marginOf(written)).toEqual(margin);
  });

  it.each([[-1], ['5'], ['5 %x'], [''], ['+'], [null], [{ share: 1 }], [{ absolute: -1 }]])(
    'refuse the margin %j',
    (written) => {
      expect(problems(metric({ margin: written })).length).toBeGreaterThan(0);
    },
  );

  it('take the margin of their kind, and the event of the plan, when they name none', () => {
    expect(resolve({ event: 'page_view', ...metric({}) }).metrics).toEqual([
      {
        name: 'm',
        role: 'guardrail',
        kind: 'error_rate',
        event: 'page_view',
        direction: 'lower_is_better',
        margin: { absolute: 0.005, relative: 0.1 },
      },
    ]);
    expect(resolve({ event: 'rpc' }).metrics.map(({ event }) => event)).toEqual(['rpc', 'rpc', 'rpc']);
    expect(resolve(metric({ event: 'own' })).metrics[0]?.event).toBe('own');
  });

  it('refuse a guardrail without a margin, which could never be shown safe', () => {
    expect(problems(metric({ margin: 0 }))[0]).toMatch(/^metrics\[0\]\.margin: a guardrail without a margin/);
    expect(problems(metric({ margin: { relative: 0 } }))).toHaveLength(1);
    const goal = { name: 'g', kind: 'mean_value', role: 'goal', margin: 0 };
    expect(problems({ metrics: [{ name: 'm', kind: 'error_rate' }, goal] })).toEqual([]);
  });

  it('refuse margins that mistake percent for shares', () => {
    expect(problems(metric({ margin: 5 }))[0]).toMatch(/500 percentage points/);
    expect(problems(metric({ kind: 'mean_value', margin: '5pp' }))[0]).toMatch(/fit shares only/);
    expect(problems(metric({ ceiling: 5 }))[0]).toMatch(/^metrics\[0\]\.ceiling: 5 is not a share/);
  });

  it('want a threshold for slower_than, and for nothing else', () => {
    expect(problems(metric({ kind: 'slower_than' }))[0]).toMatch(/^metrics\[0\]\.threshold: is missing/);
    expect(problems(metric({ threshold: 5 }))[0]).toMatch(/^metrics\[0\]\.threshold: error_rate has no threshold/);
    expect(resolve(metric({ kind: 'slower_than', threshold: '1.5s' })).metrics[0]?.threshold).toBe(1500);
    expect(resolve(metric({ kind: 'slower_than', threshold: 0.2 })).metrics[0]?.threshold).toBe(0.2);
  });

  it('knows which quantile, and what a ratio is divided by', () => {
    const quantileOf = (quantile: unknown): unknown =>
      resolve(metric({ kind: 'quantile', quantile })).metrics[0]?.quantile;
    expect(quantileOf('p99.9')).toBe(0.999);
    expect(quantileOf('p50')).toBe(0.5);
    expect(quantileOf(0.95)).toBe(0.95);
    expect(problems(metric({ kind: 'quantile' }))[0]).toMatch(/^metrics\[0\]\.quantile: is missing/);
    expect(problems(metric({ kind: 'quantile', quantile: 'p40' }))).toHaveLength(1);
    expect(problems(metric({ quantile: 'p99' }))[0]).toMatch(/error_rate has no quantile/);
    expect(problems(metric({ kind: 'ratio' }))[0]).toMatch(/^metrics\[0\]\.denominator: is missing/);
    expect(problems(metric({ measure: 'count' }))[0]).toMatch(/error_rate has no measure/);
    expect(resolve(metric({ kind: 'ratio', denominator: { event: 'order' } })).metrics[0]).toMatchObject({
      measure: 'value',
      denominator: { event: 'order', measure: 'count' },
      margin: { absolute: 0, relative: 0.1 },
    });
  });

  it('bounds what is judged apart, and orders the thresholds of risk', () => {
    const segments = Array.from({ length: 200 }, (_, index) => `s${index}`);
    expect(problems({ segments })).toEqual([]);
    const metrics = Array.from({ length: 16 }, (_, index) => ({ name: `m${index}`, kind: 'error_rate' }));
    expect(problems({ segments, metrics })[0]).toMatch(/^segments: 200 segments .* 3200 pairs/);
    expect(problems({ risk: { narrowAt: 60, rollbackAt: 50 } })[0]).toMatch(/^risk\.rollbackAt: 50 is below narrowAt/);
    expect(resolve({ risk: { narrowAt: 60 } }).risk).toEqual({ ...DEFAULT_RISK, narrowAt: 60 });
    expect(resolve({ watch: { for: '2h' } }).watch).toEqual({ forMs: 7_200_000, onAlarm: 'alert' });
  });

  it("wants the factor of a forecast on its metric's bad side", () => {
    expect(resolve(metric({ factor: 1.2 })).metrics[0]?.factor).toBe(1.2);
    expect(problems(metric({ factor: 0.9 }))[0]).toMatch(/^metrics\[0\]\.factor: 0.9 would be crossed already/);
    expect(problems(metric({ direction: 'higher_is_better', factor: 0.9 }))).toEqual([]);
  });

  it('bounds no whole distribution by one value', () => {
    expect(problems(metric({ kind: 'distribution', ceiling: 500 }))[0]).toMatch(/^metrics\[0\]\.ceiling: a whole/);
  });

  it('have names of their own, and a guardrail among them', () => {
    const goal = { name: 'm', kind: 'mean_value', role: 'goal' };
    expect(problems({ metrics: [goal, goal] })).toEqual([
      "metrics[1].name: two metrics are named 'm'",
      'metrics: all are goals; a rollout needs at least one guardrail to be judged by',
    ]);
    expect(problems({ metrics: [] })).toHaveLength(1);
  });
});

describe('times', () => {
  it.each([
    ['29999ms', 1000],
    ['30s', 5000],
    ['29m', 5000],
    ['30m', 10_000],
    ['119m', 10_000],
    ['2h', 60_000],
  ])('a shortest bake of %s gives windows of %d ms', (bake, windowMs) => {
    expect(resolve({ bake, steps: [1, { weight: 2, bake: '3d' }] }).windowMs).toBe(windowMs);
    expect(resolve({ bake, window: '7s' }).windowMs).toBe(7000);
  });

  it('silence is past its deadline after three of the longest bakes, but not before half an hour', () => {
    expect(resolve({ steps: [1, { weight: 2, bake: '2h' }] }).noDataDeadlineMs).toBe(6 * 3_600_000);
    expect(resolve({ bake: '10s' }).noDataDeadlineMs).toBe(1_800_000);
    expect(resolve({ noDataDeadline: '90s' }).noDataDeadlineMs).toBe(90_000);
  });

  it('looks follow a written lease, and the lease follows written looks', () => {
    expect(resolve({ lease: '60s' })).toMatchObject({ leaseMs: 60_000, look: { shortestMs: 5000, longestMs: 20_000 } });
    expect(resolve({ lease: '5s' }).look).toEqual({ shortestMs: 1666, longestMs: 1666 });
    expect(resolve({ look: { longest: '4m' } })).toMatchObject({ leaseMs: 720_000, look: { longestMs: 240_000 } });
    expect(resolve({ look: { shortest: '90s' } }).look).toEqual({ shortestMs: 90_000, longestMs: 90_000 });
  });

  it('a lease shorter than three of the longest looks is refused with the remedy', () => {
    expect(problems({ lease: '2m', look: { longest: '1m' } })).toEqual([
      'lease: 2m is less than three times the longest look interval (1m); make it at least 3m, or look.longest at most 40s',
    ]);
    expect(problems({ look: { shortest: '10s', longest: '5s' } })).toEqual([
      'look.shortest: 10s is more than the longest interval, 5s',
    ]);
  });

  it.each([['10'], [10], ['ten minutes'], ['0s'], ['91d'], ['-5m'], [null]])('refuse the bake %j', (bake) => {
    expect(problems({ bake })).toHaveLength(1);
  });
});

describe('the rest of a plan', () => {
  it('reads places, rates, and what no decision leads to', () => {
    const plan = resolve({
      place: { rule: 'staff' },
      falseRollbackRate: '0.7%',
      falsePromotionRate: 0.1,
      onInconclusive: { continueTo: 25 },
    });
    expect(plan).toMatchObject({
      place: { kind: 'rule', rule: 'staff' },
      falseRollbackRate: 0.007,
      falsePromotionRate: 0.1,
      onInconclusive: { continueTo: 25 },
    });
  });

  it.each([
    [{ onInconclusive: { continueTo: 0 } }, 'onInconclusive.continueTo'],
    [{ onInconclusive: { continueTo: 101 } }, 'onInconclusive.continueTo'],
    [{ onInconclusive: 'give_up' }, 'onInconclusive'],
    [{ falseRollbackRate: 0 }, 'falseRollbackRate'],
    [{ falsePromotionRate: '51%' }, 'falsePromotionRate'],
    [{ controlHoldback: 51 }, 'controlHoldback'],
    [{ controlHoldback: 1.2345 }, 'controlHoldback'],
    [{ narrowBy: 0 }, 'narrowBy'],
    [{ narrowBy: 'halves' }, 'narrowBy'],
    [{ lease: '4s' }, 'lease'],
    [{ window: '10m' }, 'window'],
    [{ minimumSample: 1.5 }, 'minimumSample'],
    [{ blackouts: [{ timeZone: 'Europe/Berlinn', days: ['fri'] }] }, 'blackouts[0].timeZone'],
    [{ blackouts: [{ timeZone: '+01:00', days: ['fri'] }] }, 'blackouts[0].timeZone'],
    [{ blackouts: [{ timeZone: 'UTC', days: ['friday'] }] }, 'blackouts[0].days[0]'],
    [{ blackouts: [{ timeZone: 'UTC', from: '24:00' }] }, 'blackouts[0].from'],
    [{ blackouts: [{ timeZone: 'UTC' }] }, 'blackouts'],
    [{ place: { rule: 'a', kind: 'rule' } }, 'place.kind'],
    [{ change: { title: 'no id' } }, 'change.id'],
    [{ stepz: [1] }, 'stepz'],
  ])('refuses %j at %s', (written, field) => {
    expect(problems(written).map((problem) => problem.slice(0, problem.indexOf(': ')))).toContain(field);
  });

  it('lets a blackout last the whole of every day it names', () => {
    expect(resolve({ blackouts: [{ timeZone: 'Europe/Berlin', days: ['sat', 'sun'] }] }).blackouts).toEqual([
      { timeZone: 'Europe/Berlin', days: ['sat', 'sun'], from: '00:00', to: '24:00' },
    ]);
  });

  it('shows every problem at once, also between fields beside a broken one', () => {
    const found = problems({
      bake: '10',
      candidate: 5,
      steps: [9, 3],
      lease: '10s',
      look: { longest: '5s' },
      extra: 1,
    });
    expect(found.map((problem) => problem.split(':')[0])).toEqual(['candidate', 'bake', 'extra', 'steps[1]', 'lease']);
  });

  it.each([[null], [undefined], [5], ['flag'], [[]]])('refuses %j, which is no plan', (written) => {
    expect(problemsOf(written)).toHaveLength(1);
  });
});

describe('any plan', () => {
  it('that is good resolves to one that the workflow can run', () => {
    fc.assert(
      fc.property(goodPlanFile, (file) => {
        const plan = resolvePlan(file);
        expect(RolloutPlan.parse(plan)).toEqual(plan);
        const weights = plan.steps.map(({ weight }) => weight);
        expect(weights.every((weight, index) => weight > (weights[index - 1] ?? 0))).toBe(true);
        expect(Math.max(...weights)).toBeLessThan(100 - plan.controlHoldback);
        expect(plan.look.shortestMs).toBeLessThanOrEqual(plan.look.longestMs);
        expect(plan.leaseMs).toBeGreaterThanOrEqual(3 * plan.look.longestMs);
        expect(resolvePlan(structuredClone(file))).toEqual(plan);
      }),
      { numRuns: 300 },
    );
  });

  it('that is bad is refused as such, never by another error', () => {
    const broken = fc.oneof(
      fc.jsonValue(),
      fc
        .tuple(goodPlanFile, fc.jsonValue(), fc.nat())
        .map(([file, value, at]) => ({ ...file, [Object.keys(file)[at % Object.keys(file).length] ?? '']: value })),
    );
    fc.assert(
      fc.property(broken, (written) => {
        expect(() => problemsOf(written)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
