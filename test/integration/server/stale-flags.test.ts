import type { Staleness } from '../../../flags/lifecycle/staleness';
import type { RolloutProjection } from '../../../store/rollouts-repository';
import { givenPlan } from '../../support/flag-builders';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

const DAY_MS = 86_400_000;

describe('stale flags', () => {
  let server: ServerUnderTest;
  let operator: string;

  beforeAll(async () => {
    server = await givenServer();
    operator = await server.token('operator');
  });
  afterAll(() => server.close());

  const put = (key: string, change: Record<string, unknown> = {}) =>
    server.call('PUT', `/v1/environments/stale/flags/${key}`, { as: operator, body: givenFlagBody(change) });

  async function givenRollout(flagKey: string, startedAgoMs: number, sample: number): Promise<void> {
    const lastLook = {
      at: new Date().toISOString(),
      sample: { control: sample, candidate: 0 },
    } as RolloutProjection['lastLook'];
    await server.context.rollouts.save({
      _id: `${flagKey}-1`,
      environment: 'stale',
      flagKey,
      workflowId: flagKey,
      runId: 'run',
      identity: flagKey,
      plan: givenPlan({ environment: 'stale', flag: flagKey }),
      startedBy: 'ada',
      startedAt: new Date(Date.now() - startedAgoMs).toISOString(),
      state: 'progressing',
      waitingFor: 'data',
      summary: '',
      step: 0,
      weight: 10,
      transition: 1,
      verdict: null,
      outcome: null,
      excludedSegments: [],
      lastLook,
      bakedMs: 0,
      bakeMs: 0,
      version: 1,
    });
  }

  it('are told with why, and with what is known of their use', async () => {
    await put('plain');
    await put('targeted', {
      rules: [{ name: 'de', if: { attribute: 'country', value: 'DE' }, serve: { variant: 'on' } }],
    });
    await put('late', { expiresAt: '2020-01-01T00:00:00Z' });
    await put('seen');
    await put('unseen');
    await put('young');
    await givenRollout('seen', 3 * DAY_MS, 12);
    await givenRollout('unseen', 3 * DAY_MS, 0);
    await givenRollout('young', 60_000, 0);
    const read = async (query: string) =>
      (await server.call('GET', `/v1/environments/stale/stale-flags${query}`, { as: operator })).json<Staleness[]>();

    const reasons = (all: Staleness[]) =>
      Object.fromEntries(all.map(({ key, findings }) => [key, findings.map(({ reason }) => reason)]));
    const today = await read('');
    expect(reasons(today)).toEqual({
      plain: [],
      targeted: [],
      late: ['expired'],
      seen: [],
      unseen: ['unused'],
      young: [],
    });
    expect(today.map(({ key, usage }) => [key, usage.state])).toEqual([
      ['late', 'unknown'],
      ['plain', 'unknown'],
      ['seen', 'seen'],
      ['targeted', 'unknown'],
      ['unseen', 'unseen'],
      ['young', 'unknown'],
    ]);
    expect(reasons(await read('?olderThanMs=0'))).toMatchObject({ plain: ['rolled_out'], targeted: [] });
  });

  it('of an expiry that is none are refused with the field', async () => {
    const answer = await put('wrong', { expiresAt: 'next year' });
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toMatch(/expiresAt/);
  });
});
