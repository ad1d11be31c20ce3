import { DEAD_ADDRESS, givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

describe('a server without Temporal', () => {
  let server: ServerUnderTest;
  let operator: string;
  let origin: string;

  beforeAll(async () => {
    server = await givenServer({ temporalAddress: DEAD_ADDRESS });
    // Remote evaluation stands beside the framework and is reached by a socket alone.
    origin = await server.app.listen({ host: '127.0.0.1', port: 0 });
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

  it('kills and releases the environment in snapshots, over OFREP and in streams, with a record that the audit checks', async () => {
    const sdk = await server.token('sdk', 'production');
    const viewer = await server.token('viewer');
    await server.call('POST', '/v1/environments/production/flags/checkout/on', {
      as: operator,
      body: { reason: 'ok' },
    });
    const snapshot = (etag?: string) =>
      server.call('GET', '/v1/sdk/snapshot', { as: sdk, headers: etag === undefined ? {} : { 'if-none-match': etag } });
    const ofrep = (path: string): Promise<Response> =>
      fetch(`${origin}/ofrep/v1/evaluate/flags${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sdk}`, 'content-type': 'application/json' },
        body: JSON.stringify({ context: { targetingKey: 'user-1' } }),
      });
    const evaluated = async (): Promise<unknown> => (await ofrep('/checkout')).json();
    const bulk = async (): Promise<string | null> => (await ofrep('')).headers.get('etag');
    const versions: string[] = [];
    const stop = server.context.changes.follow('production', ({ version }) => versions.push(version));
    const before = await snapshot();
    const [served, tag] = [await evaluated(), await bulk()];
    expect(before.json()).not.toHaveProperty('killSwitch');
    expect(served).not.toMatchObject({ reason: 'DISABLED' });

    const kill = { as: operator, body: { reason: 'the shop is down' } };
    const killed = await server.call('POST', '/v1/environments/production/kill', kill);
    expect([killed.statusCode, killed.json()]).toMatchObject([200, { on: true, revision: 1 }]);
    const again = await server.call('POST', '/v1/environments/production/kill', kill);
    expect(again.json()).toMatchObject({ on: true, revision: 1 });
    const after = await snapshot(String(before.headers.etag));
    expect([after.statusCode, after.json()]).toMatchObject([200, { killSwitch: { on: true, revision: 1 } }]);
    expect(after.json<{ flags: unknown[] }>().flags).toMatchObject([{ key: 'checkout', enabled: true }]);
    expect(await evaluated()).toMatchObject({ reason: 'DISABLED', variant: 'off', metadata: { killSwitch: true } });
    expect(await bulk()).not.toBe(tag);
    const status = await server.call('GET', '/v1/environments/production/kill-switch', { as: viewer });
    expect(status.json()).toMatchObject({ on: true, lastChange: { reason: 'the shop is down' } });

    const release = { as: operator, body: { reason: 'it is up again' } };
    const free = await server.call('POST', '/v1/environments/production/release', release);
    expect(free.json()).toMatchObject({ on: false, revision: 2 });
    expect(await evaluated()).toEqual(served);
    expect(await bulk()).toBe(tag);
    const deadline = Date.now() + 30_000;
    while (versions.length < 3 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    stop();
    expect(new Set(versions).size).toBeGreaterThanOrEqual(3);

    const history = await server.call('GET', '/v1/environments/production/kill-switch/history', { as: viewer });
    expect(history.json()).toMatchObject([{ action: 'environment.release' }, { action: 'environment.kill' }]);
    const audit = await server.call('GET', '/v1/environments/production/audit/verify', { as: viewer });
    expect(audit.json()).toMatchObject({ ok: true, problems: [] });
    const unknown = await server.call('POST', '/v1/environments/prodution/kill', kill);
    expect(unknown.statusCode).toBe(400);
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
