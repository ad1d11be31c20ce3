import type { Deltas } from '../../../metrics/deltas';
import { windowId, type WindowKey } from '../../../metrics/window-key';
import { applyDeltas, applyRun } from '../../../store/apply-deltas';
import { createFold, type ReadGroup } from '../../../store/fold';
import { MongoIngestGroupsRepository } from '../../../store/ingest-groups-repository';
import type { WindowDocument } from '../../../store/window-document';
import { MongoWindowsRepository } from '../../../store/windows-repository';
import { givenDatabase } from '../../support/database';

const START = 1_700_000_000_000;

/** A group of a writer that adds 1 to two of three windows, one of them shared by all groups. */
function givenGroup(writerId: string, seq: number): ReadGroup {
  const deltas: Deltas = new Map();
  for (const variant of ['on', seq % 2 === 0 ? 'off' : 'other']) {
    const key: WindowKey = {
      environment: 'production',
      flag: 'checkout',
      rollout: 'r1',
      transition: 1,
      variant,
      segment: '*',
      windowStartAt: START,
      windowMs: 5_000,
    };
    deltas.set(windowId(key), { key, amounts: new Map([['exposures', 1]]) });
  }
  return { group: { writerId, seq }, deltas };
}

describe('adding several groups of a writer at once', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  beforeEach(async () => {
    database = await givenDatabase();
  });
  afterEach(() => database.close());

  const windows = () => database.db.collection<WindowDocument>('metric_windows');
  const exposures = async (): Promise<Record<string, number | undefined>> =>
    Object.fromEntries((await windows().find().toArray()).map(({ variant, totals }) => [variant, totals?.exposures]));

  it('counts each group once, whatever runs overlap, repeat or race', async () => {
    const groups = Array.from({ length: 12 }, (_, seq) => givenGroup('w1', seq));
    const others = Array.from({ length: 12 }, (_, seq) => givenGroup('w2', seq));
    const fold = (all: readonly ReadGroup[], cuts: readonly number[]) => async (): Promise<void> => {
      let from = 0;
      for (const to of [...cuts, all.length]) {
        await applyRun(windows(), all.slice(from, to));
        from = to;
      }
    };
    const oneByOne = async (): Promise<void> => {
      for (const { group, deltas } of groups) await applyDeltas(windows(), group, deltas);
    };
    const folders = [fold(groups, []), fold(groups, [3, 7]), fold(groups, [1, 2, 9]), oneByOne, fold(others, [5])];
    await Promise.all(folders.map((run) => run()));
    await fold(groups, [6])();
    expect(await exposures()).toEqual({ on: 24, off: 12, other: 12 });
  });

  it('finishes a run of which another folder had added a part to some windows', async () => {
    const groups = Array.from({ length: 4 }, (_, seq) => givenGroup('w1', seq));
    for (const { group, deltas } of groups.slice(0, 2)) await applyDeltas(windows(), group, deltas);
    await applyRun(windows(), groups);
    expect(await exposures()).toEqual({ on: 4, off: 2, other: 2 });
  });

  it('writes each window once for many groups, and marks them all', async () => {
    const repository = new MongoIngestGroupsRepository(database.db);
    for (let seq = 0; seq < 6; seq += 1) {
      const { group, deltas } = givenGroup('w1', seq);
      await repository.store({ ...group, deltas, batchIds: [`production/b${seq}`], createdAt: START });
    }
    const runs: number[] = [];
    const fold = createFold({
      groups: repository,
      apply: (group, deltas) => applyDeltas(windows(), group, deltas),
      applyRun: async (run) => {
        runs.push(run.length);
        await applyRun(windows(), run);
      },
    });
    await fold.foldPending();
    expect(runs).toEqual([6]);
    expect(await repository.pending()).toEqual([]);
    expect(await exposures()).toEqual({ on: 6, off: 3, other: 3 });
  });

  it('folds once per closed window however many rollouts are looked at, again when the next has closed, and never what is open', async () => {
    const groups = new MongoIngestGroupsRepository(database.db);
    const given = async (seq: number): Promise<void> => {
      const { group, deltas } = givenGroup('w1', seq);
      await groups.store({ ...group, deltas, batchIds: [`production/b${seq}`], createdAt: START });
    };
    await given(0);
    const clock = { at: START + 15_100, nowMs: () => clock.at };
    const repository = new MongoWindowsRepository(database.db, clock);
    const pass = jest.spyOn(repository.fold, 'foldPending');
    const look = (rolloutId: string) =>
      repository.fetchStrata({
        flagId: 'production/checkout',
        rolloutId,
        control: 'off',
        candidate: 'on',
        windowMs: 5_000,
        segments: [],
        weights: { 1: 10 },
        fromMs: 0,
        nowMs: clock.at,
      });
    for (const rolloutId of ['r1', 'r2', 'r3']) await look(rolloutId);
    expect(pass).toHaveBeenCalledTimes(1);
    clock.at += 5_000;
    await look('r1');
    expect(pass).toHaveBeenCalledTimes(1);
    clock.at += 5_000;
    await given(1);
    for (const rolloutId of ['r1', 'r2']) await look(rolloutId);
    expect(pass).toHaveBeenCalledTimes(2);
  });
});
