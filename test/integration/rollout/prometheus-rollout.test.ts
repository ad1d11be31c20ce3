import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolvePlan } from '../../../flags/plan/resolve-plan';
import { createDependencies } from '../../../workers/dependencies';
import { WorkerConfig } from '../../../workers/config';
import { givenPrometheus, type PrometheusUnderTest } from '../../support/prometheus-under-test';
import { RolloutHarness, SIGNING_KEY } from '../../support/rollout-harness';
import { ScrapedService } from '../../support/scraped-service';

/** A rollout whose only metric is read from Prometheus, in windows of one second. */
function givenPromPlan(environment: string, requests: string, bake: string) {
  return resolvePlan({
    flag: 'checkout',
    candidate: 'on',
    environment,
    bake,
    steps: [50],
    window: '1s',
    look: { shortest: '1s', longest: '1s' },
    lease: '1m',
    minimumSample: 20,
    metrics: [
      {
        name: 'errors',
        kind: 'error_rate',
        margin: '30pp',
        prometheus: { requests, errors: `${requests.slice(0, -1)},code="500"}` },
      },
    ],
  });
}

describe('a rollout judged by a real Prometheus', () => {
  let service: ScrapedService;
  let prometheus: PrometheusUnderTest;
  let harness: RolloutHarness;
  let traffic: NodeJS.Timeout;

  beforeAll(async () => {
    service = await ScrapedService.start();
    prometheus = await givenPrometheus({ targets: { shop: service.address } });
    harness = await RolloutHarness.open({ source: { fetchStrata: async () => [] } });
    const { HEADGATE_PROMETHEUS_SOURCES } = WorkerConfig.pick({ HEADGATE_PROMETHEUS_SOURCES: true }).parse({
      HEADGATE_PROMETHEUS_SOURCES: JSON.stringify([{ url: prometheus.url }]),
    });
    const config = { HEADGATE_SIGNING_KEY: SIGNING_KEY, HEADGATE_WEBHOOKS: [], HEADGATE_PROMETHEUS_SOURCES };
    const made = createDependencies(harness.database, harness.database.clock, harness.client, config);
    Object.assign(harness.dependencies, { prometheus: made.prometheus });
    await harness.work();
    traffic = setInterval(() => {
      for (const variant of ['off', 'on']) service.serve(20, { variant, seconds: 0.02 });
    }, 200);
  });

  afterAll(async () => {
    clearInterval(traffic);
    await harness.close();
    await prometheus.stop();
    await service.close();
  });

  it('is judged on the samples of its own transition', async () => {
    const environment = `env-${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    // It must not end before it is aborted.
    const requests = 'shop_requests_total{variant="{{variant}}"}';
    const rollout = await harness.start(givenPromPlan(environment, requests, '10m'));
    const { lastLook } = await rollout.until(({ lastLook: look }) => (look?.sample.candidate ?? 0) > 100, 50_000);
    expect(lastLook?.dataQuality).toBe('ok');
    const [errors] = lastLook?.metrics ?? [];
    expect(errors).toMatchObject({ metric: 'errors', control: 0, candidate: 0 });
    await rollout.send('abort');
    expect((await rollout.result()).outcome).toBe('aborted');
  });

  it('holds and says why while the label is missing', async () => {
    const environment = `env-${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    const rollout = await harness.start(givenPromPlan(environment, 'shop_requests_total{arm="{{variant}}"}', '2s'));
    const status = await rollout.until(({ lastLook: look }) => look?.dataQuality === 'label_missing', 30_000);
    expect(status.lastLook).toMatchObject({ verdict: 'hold' });
    expect(status.lastLook?.reasons).toContainEqual({
      code: 'NO_DATA',
      metric: 'errors',
      text: 'No series shop_requests_total{} has the label arm.',
    });
    const waiting = await rollout.until(({ waitingFor }) => waitingFor === 'data');
    expect(waiting).toMatchObject({ phase: 'progressing', weight: 50 });
    await sleep(5000);
    expect(await rollout.status()).toMatchObject({ phase: 'progressing', weight: 50 });
    await rollout.send('abort');
    await rollout.result();
  });
});
