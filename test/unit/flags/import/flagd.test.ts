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
    expect(imported.notes).toEqual([]);
  });

  it('uses conditions of Headgate’s own where they mean the same, and flagd’s expressions where they would not', () => {
    const strict = given({
      if: [{ '===': [{ var: 'x' }, 'a'] }, 'green', { in: [{ var: 'y' }, ['b']] }, 'blue', 'red'],
    });
    expect(strict.flags[0]?.rules.map((rule) => rule.if).slice(0, 2)).toEqual([
      { attribute: 'x', operator: 'equals', value: 'a' },
      { attribute: 'y', operator: 'in', value: ['b'] },
    ]);
    const loose = given({ if: [{ '==': [{ var: 'x' }, 'a'] }, 'green', null] });
    expect(loose.flags[0]?.rules[0]?.if).toEqual({ flagd: { logic: { '==': [{ var: 'x' }, 'a'] } } });
  });

  it('fails where flagd fails, so that the caller’s own default is due', () => {
    const imported = given({
      if: [{ '<': [{ var: 'x' }, 5] }, 'green', { '===': [{ var: 'y' }, 1] }, 'purple', 'blue'],
    });
    const [flag] = imported.flags;
    const sdk = { ...FlagDefinition.parse(flag), _id: 'test/colour', environment: 'test', salt: 'colour', revision: 1 };
    const snapshot = compileSnapshot({ flags: [sdk], segments: [] });
    const codeOf = (context: object): string | undefined =>
      snapshot.resolve('colour', 'string', context as never, 0).details.errorCode;
    expect([codeOf({ x: 1 }), codeOf({ x: 'abc' }), codeOf({ x: 9, y: 1 }), codeOf({ x: 9 })]).toEqual([
      undefined,
      'GENERAL',
      'GENERAL',
      undefined,
    ]);
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

  it('draws by several attributes as flagd does, and leaves everybody without a weight at the default', () => {
    const by = { cat: [{ var: 'email' }, { var: 'team' }] };
    const imported = given({ fractional: [by, ['red', 1], ['green', 1], ['blue', 1]] });
    expect(imported.notes).toEqual([]);
    expect(imported.flags[0]?.rules.map((rule) => 'flagd' in rule.if)).toEqual([true, true, true, true]);
    const none = {
      fractional: [
        ['green', 0],
        ['blue', -5],
      ],
    };
    expect(variantOf(given(none), { targetingKey: 'ada' })).toBe('red');
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
    [{ if: [{ '==': [{ '+': ['a', 1] }, 2] }, 'green'] }, /no condition says/],
    [{ if: [{ regex: [{ var: 'x' }, 'a'] }, 'green'] }, /no operator 'regex'/],
    [{ if: [{ '==': [{ var: 'x' }, 1], '!': [] }, 'green'] }, /several operators/],
    [{ if: [{ '<': [{ var: '$flagd.flagKey' }, { var: 'x' }] }, 'green'] }, /compares its own key/],
    [{ if: [{ some: [{ var: 'x' }, { starts_with: [{ var: '' }, 'a'] }] }, 'green'] }, /elements of a list/],
    [{ if: [{ '!!': [{ var: '' }] }, 'green'] }, /context as a whole/],
    [{ if: [{ '==': [{ var: '$flagd.timestamp' }, 2] }, 'green'] }, /only flagd knows/],
    [{ if: [{ $ref: 'missing' }, 'green'] }, /no evaluator 'missing'/],
  ])('leaves a flag out that it cannot express, and says why: %j', (targeting, why) => {
    const imported = given(targeting);
    expect(imported.flags).toEqual([]);
    expect(imported.notes).toEqual([
      { item: 'flags.colour', kind: 'left_out', message: expect.stringMatching(why) as string },
    ]);
  });
});
