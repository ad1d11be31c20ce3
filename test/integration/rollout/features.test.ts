import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createGatherActivity } from '../../../activities/gather-features';
import { readBehaviourFeatures } from '../../../activities/read-behaviour-features';
import { prometheusSystemFeatures, type SystemFeatureConfig } from '../../../activities/read-system-features';
import { digestOf } from '../../../activities/record-deployments';
import { CATALOGUE_VERSION } from '../../../changes/features/catalogue';
import type { RolloutPlan } from '../../../flags/plan/plan';
import { resolvePlan } from '../../../flags/plan/resolve-plan';
import { PrometheusClient } from '../../../metrics/prometheus/prometheus-client';
import { PrometheusSourceConfig } from '../../../metrics/prometheus/source-config';
import { ALL_USERS } from '../../../metrics/windows';
import { learnProfile } from '../../../ml/baseline/profile';
import { baselineId } from '../../../store/baselines-repository';
import { FeaturesRepository } from '../../../store/features-repository';
import { knownRollouts } from '../../../store/training-rows';
import { givenPrometheus, type PrometheusUnderTest } from '../../support/prometheus-under-test';
import { givenQuickPlan, RolloutHarness, type StartedRollout } from '../../support/rollout-harness';
import { ScrapedService } from '../../support/scraped-service';

const HOUR_MS = 3_600_000;
const SHARE = 'sum(rate(shop_requests_total{job=~"{{services}}",code="500"}[4s])) / sum(rate(shop_requests_total[4s]))';
/** A window as short as the test. */
const windowMs = 6_000;
const CONFIGURED: readonly SystemFeatureConfig[] = [
  { feature: 'errorRate', source: 'default', expression: SHARE, windowMs },
  { feature: 'cpu', source: 'default', expression: 'nobody_exports_this', windowMs },
  { feature: 'memory', source: 'nowhere', expression: 'memory', windowMs },
];

describe('features of a change on real Temporal, database and Prometheus', () => {
  let service: ScrapedService;
  let prometheus: PrometheusUnderTest;
  let traffic: NodeJS.Timeout;
  let silent: Server;
  let harness: RolloutHarness;
  let environment: string;
  let features: FeaturesRepository;
  let clients: Map<string, PrometheusClient>;

  beforeAll(async () => {
    service = await ScrapedService.start();
    prometheus = await givenPrometheus({ targets: { shop: service.address } });
    traffic = setInterval(() => {
      service.serve(15, { variant: 'off', seconds: 0.02 });
      service.serve(5, { variant: 'off', seconds: 0.02, failed: true });
    }, 200);
    // It takes connections and never answers.
    silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    for (let scrapes = 0; scrapes < 10; scrapes++) await prometheus.scraped();
  });
  afterAll(async () => {
    clearInterval(traffic);
    silent.close();
    await prometheus.stop();
    await service.close();
  });

  beforeEach(async () => {
    harness = await RolloutHarness.open();
    environment = `e${randomUUID().slice(0, 8)}`;
    features = new FeaturesRepository(harness.database.db);
    const client = new PrometheusClient(PrometheusSourceConfig.parse({ url: prometheus.url }));
    clients = new Map([['default', client]]);
    given(CONFIGURED, clients);
    await harness.createFlag(environment, { services: ['shop'] });
  });
  afterEach(() => harness.close());

  function given(configs: readonly SystemFeatureConfig[], named: Map<string, PrometheusClient>): void {
    const systemFeatures = prometheusSystemFeatures(configs, named);
    Object.assign(harness.dependencies, { systemFeatures, prometheusClients: named });
  }

  const plan = (change: Partial<RolloutPlan> = {}): RolloutPlan =>
    givenQuickPlan({
      environment,
      owner: 'payments',
      change: { id: 'c1', author: 'Ada', build: { seconds: 300, usualSeconds: 200, dependenciesChanged: 2 } },
      steps: [{ weight: 10, bakeMs: 600_000, approval: false }],
      ...change,
    });

  /** An earlier rollout that ended some hours ago. */
  async function givenPast(hoursAgo: number, outcome: 'completed' | 'rolled_back', who: object): Promise<string> {
    const at = new Date(Date.now() - hoursAgo * HOUR_MS);
    const id = `past-${randomUUID().slice(0, 8)}`;
    await harness.dependencies.deployments.record({
      _id: id,
      environment,
      flagKey: 'checkout',
      startedAt: new Date(at.getTime() - HOUR_MS),
      endedAt: at,
      outcome,
      label: { failed: outcome === 'rolled_back', source: 'outcome', by: 'rollout', reason: 'its end', at },
      ...who,
    });
    return id;
  }

  async function startRollout(asked = plan()): Promise<StartedRollout> {
    const rollout = await harness.start(asked);
    await rollout.until(({ phase }) => phase === 'progressing');
    return rollout;
  }

  async function evidenceOf({ input }: StartedRollout) {
    const [record] = await harness.dependencies.decisions.byRollout(input.rolloutId);
    const known = record?.evidence?.find(({ code }) => code === 'FEATURES_KNOWN');
    const missing = record?.evidence?.find(({ code }) => code === 'FEATURES_MISSING');
    return { known: known?.numbers ?? {}, missing: missing?.text ?? '' };
  }

  it('are gathered before the start; the record says which were known and which were missing', async () => {
    await givenPast(30, 'rolled_back', { author: digestOf('ada') });
    await givenPast(6, 'completed', { owner: digestOf('payments') });
    await givenPast(5, 'completed', { flagKey: 'another' });
    await harness.work();
    const rollout = await startRollout();
    const { known, missing } = await evidenceOf(rollout);
    expect(known).toMatchObject({
      'build.seconds': 300,
      'build.secondsRatio': 1.5,
      'deployments.flagEnded': 2,
      'deployments.serviceEnded': 2,
      'deployments.authorEnded': 1,
      'deployments.authorRollbackShare': (1 + 5 * 0.1) / 6,
      'deployments.ownerEnded': 1,
    });
    expect(known['deployments.flagDaysSinceLast']).toBeCloseTo(0.25, 2);
    expect(known['system.errorRate']).toBeCloseTo(0.25, 1);
    expect(Object.keys(known)).not.toContain('system.cpu');
    expect(missing).toMatch(/system\.cpu: no samples in the last 6 s/);
    expect(missing).toMatch(/system\.memory: no Prometheus 'nowhere' is configured/);
    expect(missing).toMatch(/behaviour: the flag has no baseline profiles yet/);
    expect(missing).toMatch(/change: nothing was sent/);
    expect((await rollout.status()).features?.[0]).toMatchObject({ code: 'FEATURES_KNOWN' });
    await rollout.send('abort');
    expect((await rollout.result()).outcome).toBe('aborted');
  });

  it('known only after the assessment are in no row to learn from', async () => {
    await harness.work();
    const rollout = await startRollout();
    const { rolloutId } = rollout.input;
    const entity = { kind: 'rollout', id: rolloutId };
    const { assessment } = await features.known(environment, entity);
    const after = new Date((assessment?.recordedAt.getTime() ?? 0) + 1);
    // True of the time before, and known only afterwards.
    await features.add({
      environment,
      entity,
      catalogueVersion: CATALOGUE_VERSION,
      at: new Date(after.getTime() - HOUR_MS),
      recordedAt: after,
      values: { 'system.cpu': 0.99, 'build.seconds': 1, 'build.testsFailed': 7 },
    });
    await givenPast(2, 'rolled_back', { author: digestOf('ada') });
    await rollout.send('abort');
    await rollout.result();
    const { deployments } = harness.dependencies;
    await createGatherActivity(harness.dependencies).gatherFeatures({ ...rollout.input, plan: plan() });
    const at = new Date();
    await givenPast(0, 'rolled_back', { _id: rolloutId, startedAt: new Date(rollout.input.startedAt), endedAt: at });
    await deployments.relabel(rolloutId, { failed: true, source: 'person', by: 'sre', reason: 'seen', at });
    const later = new Date(Date.now() + HOUR_MS);
    const rows = await knownRollouts(deployments, features, [environment], later);
    const row = rows.find(({ id }) => id === rolloutId);
    expect(row).toMatchObject({ failed: true, values: { 'build.seconds': 300, 'deployments.authorEnded': 0 } });
    expect(row?.values['system.cpu']).toBeNull();
    expect(row?.values['deployments.flagDaysSinceLast']).toBeNull();
    expect(Object.keys(row?.values ?? {})).not.toContain('build.testsFailed');
    // Nothing that a row holds was recorded later than its assessment.
    expect(row?.values).toEqual(await features.asOf(environment, entity, assessment?.recordedAt ?? new Date(0)));
  });

  it('are gathered once, by whichever copy of the activity comes first', async () => {
    const { gatherFeatures } = createGatherActivity(harness.dependencies);
    const request = { rolloutId: `r-${randomUUID()}`, environment, flagKey: 'checkout', plan: plan() };
    const copies = await Promise.all([1, 2, 3].map(() => gatherFeatures(request)));
    await givenPast(1, 'rolled_back', {});
    copies.push(await gatherFeatures(request));
    expect(new Set(copies.map((reasons) => JSON.stringify(reasons))).size).toBe(1);
  });

  it('that a start has sent itself stand over the plan', async () => {
    const rolloutId = `r-${randomUUID().slice(0, 8)}`;
    const entity = { kind: 'rollout', id: rolloutId };
    const at = new Date(Date.now() - 60_000);
    const sent = { 'build.seconds': 42, 'change.la': 10 };
    await features.add({ environment, entity, catalogueVersion: CATALOGUE_VERSION, at, recordedAt: at, values: sent });
    const { gatherFeatures } = createGatherActivity(harness.dependencies);
    await gatherFeatures({ rolloutId, environment, flagKey: 'checkout', plan: plan() });
    const values = await features.asAssessed(environment, entity, at);
    expect(values).toMatchObject({ 'build.seconds': 42, 'change.la': 10, 'build.dependenciesChanged': 2 });
  });

  it('hold nobody up where the source never answers', async () => {
    const { port } = silent.address() as AddressInfo;
    const config = PrometheusSourceConfig.parse({ url: `http://127.0.0.1:${port}`, timeoutMs: 4_000 });
    given(CONFIGURED, new Map([['default', new PrometheusClient(config)]]));
    await harness.work();
    const rollout = await startRollout();
    const { known, missing } = await evidenceOf(rollout);
    expect(missing).toContain('deployments: no earlier rollout by flag, service, author, owner');
    expect(missing).toContain('system: no answer within 2500 ms');
    expect(known).toMatchObject({ 'deployments.flagEnded': 0, 'build.seconds': 300 });
    await rollout.send('abort');
  });

  it('hold nobody up where they cannot be kept', async () => {
    Object.assign(harness.dependencies, { features: { assessment: () => Promise.reject(new Error('away')) } });
    await harness.work();
    const rollout = await startRollout();
    expect((await evidenceOf(rollout)).missing).toContain('nothing could be gathered');
    await rollout.send('abort');
  });

  it('are not gathered for a plan that asks no model', async () => {
    await harness.work();
    const { prediction } = resolvePlan({ flag: 'checkout', candidate: 'on', environment, prediction: { mode: 'off' } });
    const rollout = await startRollout(plan(prediction === undefined ? {} : { prediction }));
    const { assessment } = await features.known(environment, { kind: 'rollout', id: rollout.input.rolloutId });
    expect(assessment).toBeNull();
    expect(await evidenceOf(rollout)).toEqual({ known: {}, missing: '' });
    await rollout.send('abort');
  });

  it('of behaviour tell how far what is served now lies from its baseline', async () => {
    const requests = 'shop_requests_total{variant="{{variant}}"}';
    const prometheusPlan = resolvePlan({
      flag: 'checkout',
      candidate: 'on',
      environment,
      metrics: [
        {
          name: 'errors',
          kind: 'error_rate',
          margin: '30pp',
          prometheus: { requests, errors: `${requests.slice(0, -1)},code="500"}` },
        },
      ],
    });
    // In the future every window is closed.
    const atMs = Date.now() + 90_000;
    const request = { environment, flagKey: 'checkout', control: 'off', plan: prometheusPlan, atMs };
    const { baselines } = harness.dependencies;
    const read = (): ReturnType<typeof readBehaviourFeatures> =>
      readBehaviourFeatures({ baselines, prometheusClients: clients }, request);
    expect((await read()).missing).toEqual(['behaviour: the flag has no baseline profiles yet']);
    // One in a hundred has failed so far, give or take; a quarter of them does now.
    const points = Array.from({ length: 72 * 60 }, (_, minute) => ({
      atMs: atMs - 72 * HOUR_MS + minute * 60_000,
      value: 0.01 + 0.002 * Math.sin(minute),
      units: 1_000,
    }));
    await baselines.save(
      {
        _id: baselineId(environment, 'checkout', 'errors', ALL_USERS),
        environment,
        flagKey: 'checkout',
        metric: 'errors',
        segment: ALL_USERS,
        learnedFrom: [],
        profile: learnProfile(null, points),
      },
      0,
    );
    const { values, missing } = await read();
    expect(values['behaviour.guardrailDeviation']).toBeGreaterThan(5);
    expect(values).toMatchObject({ 'behaviour.deviation': null, 'behaviour.segmentDeviation': null });
    expect(missing).toHaveLength(2);
  });
});
