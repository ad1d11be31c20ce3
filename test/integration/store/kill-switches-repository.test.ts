import { MongoKillSwitchesRepository } from '../../../store/kill-switches-repository';
import { givenDatabase } from '../../support/database';

describe('kill switches', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  let switches: MongoKillSwitchesRepository;
  const editOf = (name: string, reason = 'a reason') => ({
    actor: { kind: 'token' as const, name, verified: true },
    reason,
    at: '2026-01-01T00:00:00.000Z',
  });
  const records = () => database.db.collection<{ _id: string; reason: string }>('kill_switch_decisions');
  const stored = () => database.db.collection<{ _id: string; on: boolean }>('kill_switches');

  beforeAll(async () => {
    database = await givenDatabase();
  });
  beforeEach(async () => {
    await Promise.all([records().deleteMany({}), stored().deleteMany({})]);
    switches = new MongoKillSwitchesRepository(database.db);
  });
  afterAll(() => database.close());

  it('are off until they are used, and turned by revision', async () => {
    expect(await switches.get('production')).toEqual({
      environment: 'production',
      on: false,
      revision: 0,
      lastChange: null,
    });
    expect(await switches.put('production', true, 0, editOf('ada'))).toMatchObject({ on: true, revision: 1 });
    expect(await switches.put('production', true, 0, editOf('bob'))).toBeNull();
    expect(await switches.put('production', false, 1, editOf('bob'))).toMatchObject({ on: false, revision: 2 });
    expect(await switches.get('staging')).toMatchObject({ on: false, revision: 0 });
  });

  it('let one of many writers through at each revision', async () => {
    const writers = Array.from({ length: 8 }, (_, index) => switches.put('production', true, 0, editOf(`w${index}`)));
    expect((await Promise.all(writers)).filter((written) => written !== null)).toHaveLength(1);
    expect(await switches.verify('production')).toEqual({ records: 1, problems: [] });
  });

  it('record who, why and when in one chain, and lose no record whose writer died', async () => {
    await switches.put('production', true, 0, editOf('ada', 'the shop is down'));
    await records().deleteMany({});
    expect(await switches.verify('production')).toEqual({ records: 1, problems: [] });
    await switches.put('production', false, 1, editOf('bob', 'it is up again'));
    const told = await switches.records('production');
    expect(told.map(({ revision, action, actor, reason }) => [revision, action, actor.name, reason])).toEqual([
      [2, 'environment.release', 'bob', 'it is up again'],
      [1, 'environment.kill', 'ada', 'the shop is down'],
    ]);
    expect(await switches.verify('production')).toEqual({ records: 2, problems: [] });
  });

  it('show when a record was altered or removed, or the switch was turned behind its back', async () => {
    await switches.put('production', true, 0, editOf('ada', 'the shop is down'));
    await switches.put('production', false, 1, editOf('bob'));
    await stored().updateOne({ _id: 'production/kill-switch' }, { $set: { on: true } });
    expect((await switches.verify('production')).problems.map(({ problem }) => problem)).toContain(
      'the document is not what the records of the kill switch say: on',
    );
    const first = { _id: 'production/kill-switch:1' };
    await records().updateOne(first, { $set: { reason: 'nothing' } });
    expect((await switches.verify('production')).problems[0]).toMatchObject({
      revision: 1,
      problem: expect.stringContaining('altered') as string,
    });
    await records().deleteOne(first);
    expect((await switches.verify('production')).problems).not.toEqual([]);
  });
});
