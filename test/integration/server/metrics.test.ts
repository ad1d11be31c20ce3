import { startMetricsListener } from '../../../metrics/exposition/metrics-listener';
import { exposition } from '../../../server/metrics/exposition';
import { ServerMetrics } from '../../../server/metrics/server-metrics';
import type { RolloutProjection } from '../../../store/rollouts-repository';
import { givenPlan } from '../../support/flag-builders';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

describe('metrics of a server', () => {
  let server: ServerUnderTest;
  let viewer: string;
  beforeAll(async () => {
    server = await givenServer();
    viewer = await server.token('viewer');
  });
  afterAll(() => server.close());

  const scrape = async (): Promise<string[]> =>
    (await server.call('GET', '/metrics', { as: viewer })).body.split('\n').filter((line) => !line.startsWith('#'));

  function projection(flagKey: string, change: Partial<RolloutProjection> = {}): Omit<RolloutProjection, 'updatedAt'> {
    const look = {
      at: new Date(server.context.databaseNowMs() - 4000).toISOString(),
      verdict: 'hold',
      reasons: [],
      metrics: [],
      harmEvidence: 12.5,
      dataQuality: 'label_missing',
      sample: { control: 1, candidate: 1 },
      tension: 0.25,
      risk: {
        score: 61,
        severity: 0.9,
        persistence: 0.8,
        audience: 0.5,
        correlation: 0,
        anomalyWeight: 70,
        segmentWeight: 30,
        narrowAt: 50,
        rollbackAt: 80,
        metric: 'errors',
        segment: null,
      },
      confidence: 0.75,
      digest: '',
    };
    return {
      _id: `${flagKey}-abcdefgh`,
      environment: 'production',
      flagKey,
      workflowId: `rollout/production/${flagKey}`,
      runId: 'run',
      identity: flagKey,
      plan: givenPlan(),
      startedBy: 'alice',
      startedAt: new Date(server.context.databaseNowMs() - 60_000).toISOString(),
      state: 'progressing',
      waitingFor: 'data',
      summary: '',
      step: 0,
      weight: 5,
      transition: 1,
      verdict: 'hold',
      outcome: null,
      excludedSegments: ['eu'],
      lastLook: look,
      bakedMs: 0,
      bakeMs: 1000,
      version: 1,
      ...change,
    };
  }

  it('tell of live rollouts by environment and flag, and not of ended ones', async () => {
    await server.context.rollouts.save(projection('checkout'));
    await server.context.rollouts.save(projection('search', { lastLook: null, waitingFor: null }));
    await server.context.rollouts.save(projection('ended', { outcome: 'completed', state: 'completed' }));
    const lines = await scrape();
    const labels = 'environment="production",flag="checkout"';
    expect(lines).toEqual(
      expect.arrayContaining([
        `headgate_rollout_weight_percent{${labels}} 5`,
        `headgate_rollout_phase{${labels},phase="progressing"} 1`,
        `headgate_rollout_waiting{${labels},waiting_for="data"} 1`,
        `headgate_rollout_verdict{${labels},verdict="hold"} 1`,
        `headgate_rollout_data_quality{${labels},quality="label_missing"} 1`,
        `headgate_rollout_tension{${labels}} 0.25`,
        `headgate_rollout_harm_evidence{${labels}} 12.5`,
        `headgate_rollout_risk_score{${labels}} 61`,
        `headgate_rollout_risk_threshold{${labels},threshold="narrow"} 50`,
        `headgate_rollout_risk_threshold{${labels},threshold="rollback"} 80`,
        `headgate_rollout_confidence{${labels}} 0.75`,
        `headgate_rollout_excluded_segments{${labels}} 1`,
        'headgate_rollout_weight_percent{environment="production",flag="search"} 5',
        'headgate_rollouts_live{environment="production"} 2',
        'headgate_database_up 1',
        'headgate_temporal_up 1',
      ]),
    );
    const age = lines.find((line) => line.startsWith('headgate_rollout_look_age_seconds'));
    expect(Number(age?.split(' ').at(-1))).toBeGreaterThan(3);
    expect(lines.filter((line) => line.includes('ended'))).toEqual([]);
  });

  it('count requests, events and polls, with patterns of routes in place of what they hold', async () => {
    await server.call('PUT', '/v1/environments/production/flags/secret-name', {
      as: await server.token('operator'),
      body: { flag: givenFlagBody(), reason: 'a test' },
    });
    const sdk = await server.token('sdk', 'production');
    const batch = {
      batchId: 'batch-0001',
      createdAt: server.context.databaseNowMs(),
      events: [
        {
          kind: 'exposure',
          flag: 'f',
          rollout: 'r',
          variant: 'on',
          transition: 1,
          targetingKey: 'ann@example.com',
          at: Date.now(),
        },
      ],
    };
    await server.call('POST', '/v1/events', { as: sdk, body: batch });
    const first = await server.call('GET', '/v1/sdk/snapshot', { as: sdk });
    await server.call('GET', '/v1/sdk/snapshot', { as: sdk, headers: { 'if-none-match': String(first.headers.etag) } });
    await server.call('GET', '/nowhere/secret-name', { as: viewer });
    const lines = await scrape();
    expect(lines).toEqual(
      expect.arrayContaining([
        'headgate_ingest_batches_total{environment="production",result="accepted"} 1',
        'headgate_ingest_events_total{environment="production",result="accepted"} 1',
        'headgate_ingest_flush_seconds_count 1',
        'headgate_ingest_open_batches 0',
        'headgate_sdk_polls_total{result="snapshot"} 1',
        'headgate_sdk_polls_total{result="not_modified"} 1',
        'headgate_http_requests_total{method="POST",route="/v1/events",status="202"} 1',
        'headgate_http_requests_total{method="GET",route="none",status="404"} 1',
      ]),
    );
    expect(lines.join('\n')).toContain('route="/v1/environments/:env/flags/:key"');
    expect(lines.join('\n')).not.toMatch(/secret-name|ann@example/);
  });

  it('are for viewers of all environments, on the port of the API', async () => {
    expect((await server.call('GET', '/metrics')).statusCode).toBe(401);
    const bound = await server.token('viewer', 'production');
    expect((await server.call('GET', '/metrics', { as: bound })).statusCode).toBe(403);
    const answer = await server.call('GET', '/metrics', { as: viewer });
    expect(answer.headers['content-type']).toContain('version=0.0.4');
  });

  it('stand without a token on a port of their own, and nothing else does', async () => {
    const read = exposition(server.context, new ServerMetrics());
    const listener = await startMetricsListener(read, { host: '127.0.0.1', port: 0 });
    const answer = await fetch(`${listener.url}/metrics`);
    const other = await fetch(`${listener.url}/v1/environments`);
    await listener.close();
    expect(answer.headers.get('content-type')).toBe(read.contentType);
    expect(await answer.text()).toContain('headgate_database_up 1');
    expect(other.status).toBe(404);
  });
});
