import { randomUUID } from 'node:crypto';
import type { RolloutPlan } from '../../../flags/plan/plan';
import type { MetricSource } from '../../../metrics/windows';
import type { StoredAttribution } from '../../../store/attributions-repository';
import { WorkerConfig } from '../../../workers/config';
import { createDependencies } from '../../../workers/dependencies';
import { givenPrometheus, type PrometheusUnderTest } from '../../support/prometheus-under-test';
import { givenQuickPlan, RolloutHarness, SIGNING_KEY } from '../../support/rollout-harness';
import { ScrapedDependencies } from '../../support/scraped-dependencies';
import { SyntheticSource } from '../../support/synthetic-source';

const MINUTE_MS = 60_000;
const WINDOW_MS = 1000;
/** Requests of all users in a second, which the services below are asked too. */
const PER_CELL = 40;
const REQUESTS_PER_SECOND = 64 * PER_CELL;
const CALM = 0.01;
const TROUBLED = 0.2;

/**
 * Windows of a service that was calm, then failed in both arms, in the candidate's more: both fall back on the
 * dependency, one more often.
 */
async function givenWindows(sinceMs: number, troubleAt: number): Promise<MetricSource> {
  const [calm, troubled] = [new SyntheticSource(), new SyntheticSource()];
  for (const arm of ['control', 'candidate'] as const) calm[arm] = { perCell: PER_CELL, errorRate: CALM };
  troubled.control = { perCell: PER_CELL, errorRate: TROUBLED };
  troubled.candidate = { perCell: PER_CELL, errorRate: 0.5 };
  const first = { windowMs: WINDOW_MS, fromMs: sinceMs, nowMs: sinceMs, weights: {}, segments: [] };
  for (const source of [calm, troubled]) await source.fetchStrata(first as never);
  const openedAt = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS - MINUTE_MS;
  return {
    async fetchStrata(query) {
      // Looks ask for everything at first, and a rollout here is a minute old; the search for causes looks back by a
      // time of its own.
      const fromMs = query.fromMs === 0 ? openedAt : query.fromMs;
      return [
        ...(await calm.fetchStrata({ ...query, fromMs, nowMs: Math.min(query.nowMs, troubleAt) })),
        ...(await troubled.fetchStrata({ ...query, fromMs: Math.max(fromMs, troubleAt) })),
      ];
    },
  };
}

function serviceOf(name: string, calls: string[] = []) {
  const rate = (series: string): string => `sum(rate(${name}_${series}_total[1m]))`;
  return {
    name,
    calls,
    source: 'main',
    errors: `${rate('failed')} / ${rate('requests')}`,
    requests: `15 * ${rate('requests')}`,
  };
}

function givenGraphPlan(environment: string): RolloutPlan {
  const services = [
    { name: 'shop', calls: ['payment', 'search'], source: 'main' },
    serviceOf('payment', ['database']),
    serviceOf('database'),
    serviceOf('search'),
  ];
  // Requests here are independent: what is tried is the search for causes, not how sure of harm the judge is within a minute.
  return givenQuickPlan({ environment, profile: 'fast', dependencies: { service: 'shop', services } });
}

describe('a plan with a service graph, measured by a real Prometheus', () => {
  let services: ScrapedDependencies;
  let prometheus: PrometheusUnderTest;
  let harness: RolloutHarness;

  beforeAll(async () => {
    const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const sinceMs = minute - 40 * MINUTE_MS;
    const troubleAt = minute - 4 * MINUTE_MS;
    const answers = (errorRate: (atMs: number) => number) => ({ requestsPerSecond: REQUESTS_PER_SECOND, errorRate });
    // Nobody scrapes at the very instants that are asked for.
    services = await ScrapedDependencies.start(sinceMs + 7_000, {
      payment: answers((at) => (at >= troubleAt ? TROUBLED : CALM)),
      database: answers(() => CALM),
      search: answers(() => CALM),
    });
    prometheus = await givenPrometheus({ targets: { services: services.address } });
    harness = await RolloutHarness.open({ source: await givenWindows(sinceMs, troubleAt) });
    const { HEADGATE_PROMETHEUS_SOURCES } = WorkerConfig.pick({ HEADGATE_PROMETHEUS_SOURCES: true }).parse({
      HEADGATE_PROMETHEUS_SOURCES: JSON.stringify([{ name: 'main', url: prometheus.url }]),
    });
    const config = { HEADGATE_SIGNING_KEY: SIGNING_KEY, HEADGATE_WEBHOOKS: [], HEADGATE_PROMETHEUS_SOURCES };
    const made = createDependencies(harness.database, harness.database.clock, harness.client, config);
    Object.assign(harness.dependencies, { prometheus: made.prometheus, causeSeries: made.causeSeries });
    await harness.work();
    await prometheus.scraped();
  });

  afterAll(async () => {
    await harness.close();
    await prometheus.stop();
    await services.close();
  });

  /** Runs a rollout until it is rolled back; answers what was kept of its causes. */
  async function causesOfRollback(
    plan = givenGraphPlan(`env-${randomUUID().slice(0, 8)}`),
  ): Promise<StoredAttribution | undefined> {
    await harness.createFlag(plan.environment);
    const rollout = await harness.start(plan);
    expect(await rollout.result()).toMatchObject({ outcome: 'rolled_back' });
    const [stored] = await harness.dependencies.attributions.byRollout(rollout.input.rolloutId);
    return stored;
  }

  it('names the dependency at which the trouble of both arms ends, with its share, and none beside it', async () => {
    const stored = await causesOfRollback();
    expect(stored?.missing).toEqual([]);
    expect(stored?.attribution).toMatchObject({ kind: 'both', metric: 'errors' });
    const named = stored?.attribution.causes.filter(({ subject }) => subject.kind === 'dependency') ?? [];
    expect(named.map(({ subject }) => subject.name)).toEqual(['payment']);
    const [evidence] = named[0]?.evidence ?? [];
    expect(evidence?.code).toBe('EXCESS_ENDS_THERE');
    expect(evidence?.text).toMatch(/% of the excess ends at payment/);
    // The control's excess is the dependency's; what is more is the candidate's own.
    expect(evidence?.numbers?.['score']).toBeGreaterThan(0.5);
    expect(stored?.attribution.summary).toContain('payment');
  });

  it('names an expression of which Prometheus has no series', async () => {
    const plan = givenGraphPlan(`env-${randomUUID().slice(0, 8)}`);
    const services = plan.dependencies?.services.map((service) =>
      // A service that is scraped every 15 seconds has one sample in 15 seconds, and no rate.
      service.name === 'payment' ? { ...service, requests: 'sum(increase(payment_requests_total[15s]))' } : service,
    );
    const stored = await causesOfRollback({ ...plan, dependencies: { service: 'shop', services: services ?? [] } });
    expect(stored?.missing).toEqual(['payment requests: the expression has no values']);
  });

  it('rolls back as soon without Prometheus, and says of which service nothing is known', async () => {
    await prometheus.stop();
    const stored = await causesOfRollback();
    expect(stored?.attribution).toMatchObject({ kind: 'both', metric: 'errors' });
    expect(stored?.attribution.causes.filter(({ subject }) => subject.kind === 'dependency')).toEqual([]);
    for (const service of ['payment', 'database', 'search']) {
      expect(stored?.missing).toContainEqual(expect.stringMatching(new RegExp(`^${service} errors: .+`)));
    }
  });
});
