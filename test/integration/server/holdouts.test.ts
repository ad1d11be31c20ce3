import { connectDatabase } from '../../../store/database';
import { givenFlagBody, givenRolloutBlock, givenServer, type ServerUnderTest } from '../../support/server-under-test';

const path = '/v1/environments/production/holdouts';

describe('holdouts of an environment', () => {
  let server: ServerUnderTest;
  let operator: string;
  let sdk: string;
  let url: string;

  beforeEach(async () => {
    server = await givenServer();
    operator = await server.token('operator');
    sdk = await server.token('sdk', 'production');
    // Remote evaluation answers on the socket, before the framework.
    url = await server.app.listen({ host: '127.0.0.1', port: 0 });
    const put = (key: string, more: object) =>
      server.call('PUT', `/v1/environments/production/flags/${key}`, {
        as: operator,
        body: givenFlagBody({ ...more }),
      });
    await put('checkout', { tags: ['growth'], owner: 'ada' });
    await put('search', {});
  });
  afterEach(() => server.close());

  const create = (body: object) => server.call('POST', path, { as: operator, body: { reason: 'to measure', ...body } });
  const evaluate = async (key: string, targetingKey: string) => {
    const response = await fetch(`${url}/ofrep/v1/evaluate/flags/${key}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sdk}`, 'content-type': 'application/json' },
      body: JSON.stringify({ context: { targetingKey } }),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as { variant: string; metadata?: Record<string, unknown> };
  };

  it('are created, listed, shown with the flags they cover, given other flags and ended', async () => {
    const created = await create({ key: 'year', weight: 2.5, covers: { tags: ['growth'] } });
    expect(created.statusCode).toBe(200);
    expect(created.json()).toMatchObject({ key: 'year', weight: 2.5, coveredFlags: ['checkout'], coveredCount: 1 });
    const again = await create({ key: 'year', weight: 2.5, covers: { tags: ['growth'] } });
    expect(again.json<{ salt: string }>().salt).toBe(created.json<{ salt: string }>().salt);
    const edited = await server.call('PUT', `${path}/year`, {
      as: operator,
      body: { covers: { all: true }, reason: 'all of them' },
    });
    expect(edited.json()).toMatchObject({ coveredFlags: ['checkout', 'search'] });
    const ended = await server.call('POST', `${path}/year/end`, { as: operator, body: { reason: 'measured' } });
    expect(ended.json()).toMatchObject({ coveredFlags: [], coveredCount: 0 });
    const listed = (await server.call('GET', path, { as: operator })).json<{ revision: number; holdouts: object[] }>();
    expect(listed).toMatchObject({ revision: 3, holdouts: [{ key: 'year', endedAt: expect.any(String) as string }] });
    const history = (await server.call('GET', '/v1/environments/production/holdout-history', { as: operator })).json<
      { action: string; reason: string }[]
    >();
    expect(history.map(({ action, reason }) => [action, reason])).toEqual([
      ['holdout.end', 'measured'],
      ['holdout.edit', 'all of them'],
      ['holdout.create', 'to measure'],
    ]);
    const audit = await server.call('GET', '/v1/environments/production/audit/verify', { as: operator });
    expect(audit.json()).toMatchObject({ ok: true, problems: [] });
  });

  it('refuse what fits nothing, naming the field', async () => {
    const refused = await create({ key: 'year', weight: 5, covers: { flags: ['nowhere'] } });
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain('covers.flags[0]');
    expect((await create({ key: 'year', weight: 5, covers: {} })).statusCode).toBe(400);
    expect((await create({ key: 'year', weight: 60, covers: { all: true } })).statusCode).toBe(400);
    const missing = await server.call('POST', `${path}/none/end`, { as: operator, body: { reason: 'x' } });
    expect(missing.json()).toMatchObject({ code: 'HOLDOUT_NOT_FOUND' });
  });

  it.each([{ tags: ['growth'] }, { owners: ['ada'] }])(
    'reach remote evaluation at once, and tell SDKs: %j',
    async (covers) => {
      await givenRolloutBlock(server, 'production/checkout');
      server.context.snapshots.invalidate('production');
      await create({ key: 'half', weight: 50, salt: 'fixed', covers });
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) => evaluate('checkout', `user-${index}`)),
      );
      const held = answers.filter(({ metadata }) => metadata?.['holdout'] === 'half');
      expect(held.length).toBeGreaterThan(5);
      expect(held.length).toBeLessThan(35);
      expect(held.map(({ variant }) => variant)).toEqual(held.map(() => 'off'));
      const snapshot = (await server.call('GET', '/v1/sdk/snapshot', { as: sdk })).json<object>();
      expect(snapshot).toMatchObject({ holdouts: { revision: 1, live: [{ key: 'half', weight: 50, salt: 'fixed' }] } });
      expect(JSON.stringify(snapshot)).not.toContain('"ada"');
      await server.call('POST', `${path}/half/end`, { as: operator, body: { reason: 'measured' } });
      const after = await Promise.all(Array.from({ length: 40 }, (_, index) => evaluate('checkout', `user-${index}`)));
      expect(after.filter(({ metadata }) => metadata?.['holdout'] !== undefined)).toEqual([]);
    },
  );

  it('let several writers through one after the other, each with its record', async () => {
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, index) => create({ key: `h${index}`, weight: 1, covers: { all: true } })),
    );
    expect(all.map(({ statusCode }) => statusCode)).toEqual(all.map(() => 200));
    expect(await server.context.holdouts.verify('production')).toEqual({ records: 6, problems: [] });
  });

  it('show which one was changed behind its back, also when others have been changed since', async () => {
    await create({ key: 'year', weight: 5, covers: { all: true } });
    await create({ key: 'quarter', weight: 5, covers: { all: true } });
    const database = await connectDatabase({ url: server.config.mongodbUrl, name: server.config.mongodbDatabase });
    const sets = database.db.collection<{ holdouts: { key: string; weight: number }[] }>('holdouts');
    const { holdouts = [] } = (await sets.findOne({ environment: 'production' })) ?? {};
    const tampered = holdouts.map((holdout) => (holdout.key === 'year' ? { ...holdout, weight: 6 } : holdout));
    await sets.updateOne({ environment: 'production' }, { $set: { holdouts: tampered } });
    await database.close();
    const audit = await server.call('GET', '/v1/environments/production/audit/verify', { as: operator });
    expect(audit.json()).toMatchObject({
      ok: false,
      problems: [
        {
          holdoutsId: 'production/holdouts',
          revision: 2,
          problem: 'the document is not what the records of the holdouts say: year',
        },
      ],
    });
  });
});
