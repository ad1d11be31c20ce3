import { Client, Connection } from '@temporalio/client';
import { connectDatabase } from '../../../store/database';
import type { FlagView } from '../../../flags/edit/flag-input';
import { scheduledChangeWorkflowId } from '../../../workflows/scheduled/messages';
import { DEAD_ADDRESS, givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';
import { OperatedServer, newEnvironmentPath } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';

interface Scheduled {
  readonly id: string;
  readonly status: string;
  readonly outcome: {
    readonly code?: string;
    readonly text: string;
    readonly revision?: number;
    rolloutId?: string;
    experimentId?: string;
  };
}

const PLAN = { flag: 'checkout', candidate: 'on', steps: [{ weight: 10, bake: '1h' }] };

/** Moves what is kept of changes into the past. */
async function shiftDueAt({ config }: ServerUnderTest, ids: readonly string[], dueAt: string): Promise<void> {
  const database = await connectDatabase({ url: config.mongodbUrl, name: config.mongodbDatabase });
  const changes = database.db.collection<{ _id: string; dueAt: string }>('scheduled_changes');
  const moved = await changes.updateMany({ _id: { $in: [...ids] } }, { $set: { dueAt } });
  await database.close();
  expect(moved.modifiedCount).toBe(ids.length);
}

describe('scheduled changes', () => {
  const base = newEnvironmentPath();
  const env = base.split('/').at(-1) as string;
  let operated: OperatedServer;
  let server: ServerUnderTest;
  let operator: string;

  beforeAll(async () => {
    operated = await OperatedServer.open('scheduled');
    ({ server, operator } = operated);
  });
  afterAll(() => operated.close());

  const inMs = (ms: number): string => new Date(server.context.databaseNowMs() + ms).toISOString();
  const givenFlag = (key: string, body: Record<string, unknown> = {}) => operated.createFlag(base, key, body);
  const ask = (key: string, body: Record<string, unknown>, as = operator) =>
    server.call('POST', `${base}/flags/${key}/scheduled-changes`, { as, body: { reason: 'a test', ...body } });
  const given = async (key: string, body: Record<string, unknown>, as = operator): Promise<string> => {
    const response = await ask(key, body, as);
    expect(response.statusCode).toBe(201);
    return response.json<Scheduled>().id;
  };
  const read = async (id: string): Promise<Scheduled> =>
    (await operated.get(`${base}/scheduled-changes/${id}`)).json<Scheduled>();
  const flagOf = async (key: string): Promise<FlagView> =>
    (await operated.get(`${base}/flags/${key}`)).json<FlagView>();
  const ended = (id: string): Promise<Scheduled> =>
    pollUntil(
      () => read(id),
      ({ status }) => !['scheduled', 'making'].includes(status),
    );

  it('switches a flag at its time, in the name of who asked, with its id on the record', async () => {
    await givenFlag('switched');
    const id = await given('switched', { at: inMs(2_000), change: { kind: 'switch', enabled: false } });
    expect(await flagOf('switched')).toMatchObject({ enabled: true });

    expect(await ended(id)).toMatchObject({ status: 'made', outcome: { revision: 2 } });
    const [record] = await server.context.decisions.byFlag(`${env}/switched`);
    expect(record).toMatchObject({
      action: 'flag.off',
      scheduledChange: id,
      actor: { kind: 'token', name: 'operator-token', verified: true },
      reason: 'a test',
    });
    expect((await server.context.decisions.verify(`${env}/switched`)).problems).toEqual([]);
  });

  it('lists what waits, soonest first, and takes it back; what was taken back is never made', async () => {
    await givenFlag('listed');
    const late = await given('listed', { at: inMs(3_600_000), change: { kind: 'archive' } });
    const soon = await given('listed', { at: inMs(3_000), change: { kind: 'switch', enabled: false } });
    const list = await operated.get(`${base}/scheduled-changes?flag=listed`);
    expect(list.json<Scheduled[]>().map(({ id }) => id)).toEqual([soon, late]);

    const taken = await server.call('DELETE', `${base}/scheduled-changes/${soon}?reason=changed`, { as: operator });
    expect(taken.json()).toMatchObject({ status: 'cancelled', outcome: { by: 'operator-token' } });
    const again = await server.call('DELETE', `${base}/scheduled-changes/${soon}?reason=changed`, { as: operator });
    expect([again.statusCode, again.json<{ code: string }>().code]).toEqual([409, 'SCHEDULED_CHANGE_ENDED']);

    const client = new Client({ connection: await Connection.connect({ address: server.config.temporalAddress }) });
    const workflow = client.workflow.getHandle(scheduledChangeWorkflowId(env, 'listed', soon));
    expect(await workflow.result()).toMatchObject({ status: 'cancelled' });
    expect(await flagOf('listed')).toMatchObject({ enabled: true, revision: 1 });

    // From the Web UI it can be cancelled too.
    await client.workflow.getHandle(scheduledChangeWorkflowId(env, 'listed', late)).cancel();
    expect(await ended(late)).toMatchObject({
      status: 'cancelled',
      outcome: { text: 'its workflow was cancelled in Temporal' },
    });
    await client.connection.close();
  });

  it('writes a document over the revision it was made for, and none over another', async () => {
    await givenFlag('edited');
    const flag = givenFlagBody({ defaultVariant: 'on' });
    const overtaken = await given('edited', { at: inMs(4_000), change: { kind: 'edit', flag } });
    const first = await given('edited', { at: inMs(1_000), change: { kind: 'edit', flag } });

    expect(await ended(first)).toMatchObject({ status: 'made', outcome: { revision: 2 } });
    expect(await ended(overtaken)).toMatchObject({ status: 'conflict', outcome: { code: 'REVISION_CONFLICT' } });
    expect(await flagOf('edited')).toMatchObject({ defaultVariant: 'on', revision: 2 });
  });

  it('creates a flag that there is none of yet, and archives one', async () => {
    const made = await given('born', { at: inMs(1_000), change: { kind: 'edit', flag: givenFlagBody() } });
    expect(await ended(made)).toMatchObject({ status: 'made', outcome: { revision: 1 } });
    const gone = await given('born', { at: inMs(1_000), change: { kind: 'archive' } });
    expect(await ended(gone)).toMatchObject({ status: 'made' });
    expect((await operated.get(`${base}/flags/born`)).statusCode).toBe(404);
  });

  it('makes nothing for a token that was revoked meanwhile', async () => {
    await givenFlag('revoked');
    const admin = await server.token('admin');
    const leaving = await server.call('POST', '/v1/tokens', { as: admin, body: { name: 'bob', role: 'operator' } });
    const { token, id: tokenId } = leaving.json<{ token: string; id: string }>();
    const id = await given('revoked', { at: inMs(2_000), change: { kind: 'switch', enabled: false } }, token);
    await server.call('DELETE', `/v1/tokens/${tokenId}`, { as: admin });

    expect(await ended(id)).toMatchObject({ status: 'refused', outcome: { code: 'PERMISSION_DENIED' } });
    expect(await flagOf('revoked')).toMatchObject({ enabled: true, revision: 1 });
  });

  it('starts a rollout that outlives it, and none over another that is live', async () => {
    await givenFlag('checkout');
    const id = await given('checkout', { at: inMs(1_000), change: { kind: 'rollout', plan: PLAN } });
    const other = { ...PLAN, steps: [{ weight: 20, bake: '1h' }] };
    const refused = await given('checkout', { at: inMs(6_000), change: { kind: 'rollout', plan: other } });
    const same = await given('checkout', { at: inMs(6_000), change: { kind: 'rollout', plan: PLAN } });

    const made = await ended(id);
    expect(made.status).toBe('made');
    expect(made.outcome.rolloutId).toMatch(/^checkout-/);
    expect(await ended(refused)).toMatchObject({ status: 'conflict', outcome: { code: 'ROLLOUT_LIVE' } });
    expect(await ended(same)).toMatchObject({ status: 'made', outcome: { rolloutId: made.outcome.rolloutId } });
    const aborted = await server.call('POST', `${base}/rollouts/checkout/messages/abort`, {
      as: operator,
      body: { reason: 'a test' },
    });
    expect(aborted.json()).toMatchObject({ accepted: true });
  });

  it('starts an experiment of a flag that is switched on until then, and none over another that is live', async () => {
    await givenFlag('button', { enabled: false });
    const experiment = {
      flag: 'button',
      treatments: ['on'],
      metrics: [
        { name: 'failed', kind: 'error_rate' },
        { name: 'errors', kind: 'error_rate', role: 'guardrail', margin: '1pp' },
      ],
      duration: '1d',
    };
    const on = await given('button', { at: inMs(500), change: { kind: 'switch', enabled: true } });
    const id = await given('button', { at: inMs(3_000), change: { kind: 'experiment', experiment } });
    const other = { ...experiment, traffic: 50 };
    const refused = await given('button', { at: inMs(9_000), change: { kind: 'experiment', experiment: other } });
    const same = await given('button', { at: inMs(9_000), change: { kind: 'experiment', experiment } });
    const rollout = { ...PLAN, flag: 'button' };
    const afterwards = await given('button', { at: inMs(9_000), change: { kind: 'rollout', plan: rollout } });
    const misfit = { ...experiment, treatments: ['purple'] };
    const never = await ask('button', { at: inMs(9_000), change: { kind: 'experiment', experiment: misfit } });
    expect([never.statusCode, never.json<{ code: string }>().code]).toEqual([422, 'INVALID_PLAN']);

    expect(await ended(on)).toMatchObject({ status: 'made' });
    const made = await ended(id);
    expect(made).toMatchObject({
      status: 'made',
      outcome: { experimentId: expect.stringMatching(/^button-/) as string },
    });
    const { experimentId } = made.outcome;
    expect(await ended(refused)).toMatchObject({ status: 'conflict', outcome: { code: 'ROLLOUT_LIVE' } });
    expect(await ended(same)).toMatchObject({ status: 'made', outcome: { experimentId } });
    expect(await ended(afterwards)).toMatchObject({ status: 'conflict', outcome: { code: 'ROLLOUT_LIVE' } });
    const readIt = async () => (await operated.get(`${base}/experiments/${experimentId}`)).json<{ phase: string }>();
    await pollUntil(readIt, ({ phase }) => phase === 'running');
    const abort = { as: operator, body: { reason: 'a test' } };
    const aborted = await server.call('POST', `${base}/experiments/button/messages/abort`, abort);
    expect(aborted.json()).toMatchObject({ accepted: true });
  });

  it('makes an overdue change once when workers are back, unless it has expired by then', async () => {
    await givenFlag('overdue');
    await givenFlag('expired');
    await operated.rest();
    const late = await given('overdue', { at: inMs(500), change: { kind: 'switch', enabled: false } });
    const tooLate = await given('expired', {
      at: inMs(500),
      expiresAfter: '1m',
      change: { kind: 'switch', enabled: false },
    });
    // As if workers had been gone for an hour: what is kept decides, and not what the workflow was told.
    const dueAt = inMs(-3_600_000);
    await shiftDueAt(server, [late, tooLate], dueAt);
    await operated.work();

    expect(await ended(late)).toMatchObject({ status: 'made' });
    expect(await ended(tooLate)).toMatchObject({ status: 'expired' });
    expect(await flagOf('overdue')).toMatchObject({ enabled: false, revision: 2 });
    expect(await flagOf('expired')).toMatchObject({ enabled: true, revision: 1 });
  });

  it.each([
    ['a time that has passed', { at: '2020-01-01T00:00:00Z' }, 'has passed'],
    ['a time without zone', { at: '2030-01-01T00:00:00' }, 'at'],
    ['a time beyond a year', { at: '2120-01-01T00:00:00Z' }, 'the longest is 366d'],
    ['an expiry of no time', { expiresAfter: '1s' }, '1m to 30d'],
  ])('refuses %s', async (_what, body, told) => {
    const response = await ask('switched', { at: inMs(60_000), change: { kind: 'switch', enabled: true }, ...body });
    expect(response.statusCode).toBe(400);
    expect(response.body).toContain(told);
  });

  it('refuses now what would be refused then: a flag that is not there, a document or plan that does not fit', async () => {
    const at = inMs(60_000);
    const missing = await ask('nowhere', { at, change: { kind: 'switch', enabled: true } });
    const broken = await ask('switched', {
      at,
      change: { kind: 'edit', flag: givenFlagBody({ defaultVariant: 'no' }) },
    });
    const stale = await ask('switched', { at, change: { kind: 'edit', flag: givenFlagBody({ revision: 1 }) } });
    const plan = await ask('checkout', { at, change: { kind: 'rollout', plan: { ...PLAN, candidate: 'purple' } } });
    const codes = [missing, broken, stale, plan].map((response) => response.json<{ code: string }>().code);
    expect(codes).toEqual(['FLAG_NOT_FOUND', 'INVALID_FLAG', 'REVISION_CONFLICT', 'INVALID_PLAN']);
  });

  it('takes twenty for a flag and no more', async () => {
    await givenFlag('many');
    for (let count = 0; count < 20; count += 1)
      await given('many', { at: inMs(3_600_000), change: { kind: 'archive' } });
    expect((await ask('many', { at: inMs(3_600_000), change: { kind: 'archive' } })).statusCode).toBe(400);
  });

  it('schedules nothing while Temporal is down, and still takes back what waits', async () => {
    await givenFlag('down');
    const id = await given('down', { at: inMs(3_600_000), change: { kind: 'archive' } });
    const lone = await givenServer({ database: server.config.mongodbDatabase, temporalAddress: DEAD_ADDRESS });
    try {
      const url = `${base}/flags/down/scheduled-changes`;
      const body = { at: inMs(3_600_000), reason: 'a test', change: { kind: 'archive' } };
      const refused = await lone.call('POST', url, { as: operator, body });
      expect(refused.json()).toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });
      const list = await lone.call('GET', `${base}/scheduled-changes?flag=down`, { as: operator });
      expect(list.json<Scheduled[]>().map((each) => each.id)).toEqual([id]);
      const taken = await lone.call('DELETE', `${base}/scheduled-changes/${id}?reason=changed`, { as: operator });
      expect(taken.json()).toMatchObject({ status: 'cancelled' });
    } finally {
      await lone.close();
    }
  });
});
