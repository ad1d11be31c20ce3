import { OperatedServer, newEnvironmentPath } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';

interface Status {
  readonly rolloutId: string;
  readonly phase: string;
  readonly weight: number;
  readonly summary: string;
  readonly fromProjection?: true;
}

describe('steering rollouts through the API', () => {
  let operated: OperatedServer;
  let base: string;

  beforeAll(async () => {
    operated = await OperatedServer.open('steer');
  });
  afterAll(() => operated.close());
  beforeEach(async () => {
    base = newEnvironmentPath();
    await operated.createFlag(base, 'checkout');
  });

  const plan = {
    flag: 'checkout',
    candidate: 'on',
    steps: [
      { weight: 10, bake: '1h' },
      { weight: 50, bake: '1h' },
    ],
  };
  const start = (body: Record<string, unknown> = {}) => operated.post(`${base}/rollouts`, { plan, ...body });
  const send = (name: string, body: Record<string, unknown> = {}) =>
    operated.post(`${base}/rollouts/checkout/messages/${name}`, { reason: `a test of ${name}`, ...body });
  const statusOf = async (id = 'checkout'): Promise<Status> =>
    (await operated.get(`${base}/rollouts/${id}`)).json<Status>();

  const until = (wanted: (status: Status) => boolean, id?: string): Promise<Status> =>
    pollUntil(() => statusOf(id), wanted, 20_000);

  it('excludes no segment that is not there, which would protect nobody', async () => {
    await start();
    await until(({ weight }) => weight === 10);
    const refused = await send('exclude', { segment: 'eu' });
    await operated.server.call('PUT', `${base}/segments/eu`, {
      as: operated.operator,
      body: { if: { attribute: 'country', operator: 'in', value: ['DE'] } },
    });
    const accepted = await send('exclude', { segment: 'eu' });

    expect(refused.statusCode).toBe(404);
    expect(refused.json()).toMatchObject({ code: 'SEGMENT_NOT_FOUND' });
    expect(accepted.json()).toMatchObject({ accepted: true });
    await send('abort');
  });

  it('answers the message that ended a rollout again to a sender who repeats it, and no other', async () => {
    await start();
    await until(({ weight }) => weight === 10);
    const first = await send('abort', { id: 'the-end-of-it' });
    await until(({ phase }) => phase === 'aborted');
    const again = await send('abort', { id: 'the-end-of-it' });
    const another = await send('abort', { id: 'another-end-of-it' });

    expect([first.statusCode, again.statusCode, another.statusCode]).toEqual([200, 200, 409]);
    expect(again.json()).toEqual(first.json());
    expect(another.json()).toMatchObject({ code: 'MESSAGE_REJECTED' });
  });

  it('answers messages with their effect, signed with the sender, and tells the story', async () => {
    const { rolloutId } = (await start()).json<{ rolloutId: string }>();
    const live = await until(({ weight }) => weight === 10);
    const paused = await send('pause');
    const rejected = await send('promote');
    const resumed = await send('resume');
    const lowered = await send('setWeight', { weight: 2 });
    const aborted = await send('abort');
    const ended = await until(({ phase }) => phase === 'aborted', rolloutId);
    const timeline = await operated.get(`${base}/rollouts/${rolloutId}/timeline`);
    const late = await send('pause');

    expect(live).not.toHaveProperty('fromProjection');
    expect(paused.json()).toMatchObject({ accepted: true, state: 'paused' });
    expect(rejected.json()).toMatchObject({ code: 'MESSAGE_REJECTED' });
    expect(rejected.statusCode).toBe(409);
    expect(resumed.json()).toMatchObject({ accepted: true });
    expect(lowered.json()).toMatchObject({ accepted: true, weight: 2 });
    expect(aborted.json()).toMatchObject({ accepted: true });
    expect(ended).toMatchObject({ rolloutId, phase: 'aborted', weight: 0 });
    const entries = timeline.json<{ action: string; weight: number; actor: { name: string; verified: boolean } }[]>();
    expect(entries.map(({ action, weight }) => `${action} ${weight}`)).toEqual([
      'rollout.start 10',
      'rollout.lower 2',
      'rollout.abort 0',
    ]);
    expect(entries[1]?.actor).toMatchObject({ kind: 'token', name: 'operator-token', verified: true });
    expect(late.json()).toMatchObject({ code: 'MESSAGE_REJECTED' });
  });

  it('records at the start what is predicted of the change, from what was sent along', async () => {
    const values = { 'change.la': 4_000, 'change.nf': 60, 'change.ns': 9, 'change.exp': null };
    const { rolloutId } = (await start({ features: { catalogueVersion: 1, values } })).json<{ rolloutId: string }>();
    await until(({ weight }) => weight === 10);
    const timeline = await operated.get(`${base}/rollouts/${rolloutId}/timeline`);
    await send('abort');
    const evidence = ['FAILURE_PREDICTED', 'FEATURES_KNOWN', 'FEATURES_MISSING'].map(
      (code) => expect.objectContaining({ code }) as unknown,
    );
    expect(timeline.json<unknown[]>()[0]).toMatchObject({ action: 'rollout.start', evidence });
    expect(timeline.body).toContain('the shipped model predicts failure');
    const unknown = await start({ features: { catalogueVersion: 1, values: { 'mood.of.author': 1 } } });
    expect([unknown.statusCode, unknown.body]).toEqual([400, expect.stringContaining('such as change.la')]);
  });

  it('answers a finished rollout to the same start, and starts anew when asked to', async () => {
    const { rolloutId } = (await start()).json<{ rolloutId: string }>();
    await until(({ weight }) => weight === 10);
    await send('abort');
    await until(({ phase }) => phase === 'aborted', rolloutId);
    // The projection is final a moment before the workflow has closed.
    let finished = (await start()).json<{ outcome: string }>();
    for (let tries = 0; finished.outcome === 'attached' && tries < 50; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      finished = (await start()).json();
    }
    const again = await start({ again: true });

    expect(finished).toMatchObject({ outcome: 'finished', rolloutId, status: { phase: 'aborted' } });
    expect(again.statusCode).toBe(201);
    expect(again.json<{ rolloutId: string }>().rolloutId).not.toBe(rolloutId);
    await send('abort');
  });

  it('replaces another plan’s live rollout, which ends as superseded', async () => {
    const first = (await start()).json<{ rolloutId: string }>().rolloutId;
    await until(({ weight }) => weight === 10);
    const response = await start({ plan: { ...plan, change: { id: 'commit-2' } }, replace: true });
    const second = response.json<{ rolloutId: string }>().rolloutId;
    const old = await until(({ phase }) => phase === 'superseded', first);
    const now = await until(({ weight }) => weight === 10, second);
    const astray = await operated.post(`${base}/rollouts/${first}/messages/abort`, { reason: 'meant for the first' });

    expect(response.statusCode).toBe(201);
    expect(old.weight).toBe(0);
    expect(now.rolloutId).toBe(second);
    expect(astray.json()).toMatchObject({ code: 'MESSAGE_REJECTED' });
    expect((await statusOf()).phase).toBe('progressing');
    await send('abort');
  });

  it('delivers a message queued while no worker ran, once', async () => {
    await start();
    await until(({ weight }) => weight === 10);
    await operated.rest();
    const queued = await send('setWeight', { weight: 3, id: 'queued-message' });
    await operated.work();
    await until(({ weight }) => weight === 3);
    const timeline = await operated.get(`${base}/rollouts/checkout/timeline`);

    expect(queued.statusCode).toBe(202);
    expect(timeline.json<{ weight: number }[]>().filter(({ weight }) => weight === 3)).toHaveLength(1);
    await send('abort');
  });
});
