import { FlagDefinition } from '../../../../flags/document/flag';
import { validateFlag } from '../../../../flags/document/validate-flag';
import { compileSnapshot } from '../../../../flags/evaluator/snapshot';
import { importFlagd } from '../../../../flags/import/flagd';
import { FlagdDefinition } from '../../../../flags/import/flagd-definition';
import type { Imported } from '../../../../flags/import/imported';

const colours = { red: '#f00', green: '#0f0', blue: '#00f' };

function given(targeting: unknown, rest: Record<string, unknown> = {}, evaluators = {}): Imported {
  const flag = { state: 'ENABLED', variants: colours, defaultVariant: 'red', targeting, ...rest };
  return importFlagd(FlagdDefinition.parse({ flags: { colour: flag }, $evaluators: evaluators }));
}

function variantOf(imported: Imported, context: Record<string, unknown>): string | undefined {
  const [flag] = imported.flags;
  const definition = FlagDefinition.parse(flag);
  expect(validateFlag(definition)).toEqual([]);
  const sdk = { ...definition, _id: 'test/colour', environment: 'test', salt: 'colour', revision: 1 };
  return compileSnapshot({ flags: [sdk], segments: [] }).resolve('colour', definition.type, context as never, 0).details
    .variant;
}

describe('a flagd definition', () => {
  it('keeps the order of its branches and its last resort', () => {
    const imported = given({
      if: [
        { and: [{ ends_with: [{ var: 'email' }, '@example.com'] }, { '>=': [{ var: 'age' }, 18] }] },
        'green',
        { in: [{ var: 'country' }, ['NO', 'SE']] },
        'blue',
        'red',
      ],
    });
    expect(variantOf(imported, { email: 'ada@example.com', age: 30 })).toBe('green');
    expect(variantOf(imported, { email: 'ada@example.com', age: 3, country: 'NO' })).toBe('blue');
    expect(variantOf(imported, {})).toBe('red');
    expect(imported.notes).toEqual([
      {
        item: 'flags.colour.targeting',
        kind: 'changed',
        message: expect.stringMatching(/text such as '18'/) as string,
      },
    ]);
  });

  it('tells nothing of an order where the attribute is no text', () => {
    const x = { var: 'x' };
    const imported = given({ if: [{ and: [{ '!': [{ starts_with: [x, ''] }] }, { '<': [x, 5] }] }, 'green'] });
    expect(imported.notes).toEqual([]);
    expect([variantOf(imported, { x: 1 }), variantOf(imported, { x: '1' })]).toEqual(['green', 'red']);
  });

  it('leaves users of an inner branch without result to the default, and to no later branch', () => {
    const imported = given({
      if: [{ '==': [{ var: 'a' }, 1] }, { if: [{ '==': [{ var: 'b' }, 1] }, 'green'] }, 'blue'],
    });
    expect(variantOf(imported, { a: 1, b: 1 })).toBe('green');
    expect(variantOf(imported, { a: 1, b: 2 })).toBe('red');
    expect(variantOf(imported, { a: 2 })).toBe('blue');
    const none = given({ if: [{ '==': [{ var: 'a' }, 1] }, null, 'blue'] });
    expect([variantOf(none, { a: 1 }), variantOf(none, {})]).toEqual(['red', 'blue']);
  });

  it.each([
    [{ '!': [{ var: 'x' }] }, {}, { x: true }],
    [{ '!!': [{ var: 'x' }] }, { x: 'yes' }, { x: '' }],
    [{ '!=': [{ var: 'x' }, 'a'] }, { x: 'b' }, { x: 'a' }],
    [{ '<': [5, { var: 'x' }] }, { x: 6 }, { x: 5 }],
    [{ in: ['net', { var: 'x' }] }, { x: 'a.net' }, { x: 'a.org' }],
    [{ sem_ver: [{ var: 'x' }, '>=', '1.2.0'] }, { x: '1.10.0' }, { x: '1.1.9' }],
    [{ '==': [{ var: 'x' }, null] }, {}, { x: 1 }],
    [{ or: [{ starts_with: [{ var: 'x' }, 'a'] }, { $ref: 'shared' }] }, { y: true }, { y: false }],
  ])('reads %j', (condition, holds, fails) => {
    const imported = given({ if: [condition, 'green'] }, {}, { shared: { '==': [{ var: 'y' }, true] } });
    expect([variantOf(imported, holds), variantOf(imported, fails)]).toEqual(['green', 'red']);
  });

  it('splits in the same shares where several attributes decide, and says that users are drawn anew', () => {
    const imported = given({
      fractional: [{ cat: [{ var: 'email' }, { var: 'team' }] }, ['red', 1], ['green', 1], ['blue', 1]],
    });
    expect(imported.flags[0]?.rules[0]?.serve).toEqual({
      split: [
        { variant: 'red', weight: 33.333 },
        { variant: 'green', weight: 33.334 },
        { variant: 'blue', weight: 33.333 },
      ],
    });
    expect(imported.notes.map(({ kind }) => kind)).toEqual(['changed', 'changed']);
    expect(variantOf(imported, { targetingKey: 'ada' })).toBeDefined();
  });

  it('gives a share without weight to nobody, however the others are rounded', () => {
    const by = { cat: [{ var: 'email' }, { var: 'team' }] };
    const shares = [...Array.from({ length: 6 }, () => ['red', 1]), ['blue', 0], ['green', 1]];
    const imported = given({ fractional: [by, ...shares] });
    expect(imported.flags[0]?.rules[0]?.serve).toEqual({
      split: [
        { variant: 'red', weight: 85.714 },
        { variant: 'green', weight: 14.286 },
      ],
    });
    expect(
      variantOf(
        given({
          fractional: [
            ['green', 0],
            ['blue', -5],
          ],
        }),
        { targetingKey: 'ada' },
      ),
    ).toBe('red');
  });

  it('hands metadata out, and a disabled flag answers the caller’s own default', () => {
    const imported = given(undefined, { state: 'DISABLED', metadata: { team: 'web' } });
    expect(imported.flags[0]).toMatchObject({ enabled: false, metadata: { team: 'web' } });
    expect(imported.flags[0]).not.toHaveProperty('offVariant');
    expect(variantOf(imported, {})).toBeUndefined();
  });

  it('leaves a flag out that is not valid here, and lets the others be', () => {
    const { flags, notes } = importFlagd(
      FlagdDefinition.parse({
        flags: {
          bad: { state: 'ENABLED', variants: { on: true }, defaultVariant: 'off' },
          empty: { state: 'ENABLED', variants: { a: null, b: {} }, defaultVariant: 'b' },
          good: { state: 'ENABLED', variants: { on: true }, defaultVariant: '' },
        },
      }),
    );
    expect(flags.map(({ key, defaultVariant }) => [key, defaultVariant])).toEqual([['good', undefined]]);
    expect(notes).toEqual([
      { item: 'flags.bad', kind: 'left_out', message: expect.stringMatching(/no variant 'off'/) as string },
      { item: 'flags.empty', kind: 'left_out', message: expect.stringMatching(/variants.a/) as string },
    ]);
  });

  it.each([
    [{ if: [{ '==': [{ '+': [{ var: 'x' }, 1] }, 2] }, 'green'] }, /no condition says/],
    [{ if: [{ '==': [{ var: '$flagd.timestamp' }, 2] }, 'green'] }, /only flagd knows/],
    [{ if: [{ '==': [{ var: 'x' }, 2] }, 'purple'] }, /'purple', which is no variant/],
    [{ if: [{ $ref: 'missing' }, 'green'] }, /no evaluator 'missing'/],
    [{ if: [{ '==': [{ var: ['x', 'none'] }, 'none'] }, 'green'] }, /takes "none" where 'x' is missing/],
    [{ if: [{ '==': [{ var: 'list.0' }, 'a'] }, 'green'] }, /names a place in a list/],
    [{ fractional: [{ var: 'email' }, [{ '+': [1, 2] }, 50], ['blue', 50]] }, /no rule says/],
    [{ if: [{ sem_ver: [{ var: 'x' }, '=', 'one'] }, 'green'] }, /no condition says/],
  ])('leaves a flag out that it cannot express, and says why: %j', (targeting, why) => {
    const imported = given(targeting);
    expect(imported.flags).toEqual([]);
    expect(imported.notes).toEqual([
      { item: 'flags.colour', kind: 'left_out', message: expect.stringMatching(why) as string },
    ]);
  });
});
