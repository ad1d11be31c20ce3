import { randomUUID } from 'node:crypto';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

interface Started {
  readonly outcome: string;
  readonly rolloutId: string;
  readonly workflowId: string;
  readonly webUrl: string;
  readonly notes: string[];
}

describe('starting rollouts while no worker runs', () => {
  let server: ServerUnderTest;
  let other: ServerUnderTest;
  let operator: string;
  let environment: string;
  let base: string;

  beforeAll(async () => {
    const taskQueue = `none-${randomUUID().slice(0, 8)}`;
    server = await givenServer({ taskQueue });
    other = await givenServer({ taskQueue, database: server.config.mongodbDatabase });
    operator = await server.token('operator');
  });
  afterAll(() => Promise.all([server.close(), other.close()]));
  beforeEach(async () => {
    environment = `e-${randomUUID().slice(0, 8)}`;
    base = `/v1/environments/${environment}`;
    await server.call('PUT', `${base}/flags/checkout`, {
      as: operator,
      body: givenFlagBody({
        rules: [
          {
            name: 'split',
            if: { attribute: 'plan', value: 'pro' },
            serve: {
              split: [
                { variant: 'on', weight: 50 },
                { variant: 'off', weight: 50 },
              ],
            },
          },
        ],
      }),
    });
  });

  const start = (body: Record<string, unknown> = {}, on = server) =>
    on.call('POST', `${base}/rollouts`, {
      as: operator,
      body: { plan: { flag: 'checkout', candidate: 'on' }, ...body },
    });

  it('starts once and attaches the same start to it', async () => {
    const first = await start();
    const second = await start();

    expect([first.statusCode, second.statusCode]).toEqual([201, 200]);
    const started = first.json<Started>();
    expect(started).toMatchObject({
      outcome: 'started',
      workflowId: `rollout/${environment}/checkout`,
      plan: { environment, flag: 'checkout', candidate: 'on', place: { kind: 'default' } },
    });
    expect(started.rolloutId).toMatch(/^checkout-[a-z2-9]{8}$/);
    expect(started.webUrl).toContain(encodeURIComponent(started.workflowId));
    expect(second.json()).toMatchObject({ outcome: 'attached', rolloutId: started.rolloutId });
  });

  it('lets Temporal decide between two servers that start the same rollout at once', async () => {
    const responses = await Promise.all([start({}, server), start({}, other), start({}, server), start({}, other)]);
    const answers = responses.map((response) => response.json<Started>());

    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['attached', 'attached', 'attached', 'started']);
    expect(new Set(answers.map(({ rolloutId }) => rolloutId)).size).toBe(1);
  });

  it('refuses another plan while one is live, with its id', async () => {
    const { rolloutId } = (await start()).json<Started>();
    const response = await start({ plan: { flag: 'checkout', candidate: 'on', change: { id: 'abc123' } } });

    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({ code: 'ROLLOUT_LIVE', details: { rolloutId } });
  });

  it('shows a rollout from its projection, marked with its age, by id and by flag key', async () => {
    const { rolloutId } = (await start()).json<Started>();
    const byId = await server.call('GET', `${base}/rollouts/${rolloutId}`, { as: operator });
    const byFlag = await other.call('GET', `${base}/rollouts/checkout`, { as: operator });
    const list = await server.call('GET', `${base}/rollouts?state=live&flag=checkout`, { as: operator });
    const none = await server.call('GET', `${base}/rollouts?state=completed`, { as: operator });
    const timeline = await server.call('GET', `${base}/rollouts/${rolloutId}/timeline`, { as: operator });

    for (const response of [byId, byFlag]) {
      expect(response.json()).toMatchObject({ rolloutId, phase: 'assessing', fromProjection: true, weight: 0 });
      expect(response.json<{ ageMs: number }>().ageMs).toBeGreaterThanOrEqual(0);
    }
    expect(list.json()).toMatchObject([{ rolloutId }]);
    expect([none.json(), timeline.json()]).toEqual([[], []]);
  });

  it('queues a message that no worker answers', async () => {
    await start();
    const response = await server.call('POST', `${base}/rollouts/checkout/messages/pause`, {
      as: operator,
      body: { reason: 'hold it', id: 'message-1' },
    });

    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({ queued: true, id: 'message-1' });
  });

  it('finds a rollout whose projection was lost through Temporal', async () => {
    const save = jest.spyOn(server.context.rollouts, 'save').mockRejectedValueOnce(new Error('database away'));
    const { rolloutId } = (await start()).json<Started>();
    save.mockRestore();
    const message = await server.call('POST', `${base}/rollouts/${rolloutId}/messages/pause`, {
      as: operator,
      body: { reason: 'hold it' },
    });
    const status = await server.call('GET', `${base}/rollouts/${rolloutId}`, { as: operator });

    expect(message.statusCode).toBe(202);
    expect(status.json()).toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });
  });

  it.each([
    ['a flag that is not there', { plan: { flag: 'nobody', candidate: 'on' } }, 404, 'FLAG_NOT_FOUND'],
    ['a variant that is not there', { plan: { flag: 'checkout', candidate: 'blue' } }, 422, 'INVALID_PLAN'],
    ['the variant served already', { plan: { flag: 'checkout', candidate: 'off' } }, 422, 'INVALID_PLAN'],
    [
      'a rule that is not there',
      { plan: { flag: 'checkout', candidate: 'on', place: { rule: 'x' } } },
      422,
      'INVALID_PLAN',
    ],
    [
      'a rule that splits',
      { plan: { flag: 'checkout', candidate: 'on', place: { rule: 'split' } } },
      422,
      'INVALID_PLAN',
    ],
    ['another environment', { plan: { flag: 'checkout', candidate: 'on', environment: 'mars' } }, 422, 'INVALID_PLAN'],
    ['a plan of nonsense', { plan: { flag: 'checkout', candidate: 'on', stepps: [] } }, 422, 'INVALID_PLAN'],
    ['no plan', { plan: undefined }, 400, 'INVALID_ARGUMENT'],
  ])('refuses %s', async (_what, body, status, code) => {
    const response = await start(body);

    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ code });
  });

  it('resolves a dry run, says whether traffic decides it, and starts nothing', async () => {
    const assume = { requestsPerMinute: 100_000, errorRate: 0.01 };
    const response = await start({ dryRun: true, assume });
    const list = await server.call('GET', `${base}/rollouts`, { as: operator });

    expect(response.json()).toMatchObject({ outcome: 'dry_run', rolloutId: null });
    expect(response.json<Started>().notes.join('\n')).toMatch(/step 1 .*\n[\s\S]*this traffic can decide the plan/);
    expect(list.json()).toEqual([]);
  });

  it('says the sample that each step takes where no traffic is known', async () => {
    const { notes } = (await start({ dryRun: true })).json<Started>();

    expect(notes[0]).toMatch(
      /^step 1 .* needs about \d+ requests, \d+ of them to the candidate, at a base rate of 0\.01/,
    );
    expect(notes.at(-1)).toContain('say how many requests come a minute');
  });

  it.each([
    ['another name', 'explode', { reason: 'x' }],
    ['supersede, which only a start sends', 'supersede', { reason: 'x' }],
    ['no reason', 'pause', {}],
    ['a weight past 100', 'setWeight', { reason: 'x', weight: 101 }],
  ])('refuses a message with %s', async (_what, name, body) => {
    const { statusCode } = await server.call('POST', `${base}/rollouts/checkout/messages/${name}`, {
      as: operator,
      body,
    });

    expect(statusCode).toBe(400);
  });

  it('has no rollout where there is none', async () => {
    const status = await server.call('GET', `${base}/rollouts/checkout`, { as: operator });
    const message = await server.call('POST', `${base}/rollouts/checkout/messages/abort`, {
      as: operator,
      body: { reason: 'x' },
    });

    expect([status, message].map((response) => response.json<{ code: string }>().code)).toEqual(
      Array(2).fill('ROLLOUT_NOT_FOUND'),
    );
  });
});
