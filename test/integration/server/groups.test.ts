import { randomUUID } from 'node:crypto';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';
import { givenWorker } from '../../support/worker-under-test';
import type { GroupStatus } from '../../../workflows/group/status';

describe('groups through the API', () => {
  let server: ServerUnderTest;
  let operator: string;
  let base: string;
  const taskQueue = `group-${randomUUID().slice(0, 8)}`;
  let stopWorker: () => Promise<void>;

  beforeAll(async () => {
    server = await givenServer({ taskQueue });
    operator = await server.token('operator');
    stopWorker = await givenWorker(server.config, taskQueue);
  });
  afterAll(async () => {
    await stopWorker();
    await server.close();
  });
  beforeEach(async () => {
    base = `/v1/environments/e-${randomUUID().slice(0, 8)}`;
    await server.call('PUT', `${base}/flags/low`, { as: operator, body: givenFlagBody() });
    const prerequisites = [{ flag: 'low', variants: ['on', 'off'] }];
    await server.call('PUT', `${base}/flags/high`, { as: operator, body: givenFlagBody({ prerequisites }) });
  });

  const plan = (flag: string) => ({ flag, candidate: 'on', steps: [{ weight: 10, bake: '1h' }] });
  const group = (change: object = {}) => ({
    key: 'two',
    members: [{ plan: plan('high') }, { plan: plan('low') }],
    ...change,
  });
  const post = (path: string, body: Record<string, unknown>) =>
    server.call('POST', `${base}/${path}`, { as: operator, body });
  async function until(wanted: (status: GroupStatus) => boolean): Promise<GroupStatus> {
    for (let waitedMs = 0; ; waitedMs += 100) {
      const status = (await server.call('GET', `${base}/groups/two`, { as: operator })).json<GroupStatus>();
      if (status.members !== undefined && wanted(status)) return status;
      if (waitedMs > 60_000) throw new Error(`not in time: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('orders by prerequisites, waits for the signed approval, and takes back in reverse on abort', async () => {
    const dry = await post('groups', { group: group(), dryRun: true });
    expect(dry.json()).toMatchObject({ outcome: 'dry_run', levels: [['low'], ['high']] });
    const started = await post('groups', { group: group({ approval: true }) });
    expect([started.statusCode, started.json<{ outcome: string }>().outcome]).toEqual([201, 'started']);
    await until(({ waitingFor }) => waitingFor === 'approval');
    expect((await post('groups', { group: group({ approval: true }) })).json()).toMatchObject({ outcome: 'attached' });
    expect((await post('groups', { group: group() })).json()).toMatchObject({ code: 'GROUP_LIVE' });
    expect((await post('groups', { group: group({ key: 'other' }) })).json()).toMatchObject({ code: 'GROUP_LIVE' });
    expect((await post('groups/two/messages/approve', { reason: 'go' })).json()).toMatchObject({ accepted: true });
    await until(({ members }) => members[0]?.state === 'live');
    for (let tries = 0; tries < 300; tries += 1) {
      const forced = await post('rollouts/low/messages/promote', { reason: 'known', full: true, force: true });
      if (forced.statusCode === 200) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await until(({ members }) => members[1]?.state === 'live');
    expect((await post('groups/two/messages/abort', { reason: 'enough' })).json()).toMatchObject({ accepted: true });
    const ended = await until(({ outcome }) => outcome !== null);
    expect(ended).toMatchObject({
      outcome: 'aborted',
      members: [
        { flag: 'low', state: 'completed', takenBack: 'taken_back' },
        { flag: 'high', state: 'aborted', takenBack: null },
      ],
    });
    expect((await server.call('GET', `${base}/audit/verify`, { as: operator })).json()).toMatchObject({ problems: [] });
    expect((await post('groups/two/messages/abort', { reason: 'late' })).json()).toMatchObject({
      code: 'MESSAGE_REJECTED',
    });
    expect((await post('groups', { group: group({ approval: true }) })).json()).toMatchObject({ outcome: 'finished' });
  });

  it('refuses circles, and members that have a live rollout', async () => {
    const circle = [{ plan: plan('high') }, { plan: plan('low'), after: ['high'] }];
    const refused = await post('groups', { group: group({ members: circle }) });
    expect(refused.json()).toMatchObject({ code: 'INVALID_PLAN' });
    expect(refused.body).toContain('high → low → high');
    await post('rollouts', { plan: plan('low') });
    expect((await post('groups', { group: group() })).json()).toMatchObject({ code: 'ROLLOUT_LIVE' });
  });
});
