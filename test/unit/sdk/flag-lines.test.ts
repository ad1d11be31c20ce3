import fc from 'fast-check';
import { sdkFlag } from '../../support/sdk-flags';
import { flagLine } from '../../../flags/evaluator/flag-line';
import type { SdkFlag, Tombstone } from '../../../flags/evaluator/resolution';
import { compareKeys, FlagLines, isLiving, joinLines, keyOf, revisionOf } from '../../../sdk/src/flag-lines';
import { FlagTable } from '../../../sdk/src/flag-table';
import { documentOf, readAnswer, readDocument, writeDocument } from '../../../sdk/src/snapshot-document';

const lineOf = (flag: SdkFlag | Tombstone): Buffer => Buffer.from(flagLine(flag));
const linesOf = (flags: readonly (SdkFlag | Tombstone)[]): FlagLines =>
  new FlagLines(joinLines(flags.map(lineOf).sort(compareKeys)));

/** Keys that begin like one another, of several scripts, and with pictures that JavaScript sorts otherwise than bytes. */
const key = fc
  .tuple(
    fc.constantFrom('a', 'flag', 'flag.a', 'øl', '旗', 'a🎈', 'a\uff21'),
    fc.constantFrom('', '0', '.1', '-b', '🎈'),
  )
  .map((parts) => parts.join(''));
const flag: fc.Arbitrary<SdkFlag | Tombstone> = fc
  .record({ key, revision: fc.integer({ min: 1, max: 4 }), isDeleted: fc.boolean() })
  .map(({ key, revision, isDeleted }) =>
    isDeleted ? { key, revision, deleted: true as const } : sdkFlag(key, { revision, salt: `${key}-${revision}` }),
  );
const distinct = fc.uniqueArray(flag, { selector: (one) => one.key, maxLength: 20 });

describe('flags as lines', () => {
  it('are found by their keys and no others, whatever these are', () => {
    fc.assert(
      fc.property(distinct, key, (flags, asked) => {
        const lines = linesOf(flags);
        for (const one of flags) expect(lines.find(Buffer.from(one.key))).toEqual(lineOf(one));
        const isThere = flags.some((one) => one.key === asked);
        expect(lines.find(Buffer.from(asked)) !== undefined).toBe(isThere);
        expect([...lines].map(keyOf)).toHaveLength(flags.length);
      }),
    );
  });

  it('are refused when the last one is cut off', () => {
    const whole = joinLines([lineOf(sdkFlag('a'))]);
    expect(() => new FlagLines(whole.subarray(0, -1))).toThrow('cut off');
  });
});

describe('the table of flags', () => {
  it('holds each flag at its highest revision, whatever is told of all or of some, in whatever order', () => {
    const told = fc.array(fc.record({ flags: distinct, isWhole: fc.boolean() }), { maxLength: 6 });
    fc.assert(
      fc.property(told, (answers) => {
        let table = FlagTable.empty;
        const model = new Map<string, SdkFlag | Tombstone>();
        for (const { flags, isWhole } of answers) {
          const before = new Map(model);
          const isFirst = table.isEmpty;
          const lines = linesOf(flags);
          const merged = isWhole ? table.withAll(lines) : table.withSome(lines);
          table = merged.table;
          for (const one of flags) if (one.revision >= (model.get(one.key)?.revision ?? -1)) model.set(one.key, one);
          const changed = [...model.values()].filter((one) => {
            const was = before.get(one.key);
            return was === undefined || flagLine(was) !== flagLine(one);
          });
          // A first whole answer lists nothing: everything is new.
          const listed = isFirst && isWhole ? [] : changed.map((one) => one.key);
          expect([...merged.changed].sort()).toEqual(listed.sort());
        }
        const held = [...table];
        expect(held.map((line) => line.toString())).toEqual(
          [...model.values()].map(lineOf).sort(compareKeys).map(String),
        );
        for (const one of model.values()) expect(table.get(one.key)).toEqual(lineOf(one));
        expect(table.livingKeys().sort()).toEqual(held.filter(isLiving).map(keyOf).sort());
        expect(table.toLines().bytes).toEqual(joinLines(held));
      }),
    );
  });

  it('stays whole when many changes make it one piece again', () => {
    const keys = Array.from({ length: 1_200 }, (_, at) => `flag-${at}`);
    let { table } = FlagTable.empty.withAll(linesOf(keys.map((one) => sdkFlag(one))));
    for (const one of keys) ({ table } = table.withSome(linesOf([sdkFlag(one, { revision: 2 })])));
    expect([...table].map(revisionOf)).toEqual(keys.map(() => 2));
    expect(table.get('flag-77')).toEqual(lineOf(sdkFlag('flag-77', { revision: 2 })));
  });
});

describe('a snapshot in lines', () => {
  const content = { environment: 'test', flags: [sdkFlag('a'), sdkFlag('b')], segments: [] };
  const written = writeDocument({ ...documentOf(content), etag: '"e"' }, { leases: [] });

  it('is read as it was written', () => {
    const answer = readAnswer(written);
    expect([...answer.lines].map(keyOf)).toEqual(['a', 'b']);
    expect(answer).toMatchObject({ environment: 'test', etag: '"e"', leases: [] });
  });

  it('is refused wherever it is cut off', () => {
    for (let length = 0; length < written.length; length += 1) {
      expect(() => readAnswer(written.subarray(0, length))).toThrow();
    }
  });

  it.each(['', 'null\n', '<html>\n</html>\n', '{"version":2}\n'])('is not %j', (text) => {
    expect(() => readDocument(Buffer.from(text))).toThrow('no header');
  });
});
