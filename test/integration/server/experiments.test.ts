import type { ExperimentAnswer } from '../../../cli/render/experiment-lines';
import { newEnvironmentPath, OperatedServer } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';
import { givenExperimentFile } from '../../support/started-experiment';

describe('experiments through the API', () => {
  let operated: OperatedServer;
  let base: string;

  beforeAll(async () => {
    operated = await OperatedServer.open('experiment');
  }, 180_000);
  afterAll(() => operated.close());
  beforeEach(async () => {
    base = newEnvironmentPath();
    await operated.createFlag(base, 'checkout');
  });

  const file = (change: Record<string, unknown> = {}): Record<string, unknown> => {
    const { environment: _e, ...rest } = givenExperimentFile({ duration: '1h', ...change });
    return rest;
  };
  const post = (path: string, body: Record<string, unknown>) => operated.post(`${base}/${path}`, body);
  const start = (change: Record<string, unknown> = {}, options: Record<string, unknown> = {}) =>
    post('experiments', { experiment: file(change), ...options });
  const read = async (): Promise<ExperimentAnswer> => (await operated.get(`${base}/experiments/checkout`)).json();
  const until = (wanted: (status: ExperimentAnswer) => boolean) => pollUntil(read, wanted);
  const rollout = { plan: { flag: 'checkout', candidate: 'on', steps: [{ weight: 10, bake: '1h' }] } };

  it('starts one, attaches to it, and has every other start refused both ways', async () => {
    expect((await start({}, { dryRun: true })).json()).toMatchObject({ outcome: 'dry_run', armWeight: 50 });
    const started = await start();
    const { experimentId } = started.json<{ experimentId: string }>();
    expect(started.statusCode).toBe(201);
    expect((await start()).json()).toMatchObject({ outcome: 'attached', experimentId });
    const other = await start({ duration: '2h' });
    expect(other.statusCode).toBe(409);
    expect(other.json()).toMatchObject({ code: 'EXPERIMENT_LIVE', details: { experimentId } });
    for (const replace of [false, true]) {
      expect((await post('rollouts', { ...rollout, replace })).json()).toMatchObject({ code: 'EXPERIMENT_LIVE' });
    }
    const members = [rollout];
    expect((await post('groups', { group: { key: 'one', members } })).json()).toMatchObject({
      code: 'EXPERIMENT_LIVE',
    });
    expect((await operated.get(`${base}/rollouts/checkout`)).json()).toMatchObject({ code: 'ROLLOUT_NOT_FOUND' });
    expect((await operated.get(`${base}/rollouts`)).json()).toEqual([]);

    await until(({ phase }) => phase === 'running');
    expect((await post(`rollouts/${experimentId}/messages/abort`, { reason: 'wrong door' })).statusCode).toBe(404);
    const aborted = await post('experiments/checkout/messages/abort', { reason: 'enough' });
    expect(aborted.json()).toMatchObject({ accepted: true, state: 'aborted', transition: 2 });
    await until(({ outcome }) => outcome === 'aborted');
    const late = await post('experiments/checkout/messages/abort', { reason: 'late' });
    expect(late.json()).toMatchObject({ code: 'MESSAGE_REJECTED' });
    const finished = await pollUntil(start, (answer) => answer.json<{ outcome: string }>().outcome === 'finished');
    expect(finished.json()).toMatchObject({ experimentId, status: { outcome: 'aborted' } });
    expect((await operated.get(`${base}/experiments`)).json()).toMatchObject([{ experimentId, outcome: 'aborted' }]);

    expect((await post('rollouts', rollout)).statusCode).toBe(201);
    const refused = await start({}, { again: true });
    expect(refused.json()).toMatchObject({ code: 'ROLLOUT_LIVE' });
    expect((await operated.get(`${base}/audit/verify`)).json()).toMatchObject({ problems: [] });
  });

  it('records who sent a message, by the signature', async () => {
    const { experimentId } = (await start()).json<{ experimentId: string }>();
    await until(({ phase }) => phase === 'running');
    await post('experiments/checkout/messages/pause', { reason: 'lunch' });
    expect(await read()).toMatchObject({ phase: 'paused', waitingFor: 'operator' });
    await post('experiments/checkout/messages/resume', { reason: 'fed' });
    expect((await read()).phase).toBe('running');
    await post('experiments/checkout/messages/conclude', { reason: 'known enough' });
    const records = (await operated.get(`${base}/flags/checkout/history`)).json<{ rolloutId?: string }[]>();
    const last = records.find(({ rolloutId }) => rolloutId === experimentId);
    expect(last).toMatchObject({
      action: 'experiment.conclude',
      actor: { kind: 'token', name: 'operator-token', verified: true },
    });
  });

  it('pauses for break-glass, and the flag serves its off variant over the arms', async () => {
    await start();
    await until(({ phase }) => phase === 'running');
    expect((await post('flags/checkout/off', { reason: 'it burns' })).statusCode).toBe(200);
    const paused = await until(({ phase }) => phase === 'paused');
    expect(paused.summary).toContain('enabled');
    const resumed = await post('experiments/checkout/messages/resume', { reason: 'too early' });
    expect(resumed.body).toContain('the flag is off');
    expect((await post('flags/checkout/on', { reason: 'put out' })).statusCode).toBe(200);
    expect((await post('experiments/checkout/messages/resume', { reason: 'anew' })).json()).toMatchObject({
      accepted: true,
      transition: 2,
    });
    await post('experiments/checkout/messages/abort', { reason: 'seen' });
  });

  it('refuses what does not fit the flag, with every field, and edits that take an arm away', async () => {
    const wrong = await start({ treatments: ['off', 'blue'] });
    expect(wrong.statusCode).toBe(422);
    const { details } = wrong.json<{ details: { issues: { field: string }[] } }>();
    expect(details.issues.map(({ field }) => field)).toEqual(['treatments[0]', 'treatments[1]']);
    await post('flags/checkout/off', { reason: 'a holiday' });
    expect((await start()).body).toContain('switch it on first');
    await post('flags/checkout/on', { reason: 'back' });
    await start();
    await until(({ phase }) => phase === 'running');
    const edit = { type: 'boolean', variants: { off: false, dim: false }, defaultVariant: 'off', offVariant: 'off' };
    const edited = await operated.server.call('PUT', `${base}/flags/checkout`, { as: operated.operator, body: edit });
    expect(edited.json()).toMatchObject({ code: 'ROLLOUT_LIVE' });
    await post('experiments/checkout/messages/abort', { reason: 'seen' });
  });

  it('takes messages before a worker runs, and shows what was saved meanwhile', async () => {
    await operated.rest();
    await start();
    expect(await read()).toMatchObject({ phase: 'assessing', fromProjection: true });
    const queued = await post('experiments/checkout/messages/abort', { reason: 'changed my mind' });
    expect([queued.statusCode, queued.json()]).toMatchObject([202, { queued: true }]);
    await operated.work();
    const ended = await until(({ outcome }) => outcome !== null);
    expect(ended).toMatchObject({ outcome: 'aborted', transition: 0 });
  });
});
