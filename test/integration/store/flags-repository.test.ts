import type { Flag } from '../../../flags/document/flag';
import { MongoDecisionsRepository } from '../../../store/decisions-repository';
import { MongoFlagsRepository, type DecisionDraft } from '../../../store/flags-repository';
import { givenDatabase } from '../../support/database';
import { givenFlag } from '../../support/flag-builders';

const draft = (change: Partial<DecisionDraft> = {}): DecisionDraft => ({
  actor: { kind: 'token', name: 'alice', role: 'admin', verified: true },
  action: 'flag.edit',
  reason: 'a test',
  ...change,
});

describe('the flags repository on the real database', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  let flags: MongoFlagsRepository;
  let decisions: MongoDecisionsRepository;

  beforeEach(async () => {
    database = await givenDatabase();
    flags = new MongoFlagsRepository(database.db);
    decisions = new MongoDecisionsRepository(database.db);
  });
  afterEach(() => database.close());

  const create = async (): Promise<Flag> => {
    const flag = await flags.swap({ before: null, after: givenFlag(), draft: draft({ action: 'flag.create' }) });
    return flag as Flag;
  };

  it('creates a flag once, whoever is first', async () => {
    const write = { before: null, after: givenFlag(), draft: draft({ action: 'flag.create' }) };
    const results = await Promise.all(Array.from({ length: 8 }, () => flags.swap(write)));
    expect(results.filter((flag) => flag !== null)).toHaveLength(1);
    expect(await decisions.verify('production/checkout')).toMatchObject({ records: 1, problems: [] });
  });

  it('tells the revisions of all flags, or of those changed since an instant, and reads many at once', async () => {
    const flagOf = (key: string) => ({ ...givenFlag(), _id: `production/${key}`, key });
    const at = (second: number): Partial<DecisionDraft> => ({ at: `2026-01-01T00:00:0${second}.000Z` });
    for (const [index, key] of ['a', 'b', 'c'].entries()) {
      const written = { before: null, after: flagOf(key), draft: draft({ action: 'flag.create', ...at(index) }) };
      await flags.swap(written);
    }
    const idsSince = async (changedSinceMs: number | null): Promise<string[]> =>
      (await flags.revisions('production', changedSinceMs)).map(({ _id }) => _id).sort();

    expect(await idsSince(null)).toEqual(['production/a', 'production/b', 'production/c']);
    expect(await idsSince(Date.parse('2026-01-01T00:00:01Z'))).toEqual(['production/b', 'production/c']);
    expect(
      (await flags.many(['production/c', 'production/none', 'production/a'])).map(({ key }) => key).sort(),
    ).toEqual(['a', 'c']);
  });

  it('writes one revision per swap, and none on a stale read', async () => {
    const first = await create();
    const second = await flags.swap({ before: first, after: { ...givenFlag(), enabled: false }, draft: draft() });
    expect(second).toMatchObject({ revision: 2, enabled: false });
    expect(await flags.swap({ before: first, after: givenFlag(), draft: draft() })).toBeNull();
    expect(await flags.get('production/checkout')).toEqual(second);
  });

  it('loses no update and leaves no gap under concurrent writers of which some die before their record', async () => {
    await create();
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      // A writer that dies between its swap and its record: the record's insert is lost.
      const dying = new MongoFlagsRepository(database.db);
      const original = dying['insertRecord'].bind(dying);
      let landed = 0;
      for (let turn = 0; turn < 60 && landed < 8; turn += 1) {
        const before = (await flags.get('production/checkout')) as Flag;
        const tags = [...before.tags, `${writer}-${landed}`];
        const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = before;
        dying['insertRecord'] = (record) =>
          record.revision === before.revision + 1 && landed % 3 === 0 ? Promise.resolve(false) : original(record);
        if (await dying.swap({ before, after: { ...body, tags }, draft: draft() })) landed += 1;
      }
      return landed;
    });
    const landed = (await Promise.all(writers)).reduce((sum, count) => sum + count, 0);
    const flag = (await flags.get('production/checkout')) as Flag;
    expect(flag.tags).toHaveLength(landed);
    expect(flag.revision).toBe(landed + 1);
    expect(await decisions.verify('production/checkout')).toEqual({ flags: 1, records: landed + 1, problems: [] });
    await flags.repairAudit('production/checkout');
    expect(await flags.sweepAudit()).toBe(0);
  });

  it('finds a record that was altered, and one that was removed', async () => {
    let flag = await create();
    for (const enabled of [false, true, false]) {
      flag = (await flags.swap({ before: flag, after: { ...givenFlag(), enabled }, draft: draft() })) as Flag;
    }
    const records = database.db.collection<{ _id: string }>('decisions');
    await records.updateOne({ _id: 'production/checkout:2' }, { $set: { reason: 'nothing to see here' } });
    await records.deleteOne({ _id: 'production/checkout:3' });
    const { problems } = await decisions.verify('production/checkout');
    expect(problems.map(({ revision, problem }) => `${revision}: ${problem}`)).toEqual([
      '2: the record was altered: its hash does not fit',
      '4: revision 3 is missing',
      '4: the record does not follow its predecessor',
    ]);
  });

  it('finds a flag that was changed behind its back, whatever its last record was about', async () => {
    const flag = await create();
    await flags.swap({ before: flag, after: { ...givenFlag(), enabled: false }, draft: draft() });
    expect(await decisions.verify('production/checkout')).toMatchObject({ problems: [] });
    const stored = database.db.collection<{ _id: string }>('flags');
    await stored.updateOne({ _id: 'production/checkout' }, { $set: { salt: 'another', note: 'was here' } });
    expect((await decisions.verify('production/checkout')).problems).toEqual([
      {
        flagId: 'production/checkout',
        revision: 2,
        problem: 'the document is not what the records of the flag say: note, salt',
      },
    ]);
  });

  it('refuses an edit whose record is too large, naming the field, and never a lowering', async () => {
    const flag = await create();
    const large = givenFlag({ type: 'string', variants: { on: 'x'.repeat(20_000), off: 'y' } });
    await expect(flags.swap({ before: flag, after: large, draft: draft() })).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
      message: expect.stringContaining("'variants'") as string,
    });
    const evidence = Array.from({ length: 40 }, () => ({ code: 'X', text: 'z'.repeat(490) }));
    const lowering = draft({ action: 'rollout.roll_back', rolloutId: 'r', transition: 3, evidence });
    expect(
      await flags.swap({ before: flag, after: { ...givenFlag(), enabled: false }, draft: lowering }),
    ).not.toBeNull();
  });

  it('goes on with the chain when a deleted flag is created again', async () => {
    const first = await create();
    const gone = await flags.swap({
      before: first,
      after: givenFlag({ deleted: true }),
      draft: draft({ action: 'flag.delete' }),
    });
    expect(await flags.list('production')).toEqual([]);
    expect(await flags.list('production', { tombstones: true })).toHaveLength(1);
    const again = await flags.swap({ before: gone, after: givenFlag(), draft: draft({ action: 'flag.create' }) });
    expect(again?.revision).toBe(3);
    expect(await decisions.verifyEnvironment('production')).toMatchObject({ records: 3, problems: [] });
  });

  it('keeps the same key in two environments apart', async () => {
    await create();
    const staging = givenFlag({ _id: 'staging/checkout', environment: 'staging' });
    await flags.swap({ before: null, after: staging, draft: draft({ action: 'flag.create' }) });
    expect((await flags.list('production')).map(({ _id }) => _id)).toEqual(['production/checkout']);
    expect(await flags.environments()).toEqual(['production', 'staging']);
    expect(await decisions.byFlag('staging/checkout')).toHaveLength(1);
  });

  it('tells the highest transition of a rollout, also when its record stands on the flag alone', async () => {
    const flag = await create();
    const dying = new MongoFlagsRepository(database.db);
    dying['insertRecord'] = () => Promise.resolve(false);
    const ended = draft({ action: 'rollout.abort', rolloutId: 'r1', transition: 4 });
    const after = await dying.swap({ before: flag, after: { ...givenFlag(), tags: ['x'] }, draft: ended });
    expect(await decisions.highestTransition(after as Flag, 'r1')).toEqual({ transition: 4 });
    expect(await decisions.highestTransition(after as Flag, 'r2')).toBeNull();
  });
});
