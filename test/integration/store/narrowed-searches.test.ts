import type { Filter, UpdateFilter } from 'mongodb';
import { givenDatabase } from '../../support/database';

interface Thing {
  _id: string;
  colour?: unknown;
  done?: unknown;
  n: number;
}

/** A search inside `$and` is not narrowed by any index of the stand-in, so that it tells what a narrowed one must find. */
describe('searches by a plain value, which the stand-in narrows by indexes of its own', () => {
  let database: Awaited<ReturnType<typeof givenDatabase>>;
  beforeEach(async () => (database = await givenDatabase()));
  afterEach(() => database.close());

  const COLOURS: readonly unknown[] = ['red', 'green', 'blue', ['red', 'blue'], null, 7, { red: true }, undefined];
  const DONE: readonly unknown[] = [true, false, 'true', undefined];
  const FILTERS: readonly Filter<Thing>[] = [
    { _id: 't7' },
    { _id: 't7', n: 7 },
    { _id: 't7', n: { $lt: 7 } },
    { _id: 'nobody', n: 7 },
    { colour: 'red' },
    { colour: 'red', done: false },
    { done: true },
    { colour: 'green', n: { $gte: 20 } },
    { colour: 'violet' },
    { colour: 'red', $or: [{ n: 0 }, { n: 8 }] },
  ];

  it('find, count, update and delete what reading everything would, after any change', async () => {
    const things = database.db.collection<Thing>('things');
    const found = async (): Promise<string[][][]> => {
      const ids = async (filter: Filter<Thing>): Promise<string[]> =>
        (await things.find(filter).toArray()).map(({ _id }) => _id).sort();
      return Promise.all(FILTERS.map(async (filter) => [await ids(filter), await ids({ $and: [filter] })]));
    };
    const expectAgreement = async (): Promise<void> => {
      for (const [narrowed, whole] of await found()) expect(narrowed).toEqual(whole);
    };
    await things.insertMany(
      Array.from({ length: 100 }, (_, n) => {
        const [colour, done] = [COLOURS[n % COLOURS.length], DONE[n % DONE.length]];
        return {
          _id: `t${n}`,
          n,
          ...(colour === undefined ? {} : { colour }),
          ...(done === undefined ? {} : { done }),
        };
      }),
      { ignoreUndefined: true },
    );
    await expectAgreement();
    expect((await found())[4]?.[0]).toHaveLength(26);

    const repaint: UpdateFilter<Thing> = { $set: { colour: 'red' } };
    expect((await things.updateMany({ colour: 'green', n: { $lt: 50 } }, repaint)).modifiedCount).toBe(7);
    await things.updateOne({ _id: 't2', n: 2 }, { $unset: { colour: '' } });
    await things.replaceOne({ _id: 't8', n: 8 }, { n: 8, colour: 'blue' });
    await things.findOneAndUpdate({ colour: 'blue', n: 10 }, { $set: { done: true } });
    await things.updateOne({ _id: 'new', n: 1 }, { $set: { colour: 'red' } }, { upsert: true });
    await expectAgreement();

    expect((await things.deleteMany({ colour: 'red', done: false })).deletedCount).toBeGreaterThan(0);
    await things.deleteOne({ _id: 't7', n: 7 });
    await expectAgreement();
    expect(await things.countDocuments({ colour: 'red', done: false })).toBe(0);
    expect((await things.find({ colour: 'red' }).sort({ n: -1 }).skip(1).limit(3).toArray()).map(({ n }) => n)).toEqual(
      (
        await things
          .find({ $and: [{ colour: 'red' }] })
          .sort({ n: -1 })
          .skip(1)
          .limit(3)
          .toArray()
      ).map(({ n }) => n),
    );
  });

  it('lets one of many compare-and-swaps through', async () => {
    const things = database.db.collection<Thing>('swaps');
    await things.insertMany(Array.from({ length: 50 }, (_, n) => ({ _id: `s${n}`, n: 0 })));
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, writer) => things.replaceOne({ _id: 's9', n: 0 }, { n: writer + 1 })),
    );
    expect(results.filter(({ matchedCount }) => matchedCount === 1)).toHaveLength(1);
  });
});
