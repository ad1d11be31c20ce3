import { ProviderEvents } from '@openfeature/server-sdk';
import { randomUUID } from 'node:crypto';
import { ErrorCode, HeadgateError } from '../../../core/errors';
import { MongoLeasesRepository } from '../../../store/leases-repository';
import { connectDatabase } from '../../../store/database';
import { DatabaseClock } from '../../../store/database-clock';
import { HeadgateProvider } from '../../../sdk/src';
import { eventually } from '../../support/sdk-server';
import { givenFlagBody, givenRolloutBlock, givenServer, type ServerUnderTest } from '../../support/server-under-test';

const batch = (): Record<string, unknown> => ({
  batchId: randomUUID(),
  createdAt: Date.now(),
  events: [
    { kind: 'exposure', flag: 'a', rollout: 'a-abcdefgh', variant: 'on', transition: 1, cell: 3, at: Date.now() },
  ],
});

describe('what SDKs call', () => {
  let server: ServerUnderTest;
  let operator: string;
  let sdk: string;
  let failure: HeadgateError | null = null;

  beforeAll(async () => {
    server = await givenServer({
      sink: {
        accept: async (_environment, { events }) => {
          if (failure !== null) throw failure;
          return { accepted: events.length, duplicate: false, ignored: 0 };
        },
        close: async () => undefined,
      },
    });
    operator = await server.token('operator');
    sdk = await server.token('sdk', 'production');
  });
  afterAll(() => server.close());
  afterEach(() => {
    failure = null;
  });

  const put = (key: string, overrides: Record<string, unknown> = {}) =>
    server.call('PUT', `/v1/environments/production/flags/${key}`, { as: operator, body: givenFlagBody(overrides) });
  const snapshot = (headers: Record<string, string> = {}) =>
    server.call('GET', '/v1/sdk/snapshot', { as: sdk, headers });

  /** Installs a rollout block with a lease, as the workflow's activities do. */
  async function givenRollout(key: string, ttlMs: number | null): Promise<string> {
    await put(key);
    const id = await givenRolloutBlock(server, `production/${key}`);
    if (ttlMs === null) return id;
    const database = await connectDatabase({ url: server.config.mongodbUrl, name: server.config.mongodbDatabase });
    try {
      const leases = new MongoLeasesRepository(database.db, new DatabaseClock(database.db));
      await leases.begin({
        rolloutId: id,
        flagId: `production/${key}`,
        environment: 'production',
        transition: 1,
        ttlMs,
      });
    } finally {
      await database.close();
    }
    return id;
  }

  it('sends flags by key without people’s fields, with tombstones, segments and database time', async () => {
    await put('zebra', { owner: 'team', tags: ['x'], description: 'secret plans' });
    await put('gone');
    await server.call('DELETE', '/v1/environments/production/flags/gone?reason=old', { as: operator });
    await server.call('PUT', '/v1/environments/production/segments/staff', {
      as: operator,
      body: { if: { attribute: 'email', operator: 'ends_with', value: '@example.com' } },
    });
    const response = await snapshot();

    expect(response.json()).toMatchObject({
      environment: 'production',
      etag: response.headers.etag,
      flags: [{ key: 'gone', revision: 2, deleted: true }, { key: 'zebra' }],
      segments: [{ key: 'staff', revision: 1 }],
      leases: {},
    });
    expect(response.body).not.toMatch(/secret plans|team|lastChange|operator-token/);
    expect(Math.abs(Number(response.headers['headgate-time']) - Date.now())).toBeLessThan(5_000);
  });

  it('answers 304 with fresh leases while nothing changed, and 200 once something has', async () => {
    const id = await givenRollout('leased', 300_000);
    await givenRollout('unleased', null);
    const full = await snapshot();
    const unchanged = await snapshot({ 'if-none-match': `"other", W/${String(full.headers.etag)}` });
    await put('zebra', { description: 'changed' });
    const changed = await snapshot({ 'if-none-match': String(full.headers.etag) });

    expect([full.statusCode, unchanged.statusCode, changed.statusCode]).toEqual([200, 304, 200]);
    expect(unchanged.body).toBe('');
    const [leased, unleased] = String(unchanged.headers['headgate-leases']).split(',').map(Number);
    const inBody = full.json<{ leases: Record<string, number> }>().leases;
    expect(unleased).toBe(-1);
    expect(leased).toBeLessThanOrEqual(300_000);
    expect(leased).toBeGreaterThan(295_000);
    expect(Object.keys(inBody)).toEqual([id]);
    expect(inBody[id]).toBeGreaterThanOrEqual(leased ?? 0);
  });

  it('tells flags one a line to those who accept it, and then only what has changed', async () => {
    const lines = { accept: 'application/vnd.headgate.flag-lines' };
    const id = await givenRollout('leased', 300_000);
    // Written past the server, which would notice within 200 ms.
    server.context.snapshots.invalidate('production');
    const whole = await snapshot(lines);
    const asking = { ...lines, 'if-none-match': String(whole.headers.etag), 'a-im': 'headgate-flag-lines' };
    const unchanged = await snapshot(asking);
    await put('zebra', { description: 'another text', salt: 'another' });
    const changes = await snapshot(asking);
    const all = await snapshot({ ...lines, 'if-none-match': String(whole.headers.etag) });

    expect([whole, unchanged, changes, all].map(({ statusCode }) => statusCode)).toEqual([200, 304, 226, 200]);
    expect(whole.headers['content-type']).toContain('application/vnd.headgate.flag-lines');
    expect(changes.headers).toMatchObject({ im: 'headgate-flag-lines' });
    expect(changes.headers['headgate-leases']).toMatch(/^\d+,-1$/);
    const [header = '', ...rest] = changes.body.split('\n');
    expect(JSON.parse(header)).toMatchObject({
      environment: 'production',
      base: String(whole.headers.etag).slice(2),
      rollouts: [],
    });
    expect(rest.filter(Boolean).map((line) => line.split('\t')[0])).toEqual(['zebra']);
    const [allHeader = '', ...allLines] = all.body.split('\n');
    expect((JSON.parse(allHeader) as { rollouts: unknown }).rollouts).toContainEqual([
      'leased',
      id,
      expect.any(Number),
    ]);
    expect(allLines.some((line) => line.startsWith('zebra\t'))).toBe(true);
    expect(all.body).not.toContain('another text');
  });

  it('brings changes to a provider by the stream, without being asked for them', async () => {
    const url = await server.app.listen({ host: '127.0.0.1', port: 0 });
    await put('streamed', { defaultVariant: 'off' });
    const provider = new HeadgateProvider({ url, token: sdk, pollIntervalMs: 3_600_000 });
    try {
      await provider.initialize();
      expect(provider.evaluateBoolean('streamed', true, {})).toBe(false);
      const changed = jest.fn();
      provider.events.addHandler(ProviderEvents.ConfigurationChanged, (details) => changed(details?.flagsChanged));
      // Whether the stream stands already makes no difference: it tells what has changed since the first answer.
      await put('streamed', { defaultVariant: 'on' });
      await eventually(() => provider.evaluateBoolean('streamed', false, {}));
      await put('streamed', { defaultVariant: 'off' });
      await eventually(() => !provider.evaluateBoolean('streamed', true, {}));
      expect(changed.mock.calls).toEqual([[['streamed']], [['streamed']]]);
    } finally {
      await provider.onClose();
    }
  });

  it('reads the database at most five times a second, however many ask', async () => {
    const reads = jest.spyOn(server.context.flags, 'revisions');
    try {
      const startedAt = performance.now();
      let asked = 0;
      while (performance.now() - startedAt < 600) {
        await Promise.all(Array.from({ length: 20 }, () => snapshot()));
        asked += 20;
      }
      const elapsedMs = performance.now() - startedAt;

      expect(reads.mock.calls.length).toBeLessThanOrEqual(Math.ceil(elapsedMs / 200) + 1);
      expect(asked).toBeGreaterThan(reads.mock.calls.length * 5);
    } finally {
      reads.mockRestore();
    }
  });

  it('shows each token its own environment alone', async () => {
    const other = await server.token('sdk', 'staging');
    const response = await server.call('GET', '/v1/sdk/snapshot', { as: other });

    expect(response.json()).toMatchObject({ environment: 'staging', flags: [], segments: [] });
  });

  it('takes a batch of events with 202', async () => {
    const response = await server.call('POST', '/v1/events', { as: sdk, body: batch() });

    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({ accepted: 1, duplicate: false, ignored: 0 });
  });

  it.each([
    ['no events', { ...batch(), events: [] }],
    ['an unknown kind', { ...batch(), events: [{ kind: 'gossip' }] }],
    ['too many events', { ...batch(), events: Array(2001).fill((batch()['events'] as unknown[])[0]) }],
    ['a short id', { ...batch(), batchId: 'x' }],
  ])('refuses a batch with %s', async (_what, body) => {
    const response = await server.call('POST', '/v1/events', { as: sdk, body });

    expect(response.statusCode).toBe(400);
  });

  it.each([
    [ErrorCode.Overloaded, 503, '1'],
    [ErrorCode.DatabaseUnavailable, 503, '1'],
    [ErrorCode.BatchTooOld, 422, undefined],
  ])('answers %s of ingestion with %i', async (code, status, retryAfter) => {
    failure = new HeadgateError(code, 'as ingestion says', { retryable: status === 503 });
    const response = await server.call('POST', '/v1/events', { as: sdk, body: batch() });

    expect(response.statusCode).toBe(status);
    expect(response.headers['retry-after']).toBe(retryAfter);
    expect(response.json()).toMatchObject({ code });
  });
});
