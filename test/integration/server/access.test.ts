import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';
import type { Role } from '../../../server/tokens/role';

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** Each route with the least role it wants. What it answers to those who may is any status but 401 and 403. */
const ROUTES: readonly [Method, string, Role, unknown?][] = [
  ['GET', '/v1/environments', 'viewer'],
  ['GET', '/v1/environments/production/flags', 'viewer'],
  ['GET', '/v1/environments/production/flags/a', 'viewer'],
  ['GET', '/v1/environments/production/flags/a/history', 'viewer'],
  ['GET', '/v1/environments/production/stale-flags', 'viewer'],
  ['GET', '/v1/environments/production/flags/a/impact', 'viewer'],
  ['PUT', '/v1/environments/production/flags/a', 'operator', {}],
  ['DELETE', '/v1/environments/production/flags/a?reason=old', 'operator'],
  ['GET', '/v1/environments/production/flags/a/diff?from=1', 'viewer'],
  ['POST', '/v1/environments/production/flags/a/restore', 'operator', {}],
  ['POST', '/v1/environments/production/flags/a/off', 'operator', {}],
  ['POST', '/v1/environments/production/flags/a/on', 'operator', {}],
  ['POST', '/v1/environments/production/flags/a/scheduled-changes', 'operator', {}],
  ['GET', '/v1/environments/production/scheduled-changes', 'viewer'],
  ['GET', '/v1/environments/production/scheduled-changes/000000000000', 'viewer'],
  ['DELETE', '/v1/environments/production/scheduled-changes/000000000000?reason=old', 'operator'],
  ['GET', '/v1/environments/production/kill-switch', 'viewer'],
  ['GET', '/v1/environments/production/kill-switch/history', 'viewer'],
  ['POST', '/v1/environments/production/kill', 'operator', {}],
  ['POST', '/v1/environments/production/release', 'operator', {}],
  ['GET', '/v1/environments/production/holdouts', 'viewer'],
  ['GET', '/v1/environments/production/holdouts/h', 'viewer'],
  ['GET', '/v1/environments/production/holdout-history', 'viewer'],
  ['POST', '/v1/environments/production/holdouts', 'operator', {}],
  ['PUT', '/v1/environments/production/holdouts/h', 'operator', {}],
  ['POST', '/v1/environments/production/holdouts/h/end', 'operator', {}],
  ['GET', '/v1/environments/production/segments', 'viewer'],
  ['GET', '/v1/environments/production/segments/s', 'viewer'],
  ['GET', '/v1/environments/production/segments/s/history', 'viewer'],
  ['PUT', '/v1/environments/production/segments/s', 'operator', {}],
  ['DELETE', '/v1/environments/production/segments/s', 'operator'],
  ['POST', '/v1/environments/production/rollouts', 'operator', {}],
  ['GET', '/v1/environments/production/rollouts', 'viewer'],
  ['GET', '/v1/environments/production/rollouts/r', 'viewer'],
  ['GET', '/v1/environments/production/rollouts/r/timeline', 'viewer'],
  ['GET', '/v1/environments/production/rollouts/r/observations', 'viewer'],
  ['POST', '/v1/environments/production/rollouts/r/messages/pause', 'operator', {}],
  ['POST', '/v1/environments/production/experiments', 'operator', {}],
  ['GET', '/v1/environments/production/experiments', 'viewer'],
  ['GET', '/v1/environments/production/experiments/x', 'viewer'],
  ['POST', '/v1/environments/production/experiments/x/messages/abort', 'operator', {}],
  ['POST', '/v1/environments/production/groups', 'operator', {}],
  ['GET', '/v1/environments/production/groups', 'viewer'],
  ['GET', '/v1/environments/production/groups/g', 'viewer'],
  ['POST', '/v1/environments/production/groups/g/messages/abort', 'operator', {}],
  ['POST', '/v1/tokens', 'admin', {}],
  ['GET', '/v1/tokens', 'admin'],
  ['DELETE', '/v1/tokens/000000000000', 'admin'],
  ['GET', '/v1/environments/production/audit/verify', 'viewer'],
  ['POST', '/v1/events', 'sdk', {}],
  ['GET', '/v1/sdk/snapshot', 'sdk'],
  ['GET', '/metrics', 'viewer'],
  ['GET', '/v1/environments/production/rollouts/r/label', 'viewer'],
  ['PUT', '/v1/environments/production/rollouts/r/label', 'operator', {}],
  ['GET', '/v1/models', 'viewer'],
  ['GET', '/v1/environments/production/training-rows', 'viewer'],
  ['POST', '/v1/models/champion', 'operator', {}],
  ['POST', '/v1/models/trial', 'operator', {}],
  ['POST', '/v1/models/train', 'operator', { seed: -1 }],
  ['GET', '/v1/models/train/00000000-0000-4000-8000-000000000000', 'viewer'],
];
/** An answer that does not end: only who is kept out of it can be tried here. */
const STREAM = '/v1/sdk/stream';
const RANK: Readonly<Record<string, number>> = { viewer: 1, operator: 2, admin: 3 };

describe('access', () => {
  let server: ServerUnderTest;
  const tokens = new Map<Role, string>();

  beforeAll(async () => {
    server = await givenServer();
    for (const role of ['viewer', 'operator', 'admin'] as const) tokens.set(role, await server.token(role));
    tokens.set('sdk', await server.token('sdk', 'production'));
  });
  afterAll(() => server.close());

  const mayUse = (held: Role, wanted: Role): boolean =>
    wanted === 'sdk' || held === 'sdk' ? held === wanted : (RANK[held] ?? 0) >= (RANK[wanted] ?? 9);

  describe.each(ROUTES)('%s %s', (method, url, wanted, body) => {
    it('refuses callers without a token', async () => {
      const response = await server.call(method, url, { body });

      expect(response.statusCode).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer');
      expect(response.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    it.each(['viewer', 'operator', 'admin', 'sdk'] as const)(
      'treats a token of role %s as its role says',
      async (role) => {
        const { statusCode } = await server.call(method, url, { as: tokens.get(role), body });

        expect([401, 403].includes(statusCode) ? statusCode : 'allowed').toBe(mayUse(role, wanted) ? 'allowed' : 403);
      },
    );
  });

  it('covers every route of the API document', async () => {
    const { paths } = (await server.call('GET', '/v1/openapi.json')).json<{
      paths: Record<string, Record<string, unknown>>;
    }>();
    const documented = Object.values(paths).reduce((count, operations) => count + Object.keys(operations).length, 0);

    expect(documented).toBe(ROUTES.length + [STREAM].length);
  });

  it.each(['viewer', 'operator', 'admin'] as const)('keeps a token of role %s out of the stream', async (role) => {
    expect((await server.call('GET', STREAM)).statusCode).toBe(401);
    expect((await server.call('GET', STREAM, { as: tokens.get(role) as string })).statusCode).toBe(403);
  });

  it('keeps a token of one environment out of the others', async () => {
    const restricted = await server.token('operator', 'staging');
    const own = await server.call('PUT', '/v1/environments/staging/flags/a', { as: restricted, body: givenFlagBody() });
    const other = await server.call('GET', '/v1/environments/production/flags', { as: restricted });

    expect([own.statusCode, other.statusCode]).toEqual([201, 403]);
  });

  it.each(['', 'Bearer', 'Basic abc', 'Bearer hg_000000000000_wrong', `Bearer hg_000000000000_${'a'.repeat(43)}`])(
    'refuses the authorization %p',
    async (authorization) => {
      const { statusCode } = await server.call('GET', '/v1/tokens', { headers: { authorization } });

      expect(statusCode).toBe(401);
    },
  );

  it('shows a token once, lists it without its text, and refuses it after it was revoked', async () => {
    const admin = tokens.get('admin');
    const made = await server.call('POST', '/v1/tokens', { as: admin, body: { name: 'ci', role: 'viewer' } });
    const { token, id } = made.json<{ token: string; id: string }>();
    const before = await server.call('GET', '/v1/environments/production/flags', { as: token });
    const list = await server.call('GET', '/v1/tokens', { as: admin });
    const revoked = await server.call('DELETE', `/v1/tokens/${id}`, { as: admin });
    const after = await server.call('GET', '/v1/environments/production/flags', { as: token });
    const again = await server.call('DELETE', `/v1/tokens/${id}`, { as: admin });
    const malformed = await server.call('DELETE', '/v1/tokens/ci', { as: admin });

    expect(malformed.body).toContain('is no id of a token: list them with headgate token list');
    expect(token).toMatch(/^hg_[0-9a-f]{12}_[\w-]{43}$/);
    expect([made, before, revoked, after, again].map(({ statusCode }) => statusCode)).toEqual([
      201, 200, 204, 401, 404,
    ]);
    expect(list.body).not.toContain(token.slice(16));
    expect(list.body).not.toContain('hash');
  });

  it('stops a token that another server revoked within five seconds', async () => {
    const other = await givenServer({ database: server.config.mongodbDatabase });
    try {
      const token = await server.token('viewer');
      const id = token.split('_')[1] ?? '';
      const before = await server.call('GET', '/v1/environments/production/flags', { as: token });
      await other.call('DELETE', `/v1/tokens/${id}`, { as: tokens.get('admin') });
      const revokedAt = performance.now();
      // Servers keep a token for three seconds; the rest is patience with a busy machine.
      let status = before.statusCode;
      while (status === 200 && performance.now() - revokedAt < 25_000) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        status = (await server.call('GET', '/v1/environments/production/flags', { as: token })).statusCode;
      }

      expect(before.statusCode).toBe(200);
      expect(status).toBe(401);
    } finally {
      await other.close();
    }
  });

  it.each([
    [{ name: 'x', role: 'sdk' }, 'sdk tokens need an environment'],
    [{ name: 'x', role: 'client' }, 'client keys need an environment'],
    [{ name: 'x', role: 'king' }, 'roles are a closed set'],
    [{ role: 'viewer' }, 'a token has a name'],
  ])('refuses to create %p: %s', async (body: Record<string, unknown>, _why: string) => {
    const { statusCode } = await server.call('POST', '/v1/tokens', { as: tokens.get('admin'), body });

    expect(statusCode).toBe(400);
  });

  it('makes client keys, which no route of the API takes', async () => {
    const as = tokens.get('admin');
    const wish = { name: 'page', role: 'client', environment: 'production' };
    const { token } = (await server.call('POST', '/v1/tokens', { as, body: wish })).json<{ token: string }>();
    const calls: readonly (readonly ['GET' | 'POST', string])[] = [
      ['GET', '/v1/sdk/snapshot'],
      ['POST', '/v1/events'],
      ['GET', '/v1/environments/production/flags'],
      ['GET', '/v1/environments/production/segments'],
      ['GET', '/v1/tokens'],
    ];
    for (const [method, path] of calls) {
      const { statusCode, body } = await server.call(method, path, {
        as: token,
        body: method === 'POST' ? {} : undefined,
      });

      expect([path, statusCode]).toEqual([path, 403]);
      expect(body).toContain('client key');
      expect(body).not.toContain('rules');
    }
  });

  it('keeps a flag from clients unless it is marked for them', async () => {
    const as = tokens.get('operator');
    const path = '/v1/environments/production/flags';
    await server.call('PUT', `${path}/inner`, { as, body: givenFlagBody() });
    await server.call('PUT', `${path}/shown`, { as, body: givenFlagBody({ client: true }) });
    const [inner, shown] = await Promise.all(
      ['inner', 'shown'].map((key) => server.call('GET', `${path}/${key}`, { as })),
    );
    const history = await server.call('GET', `${path}/shown/history`, { as });

    expect(inner?.json<{ client?: boolean }>().client).toBeUndefined();
    expect(shown?.json()).toMatchObject({ client: true });
    expect(history.json<{ changes: unknown[] }[]>()[0]?.changes).toContainEqual({ field: 'client', after: true });
  });

  it('answers unknown routes as problems and sends no CORS headers', async () => {
    const unknown = await server.call('GET', '/v1/nowhere', { headers: { origin: 'https://evil.example' } });
    const preflight = await server.app.inject({
      method: 'OPTIONS',
      url: '/v1/tokens',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });

    expect(unknown.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    expect(preflight.statusCode).toBe(404);
    for (const { headers } of [unknown, preflight]) expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
