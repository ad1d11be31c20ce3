import type { Database } from '../../../store/database';
import { givenDatabase } from '../../support/database';
import { givenBatch, givenExposure, givenRequest, WINDOW_START } from '../../support/event-builders';
import { givenIngest, whenJudged } from '../../support/ingest-under-test';

let database: Database;
beforeEach(async () => {
  database = await givenDatabase();
});
afterEach(() => database.close());

async function thenExposures(under: Parameters<typeof whenJudged>[0]): Promise<number> {
  const strata = await whenJudged(under);
  return strata.reduce((sum, { segment, candidate }) => sum + (segment === '*' ? candidate.exposures : 0), 0);
}

describe('ingestion on a real database', () => {
  it('acknowledges a batch, and the judge reads it', async () => {
    const server = givenIngest(database);
    const events = [givenExposure({ segments: ['beta'] }), givenRequest({ value: 700, error: true, first: true })];
    const acknowledgement = await server.ingest.accept('production', givenBatch('1', events));
    expect(acknowledgement).toEqual({ accepted: 2, duplicate: false, ignored: 0 });
    const [everybody, beta, ...others] = await whenJudged(server);
    expect(others).toEqual([]);
    expect(everybody).toMatchObject({ windowStartAt: WINDOW_START, transition: 1, weight: 10, segment: '*' });
    expect(everybody?.candidate).toMatchObject({ exposures: 1, exposuresWithOutcome: 1, late: 0 });
    expect(everybody?.candidate.exposureCells[3]).toBe(1);
    expect(everybody?.candidate.events['request']).toMatchObject({
      count: 1,
      errors: 1,
      sum: 700,
      over: { '500': 1, '0.5': 1 },
    });
    expect(everybody?.control).toMatchObject({ exposures: 0, events: {} });
    expect(beta).toMatchObject({ segment: 'beta', candidate: { exposures: 1 } });
  });

  it('counts a batch once whose acknowledgement was lost, when it is repeated through another server', async () => {
    const crashed = givenIngest(database, { attempts: 1, foldsItself: false });
    crashed.fault = async (store) => {
      await store();
      throw new Error('the process died before it could answer');
    };
    await expect(crashed.ingest.accept('production', givenBatch('1'))).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable: true,
    });
    const other = givenIngest(database);
    const again = await other.ingest.accept('production', givenBatch('1'));
    expect(again).toEqual({ accepted: 1, duplicate: true, ignored: 0 });
    expect(await thenExposures(other)).toBe(1);
  });

  it('finds out by the identical insert that a group of unknown outcome stands', async () => {
    const server = givenIngest(database);
    server.fault = async (store) => {
      server.fault = null;
      await store();
      throw new Error('no answer in time');
    };
    expect(await server.ingest.accept('production', givenBatch('1'))).toMatchObject({ duplicate: false });
    expect(server.sent).toHaveLength(2);
    expect(await thenExposures(server)).toBe(1);
  });

  it('counts batches once that come through two servers at the same time', async () => {
    const servers = [givenIngest(database, { flushMs: 1 }), givenIngest(database, { flushMs: 1 })];
    const ids = Array.from({ length: 60 }, (_, index) => String(index));
    // Overlapping groups in different order: each server meets duplicates in the middle of its groups.
    const answers = await Promise.all(
      servers.flatMap(({ ingest }, server) =>
        (server === 0 ? ids : ids.toReversed()).map(async (id, index) => {
          await new Promise((resolve) => setTimeout(resolve, index % 7));
          return { id, ...(await ingest.accept('production', givenBatch(id))) };
        }),
      ),
    );
    const first = answers.filter(({ duplicate }) => !duplicate).map(({ id }) => id);
    expect(first.sort()).toEqual(ids.sort());
    await Promise.all(servers.map(({ ingest }) => ingest.close()));
    for (const server of servers) expect(await thenExposures(server)).toBe(60);
  });

  it('answers a copy that comes during the first as a duplicate', async () => {
    const { ingest } = givenIngest(database);
    const answers = await Promise.all([1, 2].map(() => ingest.accept('production', givenBatch('1'))));
    expect(answers.map(({ duplicate }) => duplicate)).toEqual([false, true]);
  });

  it('counts the same batch id of two environments apart', async () => {
    const { ingest } = givenIngest(database);
    const answers = await Promise.all(['production', 'staging'].map((name) => ingest.accept(name, givenBatch('1'))));
    expect(answers.map(({ duplicate }) => duplicate)).toEqual([false, false]);
  });

  it('folds an abandoned group that lands late, in its own order', async () => {
    const server = givenIngest(database, { attempts: 1 });
    await server.ingest.accept('production', givenBatch('1'));
    server.fault = async () => Promise.reject(new Error('timed out'));
    await expect(server.ingest.accept('production', givenBatch('2'))).rejects.toThrow('timed out');
    server.fault = null;
    await server.ingest.accept('production', givenBatch('3'));
    await server.ingest.close();
    const abandoned = server.sent[1];
    if (abandoned === undefined) throw new Error('the group was not sent');
    expect(server.sent.map(({ seq }) => seq)).toEqual([0, 1, 0]);
    await server.groups.store(abandoned);
    expect(await thenExposures(server)).toBe(3);
    const other = givenIngest(database);
    expect(await other.ingest.accept('production', givenBatch('2'))).toMatchObject({ duplicate: true });
    expect(await thenExposures(other)).toBe(3);
  });

  it('counts data after the end of judging as late and not otherwise', async () => {
    const server = givenIngest(database);
    await server.ingest.accept('production', givenBatch('1'));
    server.clock.at = WINDOW_START + 18_001;
    await server.ingest.accept('production', givenBatch('2', [givenExposure(), givenRequest()]));
    const strata = await whenJudged(server, { nowMs: WINDOW_START + 30_000 });
    expect(strata.map(({ candidate }) => [candidate.exposures, candidate.late])).toEqual([
      [1, 0],
      [0, 2],
    ]);
  });

  it('refuses batches more than a day old, or more than five minutes ahead', async () => {
    const { ingest, clock } = givenIngest(database);
    clock.at = WINDOW_START + 2_000 + 86_400_001;
    await expect(ingest.accept('production', givenBatch('1'))).rejects.toMatchObject({ code: 'BATCH_TOO_OLD' });
    clock.at = WINDOW_START + 2_000 - 300_001;
    await expect(ingest.accept('production', givenBatch('1'))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('acknowledges events of ended rollouts without storing anything', async () => {
    const server = givenIngest(database);
    const batch = givenBatch('1', [givenExposure({ rollout: 'ended' })]);
    expect(await server.ingest.accept('production', batch)).toEqual({ accepted: 0, duplicate: false, ignored: 1 });
    expect(server.sent).toEqual([]);
  });

  it('refuses more than it may hold, and takes it once there is room', async () => {
    const { ingest } = givenIngest(database, { pendingSize: 2, flushMs: 50 });
    const first = ingest.accept('production', givenBatch('1'));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(ingest.accept('production', givenBatch('2'))).rejects.toMatchObject({
      code: 'OVERLOADED',
      retryable: true,
    });
    await first;
    expect(await ingest.accept('production', givenBatch('2'))).toMatchObject({ duplicate: false });
  });

  it('refuses a batch that no document could hold', async () => {
    const { ingest } = givenIngest(database, { groupSize: 1 });
    await expect(ingest.accept('production', givenBatch('1'))).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('stores what it holds before it closes, and takes nothing after', async () => {
    const { ingest } = givenIngest(database, { flushMs: 60_000 });
    const answer = ingest.accept('production', givenBatch('1'));
    await ingest.close();
    expect(await answer).toMatchObject({ accepted: 1 });
    await expect(ingest.accept('production', givenBatch('2'))).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});

describe('ingestion without a database', () => {
  it('answers with errors that ask for a repetition', async () => {
    const gone = await givenDatabase();
    const server = givenIngest(gone);
    await gone.close();
    await expect(server.ingest.accept('production', givenBatch('1'))).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable: true,
    });
    await expect(whenJudged(server)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
  });
});
