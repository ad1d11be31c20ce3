import type { Deltas } from '../../../metrics/deltas';
import { windowId, type WindowKey } from '../../../metrics/window-key';
import { applyDeltas } from '../../../store/apply-deltas';
import { Collection } from '../../../store/collections';
import type { Database } from '../../../store/database';
import { createFold } from '../../../store/fold';
import { MongoIngestGroupsRepository } from '../../../store/ingest-groups-repository';
import { MongoWindowsRepository } from '../../../store/windows-repository';
import type { WindowDocument } from '../../../store/window-document';
import { givenDatabase } from '../../support/database';
import { OBSERVED, WINDOW_START } from '../../support/event-builders';
import { whenJudged } from '../../support/ingest-under-test';

const CLOCK = { nowMs: () => WINDOW_START + 60_000 };
const COMPACT = { flagId: 'production/checkout', rolloutId: 'r1', control: 'off', candidate: 'on' };

let database: Database;
let groups: MongoIngestGroupsRepository;
let windows: MongoWindowsRepository;
beforeEach(async () => {
  database = await givenDatabase();
  groups = new MongoIngestGroupsRepository(database.db);
  windows = new MongoWindowsRepository(database.db, CLOCK);
});
afterEach(() => database.close());

function givenDeltas(amounts: Record<string, number>, ...changes: Partial<WindowKey>[]): Deltas {
  const deltas: Deltas = new Map();
  for (const change of changes.length === 0 ? [{}] : changes) {
    const key: WindowKey = {
      environment: 'production',
      flag: 'checkout',
      rollout: 'r1',
      transition: 1,
      variant: 'on',
      segment: '*',
      windowStartAt: WINDOW_START,
      windowMs: OBSERVED.windowMs,
      ...change,
    };
    deltas.set(windowId(key), { key, amounts: new Map(Object.entries(amounts)) });
  }
  return deltas;
}

async function givenGroup(writerId: string, seq: number, deltas: Deltas): Promise<void> {
  await groups.store({ writerId, seq, batchIds: [`production/${writerId}-${seq}`], deltas, createdAt: WINDOW_START });
}

function looseWindows(): Promise<WindowDocument[]> {
  return database.db.collection<WindowDocument>(Collection.MetricWindows).find().toArray();
}

describe('folding on a real database', () => {
  it('counts each group once when several processes fold at the same time', async () => {
    for (let seq = 0; seq < 12; seq += 1) {
      for (const writer of ['wa', 'wb']) {
        await givenGroup(writer, seq, givenDeltas({ exposures: 1, 'events.request.sum': 0.5 }, {}, { variant: 'off' }));
      }
    }
    const folders = Array.from({ length: 4 }, () => new MongoWindowsRepository(database.db, CLOCK));
    await Promise.all(folders.map(({ fold }) => fold.foldPending()));
    expect(await groups.pending()).toEqual([]);
    const [stratum] = await whenJudged({ windows });
    for (const arm of [stratum?.control, stratum?.candidate]) {
      expect(arm).toMatchObject({ exposures: 24, events: { request: { sum: 12 } } });
    }
  });

  it('goes on where a folder died between two windows of a group', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }, { variant: 'on' }, { variant: 'off' }));
    const collection = database.db.collection<WindowDocument>(Collection.MetricWindows);
    const dying = createFold({
      groups,
      apply: async (group, deltas) => {
        await applyDeltas(collection, group, new Map([...deltas].slice(0, 1)));
        throw new Error('killed');
      },
    });
    await expect(dying.foldPending()).rejects.toThrow('killed');
    await windows.fold.foldPending();
    const [stratum] = await whenJudged({ windows });
    expect([stratum?.control.exposures, stratum?.candidate.exposures]).toEqual([1, 1]);
  });

  it('changes nothing when a slow folder brings an older group once more', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }));
    await givenGroup('wa', 1, givenDeltas({ exposures: 1 }));
    const old = (await groups.readDeltas({ writerId: 'wa', seq: 0 })) ?? new Map<string, never>();
    await windows.fold.foldPending();
    await applyDeltas(database.db.collection(Collection.MetricWindows), { writerId: 'wa', seq: 0 }, old);
    const [stratum] = await whenJudged({ windows });
    expect(stratum?.candidate.exposures).toBe(2);
  });

  it('keeps batch ids of folded groups, without their deltas, until they expire', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }));
    expect(await groups.expire(WINDOW_START + 1)).toBe(0);
    await windows.fold.foldPending();
    const [stored] = await database.db.collection(Collection.IngestGroups).find().toArray();
    expect(stored).toMatchObject({ folded: true, batchIds: ['production/wa-0'] });
    expect(stored).not.toHaveProperty('deltas');
    expect(await groups.expire(WINDOW_START)).toBe(0);
    expect(await groups.expire(WINDOW_START + 1)).toBe(1);
  });
});

describe('reading strata', () => {
  it('gives closed windows in time order, everybody first, and leaves out what no query asks for', async () => {
    await givenGroup(
      'wa',
      0,
      givenDeltas(
        { exposures: 1 },
        { windowStartAt: WINDOW_START + 10_000 },
        { segment: 'beta' },
        { segment: 'other' },
        { variant: 'blue' },
        { transition: 2 },
        { transition: 7 },
        { rollout: 'r2' },
        {},
        { windowStartAt: WINDOW_START + 20_000 },
      ),
    );
    const strata = await whenJudged({ windows }, { nowMs: WINDOW_START + 30_000 });
    expect(
      strata.map(({ windowStartAt, transition, weight, segment }) => [
        windowStartAt - WINDOW_START,
        transition,
        weight,
        segment,
      ]),
    ).toEqual([
      [0, 1, 10, '*'],
      [0, 1, 10, 'beta'],
      [0, 2, 50, '*'],
      [10_000, 1, 10, '*'],
    ]);
    const later = await whenJudged({ windows }, { fromMs: WINDOW_START + 10_000, nowMs: WINDOW_START + 30_000 });
    expect(later).toHaveLength(1);
  });

  it('gives a window ten seconds after its end and not before', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }));
    expect(await whenJudged({ windows }, { nowMs: WINDOW_START + 19_999 })).toEqual([]);
    expect(await whenJudged({ windows }, { nowMs: WINDOW_START + 20_000 })).toHaveLength(1);
  });

  it('leaves a fresh group to the server that made it, and gives the windows that it does not touch', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }));
    await windows.fold.foldPending();
    const fresh = givenDeltas({ exposures: 1 }, { windowStartAt: WINDOW_START + 10_000 });
    const createdAt = CLOCK.nowMs() - 14_000;
    await groups.store({ writerId: 'wa', seq: 1, batchIds: ['production/wa-1'], deltas: fresh, createdAt });
    const asked = { nowMs: WINDOW_START + 30_000 };
    const judged = await whenJudged({ windows }, asked);

    expect(judged.map(({ windowStartAt }) => windowStartAt)).toEqual([WINDOW_START]);
    expect(await groups.pending()).toHaveLength(1);
    const later = new MongoWindowsRepository(database.db, { nowMs: () => CLOCK.nowMs() + 2_000 });
    expect(await whenJudged({ windows: later }, asked)).toHaveLength(2);
  });

  it('is held up for a second at most by a slow pass, and gives the window when one has completed it', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }));
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const pass = windows.fold.foldPending.bind(windows.fold);
    jest.spyOn(windows.fold, 'foldPending').mockImplementationOnce(() => gate.then(pass));
    const askedAt = performance.now();
    const meanwhile = await whenJudged({ windows });
    const tookMs = performance.now() - askedAt;
    open();

    expect(meanwhile).toEqual([]);
    expect(tookMs).toBeGreaterThan(900);
    expect(await whenJudged({ windows })).toHaveLength(1);
  });

  it('is waited for by a few looks only; the others judge what stands', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }, { rollout: 'other' }));
    const patient = new MongoWindowsRepository(database.db, CLOCK, 60_000);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const pass = patient.fold.foldPending.bind(patient.fold);
    jest.spyOn(patient.fold, 'foldPending').mockImplementation(() => gate.then(pass));
    const answered: number[] = [];
    const looks = Array.from({ length: 12 }, (_, look) =>
      whenJudged({ windows: patient }).then(() => answered.push(look)),
    );
    // Eight wait for the pass, and the others answer; which of them come first is not said.
    while (answered.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = answered.length;
    open();
    await Promise.all(looks);

    expect(before).toBe(4);
    expect(answered).toHaveLength(12);
  });

  it('is not waited for when the last pass took longer than a look waits', async () => {
    let nowMs = CLOCK.nowMs();
    const slow = new MongoWindowsRepository(database.db, { nowMs: () => nowMs }, 60_000);
    const pass = slow.fold.foldPending.bind(slow.fold);
    const passes = jest.spyOn(slow.fold, 'foldPending').mockImplementationOnce(async () => {
      await pass();
      nowMs += 61_000;
    });
    await givenGroup('wa', 0, givenDeltas({ exposures: 1 }, { rollout: 'other' }));
    await whenJudged({ windows: slow });
    await givenGroup('wa', 1, givenDeltas({ exposures: 1 }));
    const never = new Promise<void>(() => undefined);
    passes.mockImplementationOnce(() => never);
    const later = { nowMs: nowMs + 20_000 };

    expect(await whenJudged({ windows: slow }, later)).toEqual([]);
    // That pass is done after all, and in time: looks wait again.
    passes.mockImplementationOnce(pass);
    await whenJudged({ windows: slow }, later);
    let judged = await whenJudged({ windows: slow }, later);
    while (judged.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      judged = await whenJudged({ windows: slow }, later);
    }
    expect(judged).toHaveLength(1);
  });
});

describe('compacting an ended rollout', () => {
  const weights = { 1: 10 };

  it('folds what is pending, keeps one document with the same strata, and deletes the loose windows', async () => {
    await givenGroup(
      'wa',
      0,
      givenDeltas({ exposures: 3, 'events.request.cells.over.0_5.7': 2 }, {}, { variant: 'off' }),
    );
    const before = await whenJudged({ windows });
    await givenGroup('wa', 1, givenDeltas({ exposures: 1 }, { windowStartAt: WINDOW_START + 10_000 }));
    await windows.compact(COMPACT);
    expect(await looseWindows()).toEqual([]);
    const after = await windows.readCompactedStrata('r1', weights);
    expect(after.slice(0, 1)).toEqual(before);
    expect(after[1]).toMatchObject({ windowStartAt: WINDOW_START + 10_000, candidate: { exposures: 1 } });
  });

  it('is done once, however often it is called and wherever it stopped', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 3 }));
    await windows.fold.foldPending();
    const loose = await looseWindows();
    await Promise.all([1, 2, 3].map(() => new MongoWindowsRepository(database.db, CLOCK).compact(COMPACT)));
    const compacted = await windows.readCompacted('r1');
    // As after a crash between the two writes, or a slow folder's copy.
    await database.db.collection<WindowDocument>(Collection.MetricWindows).insertMany(loose);
    await windows.compact(COMPACT);
    expect(await looseWindows()).toEqual([]);
    expect(await windows.readCompacted('r1')).toEqual(compacted);
    expect(compacted?.windows).toMatchObject([{ totals: { exposures: 3 } }]);
  });

  it('removes what has expired', async () => {
    await givenGroup('wa', 0, givenDeltas({ exposures: 3 }, {}, { windowStartAt: WINDOW_START + 10_000 }));
    await windows.fold.foldPending();
    expect(await windows.expire(WINDOW_START + 10_000)).toBe(1);
    await windows.compact(COMPACT);
    expect(await windows.expire(CLOCK.nowMs())).toBe(0);
    expect(await windows.expire(CLOCK.nowMs() + 1)).toBe(1);
    expect(await windows.readCompacted('r1')).toBeNull();
  });
});
