import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

describe('segment routes', () => {
  let server: ServerUnderTest;
  let operator: string;
  const base = '/v1/environments/production';
  const staff = { if: { attribute: 'email', operator: 'ends_with', value: '@example.com' } };

  beforeAll(async () => {
    server = await givenServer();
    operator = await server.token('operator');
  });
  afterAll(() => server.close());

  const put = (key: string, body: Record<string, unknown>, headers = {}) =>
    server.call('PUT', `${base}/segments/${key}`, { as: operator, body, headers });
  const remove = (key: string, headers = {}) =>
    server.call('DELETE', `${base}/segments/${key}`, { as: operator, headers });

  it('creates, edits by compare-and-swap, reads and lists', async () => {
    const created = await put('staff', staff);
    const edited = await put('staff', { ...staff, description: 'us' }, { 'if-match': '"1"' });
    const stale = await put('staff', { ...staff, revision: 1 });
    const read = await server.call('GET', `${base}/segments/staff`, { as: operator });
    const list = await server.call('GET', `${base}/segments`, { as: operator });

    expect([created, edited, stale, read].map(({ statusCode }) => statusCode)).toEqual([201, 200, 409, 200]);
    expect(read.json()).toMatchObject({ environment: 'production', key: 'staff', revision: 2, description: 'us' });
    expect(list.json()).toHaveLength(1);
  });

  it('refuses circles, segments that are not there and keys that differ', async () => {
    await put('inner', staff);
    await put('outer', { if: { segment: 'inner' } });
    const circle = await put('inner', { if: { segment: 'outer' } });
    const missing = await put('lost', { if: { segment: 'nowhere' } });
    const renamed = await put('inner', { ...staff, key: 'outer' });

    expect([circle, missing, renamed].map(({ statusCode }) => statusCode)).toEqual([400, 400, 400]);
    expect(circle.json<{ message: string }>().message).toContain('circle');
  });

  it('takes a list of a hundred thousand ids', async () => {
    const ids = Array.from(
      { length: 100_000 },
      (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    );
    const listed = await put('listed', { if: { attribute: 'targetingKey', operator: 'in', value: ids } });
    expect([listed.statusCode, listed.json<{ revision: number }>().revision]).toEqual([201, 1]);
  });

  it('deletes only what nothing names', async () => {
    await put('used', staff);
    await server.call('PUT', `${base}/flags/uses-it`, {
      as: operator,
      body: givenFlagBody({ rules: [{ name: 'r', if: { segment: 'used' }, serve: { variant: 'on' } }] }),
    });
    const refused = await remove('used');
    await server.call('DELETE', `${base}/flags/uses-it?reason=old`, { as: operator });
    const stale = await remove('used', { 'if-match': '"7"' });
    const removed = await remove('used');
    const gone = await remove('used');

    expect(refused.json()).toMatchObject({ code: 'IN_USE', details: { usedBy: ['uses-it'] } });
    expect([stale, removed, gone].map(({ statusCode }) => statusCode)).toEqual([409, 204, 404]);
  });
});
