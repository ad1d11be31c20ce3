import { refineBaselines, type BaselineDependencies } from '../../../activities/baseline-activities';
import { createBaselineReader } from '../../../activities/read-baselines';
import { parsePlan } from '../../../flags/plan/parse-plan';
import { resolvePlan } from '../../../flags/plan/resolve-plan';
import type { PrometheusMetricSource, PrometheusQuery } from '../../../metrics/prometheus/prometheus-source';
import { MemoryBaselinesRepository, MemoryVectorBaselinesRepository } from '../../../store/baselines-repository';
import type { CompactWindow } from '../../../metrics/compaction';
import type { ArmTotals, EventTotals } from '../../../metrics/windows';
import { givenArm, givenStratum } from '../../support/stratum-builders';

const HOUR = 3_600_000;
const ref = { rolloutId: 'r1', environment: 'production', flagKey: 'checkout', control: 'off', candidate: 'on' };

/**
 * Windows of five minutes over some hours: control at `control`, candidate at `candidate` errors in 1000 requests;
 * transition 2 in the last two hours.
 */
function windows(control: number, candidate: number, hours = 12): CompactWindow[] {
  return Array.from({ length: hours * 12 }, (_, i) => i).flatMap((i) =>
    (['off', 'on'] as const).map((variant) => ({
      windowStart: i * 300_000,
      windowMs: 300_000,
      transition: i >= (hours - 2) * 12 ? 2 : 1,
      variant,
      segment: '*',
      totals: { events: { request: { count: 1000, errors: variant === 'off' ? control : candidate } } },
    })),
  );
}

function given(outcome: 'completed' | 'rolled_back', kept: readonly CompactWindow[]): BaselineDependencies {
  const lowered = outcome === 'rolled_back' ? [{ transition: 3, action: 'rollout.roll_back' }] : [];
  return {
    baselines: new MemoryBaselinesRepository(),
    vectorBaselines: new MemoryVectorBaselinesRepository(),
    decisions: {
      byRollout: async () =>
        [{ transition: 1, action: 'rollout.start' }, { transition: 2, action: 'rollout.raise' }, ...lowered] as never,
    },
    rollouts: {
      get: async () =>
        ({
          outcome,
          plan: parsePlan('flag: checkout\ncandidate: "on"\n', { environment: 'production' }).plan,
        }) as never,
    },
    windows: {
      readCompacted: async () => ({
        _id: 'r1',
        flagId: 'production/checkout',
        control: 'off',
        candidate: 'on',
        compactedAt: 0,
        windows: kept,
      }),
    },
  };
}

describe('refining the baselines by an ended rollout', () => {
  it('learns both variants of a completed one, once', async () => {
    const world = given('completed', windows(10, 20));
    await refineBaselines(world, ref);
    await refineBaselines(world, ref);
    const [errors] = (await world.baselines.listFor('production', 'checkout')).filter(
      ({ metric }) => metric === 'errors',
    );
    expect(errors).toMatchObject({ segment: '*', learnedFrom: ['r1'], version: 1 });
    expect(errors?.profile.blocks).toBe(12);
    expect(errors?.profile.hours[3]).toEqual({ value: 0.015, count: 1 });
  });

  it('learns the control alone of one that was rolled back, without the period that led to it', async () => {
    const world = given('rolled_back', windows(10, 900));
    await refineBaselines(world, ref);
    const [errors] = (await world.baselines.listFor('production', 'checkout')).filter(
      ({ metric }) => metric === 'errors',
    );
    expect(errors?.profile.blocks).toBe(10);
    expect(errors?.profile.hours[3]).toEqual({ value: 0.01, count: 1 });
  });

  it('has nothing to learn where nothing was kept', async () => {
    const world = given('completed', []);
    await refineBaselines(world, ref);
    await refineBaselines({ ...world, windows: { readCompacted: async () => null } }, ref);
    expect(await world.baselines.listFor('production', 'checkout')).toEqual([]);
  });
});

describe('reading the baselines for looks', () => {
  it('asks the database once in five minutes', async () => {
    const world = given('completed', windows(10, 10));
    await refineBaselines(world, ref);
    let asked = 0;
    const listFor: typeof world.baselines.listFor = (...of) => ((asked += 1), world.baselines.listFor(...of));
    const read = createBaselineReader({ listFor }, world.vectorBaselines);
    expect((await read(ref, HOUR)).profiles['errors']?.blocks).toBe(12);
    await read(ref, HOUR + 60_000);
    expect(asked).toBe(1);
    await read(ref, HOUR + 301_000);
    expect(asked).toBe(2);
  });
});

describe('how the metrics move together', () => {
  const plan = parsePlan(
    'flag: checkout\ncandidate: "on"\nmetrics:\n  - { name: errors, kind: error_rate, margin: 1% }\n  - { name: latency, kind: mean_value, margin: 10% }\n',
    { environment: 'production' },
  ).plan;
  /** Errors and latency follow one load that is another in each window. */
  const kept = windows(10, 10).map((window, i) => {
    const load = 1 + ((i * 7) % 11) / 10;
    const latency = 100 * load;
    return {
      ...window,
      totals: {
        events: {
          request: {
            count: 1000,
            errors: Math.round(10 * load),
            valueCount: 1000,
            sum: 1000 * latency,
            sumOfSquares: 1000 * latency * latency,
          },
        },
      },
    };
  });

  it('is learned once for each segment, and read with the profiles it is measured against', async () => {
    const world = {
      ...given('completed', kept),
      rollouts: { get: async () => ({ outcome: 'completed', plan }) as never },
    };
    await refineBaselines(world, ref);
    await refineBaselines(world, ref);
    const stored = await world.vectorBaselines.get('production/checkout/*');
    expect(stored).toMatchObject({
      segment: '*',
      learnedFrom: ['r1'],
      version: 1,
      vector: { metrics: ['errors', 'latency'] },
    });
    expect(stored?.rows).toHaveLength(100);
    const known = await createBaselineReader(world.baselines, world.vectorBaselines)(ref, HOUR);
    expect(Object.keys(known.together['*']?.profiles ?? {})).toEqual(['errors', 'latency']);
    expect(known.together['*']?.model?.components).toHaveLength(1);
  });

  it('is not learned of a single metric', async () => {
    const world = given('completed', windows(10, 10));
    const one = { outcome: 'completed', plan: { ...plan, metrics: plan.metrics.slice(0, 1) } };
    await refineBaselines({ ...world, rollouts: { get: async () => one as never } }, ref);
    expect(await world.vectorBaselines.listFor('production', 'checkout')).toEqual([]);
  });
});

describe('metrics that are read from Prometheus', () => {
  const selector = '{variant="{{variant}}"}';
  const plan = resolvePlan({
    flag: 'checkout',
    candidate: 'on',
    environment: 'production',
    metrics: [
      {
        name: 'errors',
        kind: 'error_rate',
        margin: '1%',
        prometheus: { requests: `requests_total${selector}`, errors: `errors_total${selector}` },
      },
    ],
  });
  const records = [
    { transition: 1, action: 'rollout.start', at: new Date(0).toISOString() },
    { transition: 2, action: 'rollout.complete', at: new Date(12 * HOUR).toISOString() },
  ];

  /** A source that knows one window a minute and answers for what it is asked. */
  function givenSource(down = false): { source: PrometheusMetricSource; asked: PrometheusQuery[] } {
    const asked: PrometheusQuery[] = [];
    const fetch = async (query: PrometheusQuery) => {
      asked.push(query);
      if (down) return { strata: [], trouble: { quality: 'source_down' as const, detail: 'gone' } };
      const starts: number[] = [];
      for (let at = query.fromMs; at + query.windowMs <= query.nowMs - 10_000; at += query.windowMs) starts.push(at);
      const event = plan.metrics[0]?.event ?? '';
      const armOf = (errors: number): ArmTotals => ({
        ...givenArm(),
        events: { [event]: { ...(givenArm({ requests: 100, errors }).events['request'] as EventTotals) } },
      });
      const strata = starts.map((windowStartAt) => ({
        ...givenStratum(0, { transition: 1 }),
        windowStartAt,
        control: armOf(2),
        candidate: armOf(4),
      }));
      return { strata, trouble: null };
    };
    return { source: { delayMs: () => 0, fetch } as unknown as PrometheusMetricSource, asked };
  }
  const world = (prometheus: PrometheusMetricSource): BaselineDependencies => ({
    ...given('completed', []),
    decisions: { byRollout: async () => records as never },
    rollouts: { get: async () => ({ outcome: 'completed', plan }) as never },
    prometheus,
  });

  it('teach by the windows of the rollout, asked for once more in pieces', async () => {
    const { source, asked } = givenSource();
    const learning = world(source);
    await refineBaselines(learning, ref);
    expect(asked).toHaveLength(36);
    expect(Math.max(...asked.map(({ fromMs, nowMs }) => nowMs - fromMs))).toBeLessThanOrEqual(30 * 60_000);
    const errors = await learning.baselines.get('production/checkout/errors/*');
    expect(errors?.profile.blocks).toBe(12);
    expect(errors?.profile.hours[3]?.value).toBeCloseTo(0.03, 12);
  });

  it('teach nothing, and hold nobody up, while the source is down', async () => {
    const { source, asked } = givenSource(true);
    const learning = world(source);
    await refineBaselines(learning, ref);
    expect(asked).toHaveLength(1);
    expect(await learning.baselines.listFor('production', 'checkout')).toEqual([]);
  });
});
