import { resolveGroup } from '../../../flags/group/resolve-group';
import { startGroup } from '../../../server/groups/start-group';
import type { ServerContext } from '../../../server/context';
import { newEnvironmentPath, OperatedServer } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';
import type { GroupStatus } from '../../../workflows/group/status';

describe('groups through the API', () => {
  let operated: OperatedServer;
  let base: string;

  beforeAll(async () => {
    operated = await OperatedServer.open('group');
  });
  afterAll(() => operated.close());
  beforeEach(async () => {
    base = newEnvironmentPath();
    await operated.createFlag(base, 'low');
    await operated.createFlag(base, 'high', { prerequisites: [{ flag: 'low', variants: ['on', 'off'] }] });
  });

  const plan = (flag: string) => ({ flag, candidate: 'on', steps: [{ weight: 10, bake: '1h' }] });
  const group = (change: object = {}) => ({
    key: 'two',
    members: [{ plan: plan('high') }, { plan: plan('low') }],
    ...change,
  });
  const post = (path: string, body: Record<string, unknown>) => operated.post(`${base}/${path}`, body);
  const get = async <T>(path: string): Promise<T> => (await operated.get(`${base}/${path}`)).json<T>();
  const until = (wanted: (status: GroupStatus) => boolean): Promise<GroupStatus> =>
    pollUntil(
      () => get<GroupStatus>('groups/two'),
      (status) => status.members !== undefined && wanted(status),
    );

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
    await pollUntil(
      async () =>
        (await post('rollouts/low/messages/promote', { reason: 'known', full: true, force: true })).statusCode,
      (statusCode) => statusCode === 200,
    );
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
    expect(await get('audit/verify')).toMatchObject({ problems: [] });
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

  it('refuses one of two groups that share a member and start at the same moment, and nothing of it has begun', async () => {
    const { context } = operated.server;
    const environment = base.split('/').at(-1) as string;
    // Both have passed every check before either goes on: the worst moment there is.
    let waiting = 0;
    let release: () => void = () => undefined;
    const bothChecked = new Promise<void>((resolve) => (release = resolve));
    const workflows = Object.create(context.workflows, {
      find: {
        value: async (target: Parameters<ServerContext['workflows']['find']>[0]) => {
          const found = await context.workflows.find(target);
          if (target.flagKey !== 'low') return found;
          if ((waiting += 1) === 2) release();
          await bothChecked;
          return found;
        },
      },
    }) as ServerContext['workflows'];
    const caller = { tokenId: 't', name: 'alice', role: 'operator' as const, environment: null };
    const startOf = (key: string) =>
      startGroup({ ...context, workflows }, resolveGroup(group({ key }), { environment }), { again: false }, caller);
    const starts = await Promise.allSettled([startOf('one'), startOf('other')]);
    const won = starts.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const lost = starts.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(won).toMatchObject([{ outcome: 'started' }]);
    expect(lost).toMatchObject([{ code: 'GROUP_LIVE', details: { groupId: won[0]?.groupId } }]);
    expect((await get<GroupStatus[]>('groups')).map(({ groupId }) => groupId)).toEqual([won[0]?.groupId]);
    const refusedKey = starts[0].status === 'rejected' ? 'one' : 'other';
    expect(await context.groupWorkflows.find(environment, refusedKey)).toBeNull();
    await post(`groups/${won[0]?.groupId}/messages/abort`, { reason: 'enough' });
  });

  it('lets a flag go into another group once its own has ended', async () => {
    await post('groups', { group: group({ approval: true }) });
    await post('groups/two/messages/abort', { reason: 'not today' });
    const ended = await until(({ outcome }) => outcome !== null);
    expect(ended.members).toMatchObject([
      { flag: 'low', state: 'skipped', summary: 'not started: aborted by operator-token: not today' },
      { flag: 'high', state: 'skipped' },
    ]);
    const next = await post('groups', { group: group({ key: 'next', approval: true }) });
    expect(next.statusCode).toBe(201);
    await post('groups/next/messages/abort', { reason: 'enough' });
  });

  it('is listed and takes messages while no worker runs', async () => {
    await operated.rest();
    const started = (await post('groups', { group: group({ approval: true }) })).json<{ groupId: string }>();
    const listed = await get<GroupStatus[]>('groups');
    const shown = await get<GroupStatus>('groups/two');
    const queued = await post('groups/two/messages/abort', { reason: 'never mind' });
    await operated.work();
    const ended = await until(({ outcome }) => outcome !== null);
    expect(listed).toMatchObject([{ groupId: started.groupId, phase: 'waiting', waitingFor: 'approval' }]);
    expect(shown).toMatchObject({
      groupId: started.groupId,
      fromProjection: true,
      members: [{ flag: 'low', state: 'pending' }, {}],
    });
    expect(queued.statusCode).toBe(202);
    expect(ended).toMatchObject({ groupId: started.groupId, outcome: 'aborted' });
  });

  it('shows what members have come to that go on after their group was ended from outside', async () => {
    const environment = base.split('/').at(-1) as string;
    const { rolloutId } = (await post('rollouts', { plan: plan('low') })).json<{ rolloutId: string }>();
    const live = { flag: 'low', candidate: 'on', rolloutId, after: [], summary: 'goes on', takenBack: null };
    // As the reconciler leaves a group whose workflow was terminated.
    await operated.server.context.groups.save({
      _id: `left-${environment}`,
      environment,
      key: 'two',
      identity: 'left',
      phase: 'aborted',
      outcome: 'aborted',
      waitingFor: null,
      summary: 'its workflow was ended from outside',
      members: [{ ...live, state: 'detached' }],
      record: [],
      startedAt: new Date().toISOString(),
      startedBy: 'alice',
      version: 1,
    });
    const before = await get<GroupStatus>('groups/two');
    await post('rollouts/low/messages/abort', { reason: 'enough' });
    const after = await until(({ members }) => members[0]?.state !== 'detached');
    expect(before.members).toMatchObject([{ state: 'detached', summary: 'goes on' }]);
    expect(after.members).toMatchObject([
      { state: 'aborted', summary: expect.stringContaining('by itself, after its group: ') as string },
    ]);
  });
});
