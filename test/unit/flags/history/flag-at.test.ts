import fc from 'fast-check';
import type { DecisionRecord } from '../../../../flags/document/decision-record';
import type { Flag } from '../../../../flags/document/flag';
import { definitionChanges, flagAt } from '../../../../flags/history/flag-at';
import type { FlagBody } from '../../../../flags/transition/plan-transition';
import { chainRecord } from '../../../../store/decision-chain';
import { givenFlag } from '../../../support/flag-builders';

const draft = {
  actor: { kind: 'token', name: 'ada', verified: true },
  action: 'flag.edit',
  reason: 'because',
} as const;

/** A flag written again and again, with its records, newest first. */
function written(bodies: readonly FlagBody[]): { flag: Flag; records: DecisionRecord[] } {
  let flag: Flag | null = null;
  const records: DecisionRecord[] = [];
  for (const body of bodies) {
    const record = chainRecord(flag, body, draft, '2026-01-01T00:00:00.000Z');
    records.unshift(record);
    flag = { ...body, schemaVersion: 1, revision: record.revision, lastChange: record };
  }
  if (flag === null) throw new Error('nothing was written');
  return { flag, records };
}

describe('a flag as it stood', () => {
  const edit = fc.record(
    {
      description: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
      owner: fc.option(fc.constantFrom('web', 'shop'), { nil: undefined }),
      enabled: fc.boolean(),
      tags: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      deleted: fc.constantFrom(undefined, true),
    },
    { requiredKeys: ['enabled', 'tags'] },
  );

  it('is found at every revision, whatever was written since', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
        const bodies = edits.map((change) => JSON.parse(JSON.stringify({ ...givenFlag(), ...change })) as FlagBody);
        const { flag, records } = written(bodies);
        for (const [index, body] of bodies.entries()) {
          const past = flagAt(flag, records, index + 1);
          expect([past.definition.description, past.definition.owner]).toEqual([body.description, body.owner]);
          expect([past.definition.enabled, past.definition.tags]).toEqual([body.enabled, body.tags]);
          expect(past.archived).toBe(body.deleted === true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('names the fields that differ', () => {
    const { flag, records } = written([givenFlag(), { ...givenFlag(), owner: 'web' }]);
    expect(definitionChanges(flagAt(flag, records, 1), flagAt(flag, records, 2))).toEqual([
      { field: 'owner', after: 'web' },
    ]);
  });

  it('is refused for revisions that never were, or whose records are not all there', () => {
    const { flag, records } = written([givenFlag(), { ...givenFlag(), owner: 'web' }]);
    for (const revision of [0, 3]) expect(() => flagAt(flag, records, revision)).toThrow(/has no revision/);
    expect(() => flagAt(flag, [], 1)).toThrow(/has no revision 1/);
  });

  it('is refused behind a record that keeps hashes alone', () => {
    const { flag, records } = written([givenFlag(), { ...givenFlag(), owner: 'web' }]);
    const hash = { sha256: 'x' };
    const [last, first] = records as [DecisionRecord, DecisionRecord];
    const vouched = { ...last, changes: [{ field: 'owner', before: hash, after: hash }] };
    expect(() => flagAt(flag, [vouched, first], 1)).toThrow(/keeps only the hash of 'owner'/);
  });
});
