import type { Impact } from '../../../flags/lifecycle/impact';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

describe('what a flag touches', () => {
  let server: ServerUnderTest;
  let operator: string;
  const flags = '/v1/environments/impact/flags';

  beforeAll(async () => {
    server = await givenServer();
    operator = await server.token('operator');
    await put('pay', { modules: ['billing'], services: ['orders'] });
    await put('checkout', { prerequisites: [{ flag: 'pay', variants: ['on'] }] });
    await put('express', { prerequisites: [{ flag: 'checkout', variants: ['on'] }], modules: ['billing'] });
  });
  afterAll(() => server.close());

  const put = (key: string, change: Record<string, unknown> = {}) =>
    server.call('PUT', `${flags}/${key}`, { as: operator, body: givenFlagBody(change) });

  it('is answered with the paths, and kept from SDKs', async () => {
    const impact = (await server.call('GET', `${flags}/pay/impact`, { as: operator })).json<Impact>();
    expect(impact.dependents.map(({ path }) => path)).toEqual([
      ['pay', 'checkout'],
      ['pay', 'checkout', 'express'],
    ]);
    expect(impact.modules).toEqual([{ name: 'billing', flags: ['express'] }]);
    expect((await server.call('GET', `${flags}/nobody/impact`, { as: operator })).statusCode).toBe(404);
    const sdk = await server.token('sdk', 'impact');
    const snapshot = await server.call('GET', '/v1/sdk/snapshot', { as: sdk });
    expect(snapshot.statusCode).toBe(200);
    expect(snapshot.body).toContain('"pay"');
    expect(snapshot.body).not.toMatch(/billing|orders/);
  });

  it('keeps it from being archived, with each path, until nothing depends on it', async () => {
    const archive = (key: string) => server.call('DELETE', `${flags}/${key}?reason=old`, { as: operator });
    const refused = await archive('pay');
    expect(refused.statusCode).toBe(409);
    expect(refused.json()).toMatchObject({
      code: 'IN_USE',
      details: {
        usedBy: ['checkout'],
        paths: [
          ['pay', 'checkout'],
          ['pay', 'checkout', 'express'],
        ],
      },
    });
    expect(refused.body).toContain('pay → checkout → express');
    for (const key of ['express', 'checkout', 'pay']) expect((await archive(key)).statusCode).toBe(204);
  });
});
