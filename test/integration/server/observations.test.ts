import { MongoClient, type Document } from 'mongodb';
import type { ObservationsAnswer } from '../../../cli/api/answers';
import { replayOne } from '../../../cli/offline/replay-report';
import { windowId } from '../../../metrics/window-key';
import { Collection } from '../../../store/collections';
import { MongoWindowsRepository } from '../../../store/windows-repository';
import { databaseUrl } from '../../support/database';
import { givenRecordedRollout } from '../../support/recorded-rollout';
import { givenServer, type ServerUnderTest } from '../../support/server-under-test';

const BAD = givenRecordedRollout({ harm: { plus: 0.2 }, onset: 20 }, { id: 'checkout-0badbad0', state: 'rolled_back' });
const URL = `/v1/environments/production/rollouts/${BAD.rolloutId}/observations`;

let server: ServerUnderTest;
let viewer: string;
const client = new MongoClient(databaseUrl());

/** Puts a rollout into the database as its workflow, its decisions and ingestion leave it. */
async function givenStored({
  rolloutId,
  plan,
  state,
  startedAt,
  transitions,
  windows,
}: ObservationsAnswer): Promise<void> {
  const db = client.db(server.config.mongodbDatabase);
  await server.context.rollouts.save({
    _id: rolloutId,
    environment: 'production',
    flagKey: 'checkout',
    workflowId: 'rollout/production/checkout',
    runId: 'run',
    identity: 'identity',
    plan,
    startedBy: 'alice',
    startedAt,
    state,
    waitingFor: null,
    summary: 'errors: past the margin',
    step: 0,
    weight: 0,
    transition: transitions.length,
    verdict: 'rollback',
    outcome: 'rolled_back',
    excludedSegments: [],
    lastLook: null,
    bakedMs: 0,
    bakeMs: 0,
    version: 1,
  });
  await db.collection<Document & { _id: string }>(Collection.Decisions).insertMany(
    transitions.map(({ at, action, transition, weight }, index) => ({
      _id: `production/checkout:${index + 1}`,
      flagId: 'production/checkout',
      revision: index + 1,
      at,
      action,
      transition,
      weightAfter: weight,
      rolloutId,
    })),
  );
  await db.collection<Document & { _id: string }>(Collection.MetricWindows).insertMany(
    windows.map(({ windowStart, totals, ...facts }) => ({
      _id: windowId({
        environment: 'production',
        flag: 'checkout',
        rollout: rolloutId,
        transition: facts.transition,
        variant: facts.variant,
        segment: facts.segment,
        windowStartAt: windowStart,
        windowMs: facts.windowMs,
      }),
      flagId: 'production/checkout',
      rolloutId,
      windowStart,
      ...facts,
      totals,
      folded: {},
    })),
  );
}

beforeAll(async () => {
  server = await givenServer();
  viewer = await server.token('viewer', 'production');
  await givenStored(BAD);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

describe('the observations of a rollout', () => {
  it('are what it was judged by, before and after its windows are compacted, and come to the same judged again', async () => {
    const loose = await server.call('GET', URL, { as: viewer });
    expect(loose.statusCode).toBe(200);
    const answer = loose.json<ObservationsAnswer>();
    expect(answer).toMatchObject({ control: 'classic', candidate: 'express', state: 'rolled_back' });
    expect(answer.transitions.map(({ action, weight }) => [action, weight])).toEqual([
      ['rollout.start', 10],
      ['rollout.raise', 50],
      ['rollout.roll_back', 0],
    ]);
    expect(answer.windows).toEqual(BAD.windows);
    const repository = new MongoWindowsRepository(client.db(server.config.mongodbDatabase), { nowMs: Date.now });
    await repository.compact({
      flagId: 'production/checkout',
      rolloutId: BAD.rolloutId,
      control: 'classic',
      candidate: 'express',
    });
    const compacted = (await server.call('GET', URL, { as: viewer })).json<ObservationsAnswer>();
    expect(compacted.windows).toEqual(BAD.windows);
    const expected = replayOne(BAD, BAD.plan);
    expect(expected.rollbackMinute).not.toBeNull();
    expect(replayOne(compacted, compacted.plan)).toEqual(expected);
  });

  it('are not told to tokens of another environment, and unknown rollouts are not found', async () => {
    const stranger = await server.token('viewer', 'staging');
    expect((await server.call('GET', URL, { as: stranger })).statusCode).toBe(403);
    const unknown = await server.call('GET', URL.replace(BAD.rolloutId, 'nothing'), { as: viewer });
    expect(unknown.statusCode).toBe(404);
  });
});
