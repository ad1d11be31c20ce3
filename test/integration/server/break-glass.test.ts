import { DEAD_ADDRESS, givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

describe('a server without Temporal', () => {
  let server: ServerUnderTest;
  let operator: string;

  beforeAll(async () => {
    server = await givenServer({ temporalAddress: DEAD_ADDRESS });
    operator = await server.token('operator');
    const url = '/v1/environments/production/flags/checkout';
    await server.call('PUT', url, { as: operator, body: givenFlagBody() });
  });
  afterAll(() => server.close());

  it('is alive and ready, and says that Temporal is silent', async () => {
    const alive = await server.call('GET', '/healthz');
    const ready = await server.call('GET', '/readyz');

    expect([alive.statusCode, ready.statusCode]).toEqual([200, 200]);
    expect(ready.json()).toEqual({ status: 'ready', database: 'answers', temporal: 'silent' });
  });

  it('switches a flag off, and the next snapshot has it', async () => {
    const sdk = await server.token('sdk', 'production');
    const before = await server.call('GET', '/v1/sdk/snapshot', { as: sdk });
    const off = await server.call('POST', '/v1/environments/production/flags/checkout/off', {
      as: operator,
      body: { reason: 'it fails' },
    });
    const after = await server.call('GET', '/v1/sdk/snapshot', {
      as: sdk,
      headers: { 'if-none-match': String(before.headers.etag) },
    });

    expect(off.statusCode).toBe(200);
    expect(after.statusCode).toBe(200);
    expect(after.json<{ flags: unknown[] }>().flags).toMatchObject([{ key: 'checkout', enabled: false }]);
  });

  it('answers starts and messages with 503 within their deadlines', async () => {
    const sentAt = performance.now();
    const started = await server.call('POST', '/v1/environments/production/rollouts', {
      as: operator,
      body: { plan: { flag: 'checkout', candidate: 'on' } },
    });
    const message = await server.call('POST', '/v1/environments/production/rollouts/checkout/messages/pause', {
      as: operator,
      body: { reason: 'wait' },
    });

    expect([started.statusCode, message.statusCode]).toEqual([503, 503]);
    expect(started.json()).toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });
    expect(started.headers['retry-after']).toBe('1');
    expect(performance.now() - sentAt).toBeLessThan(40_000);
  });

  it('still resolves plans for dry runs', async () => {
    const response = await server.call('POST', '/v1/environments/production/rollouts', {
      as: operator,
      body: {
        plan: { flag: 'checkout', candidate: 'on' },
        dryRun: true,
        assume: { requestsPerMinute: 6000, errorRate: 0.01 },
      },
    });

    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ outcome: 'dry_run', rolloutId: null, plan: { environment: 'production' } });
    expect(response.json<{ notes: string[] }>().notes.at(-1)).toMatch(/this traffic can/);
  });
});
