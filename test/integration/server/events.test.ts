import { randomUUID } from 'node:crypto';
import { givenFlagBody, givenRolloutBlock, givenServer, type ServerUnderTest } from '../../support/server-under-test';

describe('events through two servers', () => {
  let one: ServerUnderTest;
  let two: ServerUnderTest;
  let sdk: string;
  let rollout: string;

  beforeAll(async () => {
    one = await givenServer({ sink: 'real' });
    two = await givenServer({ sink: 'real', database: one.config.mongodbDatabase });
    sdk = await one.token('sdk', 'production');
    // Its snapshot is read before the rollout begins: it must look again when it hears of the rollout from an event.
    await two.call('GET', '/v1/sdk/snapshot', { as: sdk });
    const operator = await one.token('operator');
    await one.call('PUT', '/v1/environments/production/flags/checkout', { as: operator, body: givenFlagBody() });
    rollout = await givenRolloutBlock(one, 'production/checkout');
  });
  afterAll(() => Promise.all([one.close(), two.close()]));

  const batch = (overrides: Record<string, unknown> = {}): Record<string, unknown> => {
    const now = Date.now();
    const exposed = { flag: 'checkout', rollout, variant: 'on', transition: 1, cell: 3, ...overrides };
    return {
      batchId: randomUUID(),
      createdAt: now,
      events: [
        { kind: 'exposure', ...exposed, at: now },
        { kind: 'outcome', name: 'request', ...exposed, exposedAt: now, value: 120, error: false, first: true },
      ],
    };
  };
  const post = (server: ServerUnderTest, body: unknown) => server.call('POST', '/v1/events', { as: sdk, body });

  it('counts a rollout that began a moment ago elsewhere, and a repeated batch once', async () => {
    const body = batch();
    const first = await post(two, body);
    const repeated = await post(one, body);

    expect([first.statusCode, repeated.statusCode]).toEqual([202, 202]);
    expect(first.json()).toEqual({ accepted: 2, duplicate: false, ignored: 0 });
    expect(repeated.json()).toMatchObject({ duplicate: true });
  });

  it('ignores events of rollouts that do not live', async () => {
    const response = await post(one, batch({ rollout: 'checkout-xxxxxxxx' }));

    expect(response.json()).toEqual({ accepted: 0, duplicate: false, ignored: 2 });
  });

  it('refuses a batch that is older than batch ids are remembered', async () => {
    const response = await post(one, { ...batch(), createdAt: Date.now() - 25 * 3_600_000 });

    expect(response.statusCode).toBe(422);
    expect(response.json()).toMatchObject({ code: 'BATCH_TOO_OLD' });
  });
});
