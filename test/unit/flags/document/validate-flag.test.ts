import fc from 'fast-check';
import type { Condition } from '../../../../flags/document/condition';
import { FlagDefinition } from '../../../../flags/document/flag';
import {
  hasThreeDecimals,
  validateFlag,
  validateSegment,
  type References,
} from '../../../../flags/document/validate-flag';

const definition = (overrides: Record<string, unknown> = {}): FlagDefinition =>
  FlagDefinition.parse({
    key: 'f',
    type: 'boolean',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    offVariant: 'off',
    ...overrides,
  });
const rule = (serve: unknown, condition: unknown = { attribute: 'a', value: 1 }, name = 'r') => ({
  name,
  if: condition,
  serve,
});
const messages = (flag: FlagDefinition, references?: References): string[] =>
  validateFlag(flag, references).map(({ field, message }) => `${field}: ${message}`);

const environment = (flags: FlagDefinition[], segments: Record<string, Condition> = {}): References => ({
  flag: (key) => flags.find((flag) => flag.key === key),
  segment: (key) => (segments[key] === undefined ? undefined : { if: segments[key] }),
});
const segmentIs = (key: string): Condition => ({ segment: key });

describe('a flag definition', () => {
  it('is good when its parts fit together', () => {
    const split = {
      split: [
        { variant: 'on', weight: 0.001 },
        { variant: 'off', weight: 99.999 },
      ],
    };
    expect(messages(definition({ rules: [rule(split), rule({ variant: 'on' }, { segment: 's' }, 'q')] }))).toEqual([]);
  });

  it.each([
    ['boolean', 'yes'],
    ['string', 1],
    ['number', '1'],
    ['object', null],
    ['object', 'text'],
  ])('of type %s refuses the value %j', (type, value) => {
    const flag = definition({ type, variants: { a: value }, defaultVariant: 'a', offVariant: 'a' });
    expect(messages(flag)).toEqual([`variants.a: ${JSON.stringify(value)} is not of the flag's type ${type}`]);
  });

  it('names every variant that does not exist, where it is named', () => {
    const rules = [
      rule({ variant: 'x' }),
      rule(
        {
          split: [
            { variant: 'y', weight: 50 },
            { variant: 'on', weight: 50 },
          ],
        },
        undefined,
        'q',
      ),
    ];
    expect(messages(definition({ defaultVariant: 'v', offVariant: 'w', rules }))).toEqual([
      "defaultVariant: the flag has no variant 'v'",
      "offVariant: the flag has no variant 'w'",
      "rules[0].serve.variant: the flag has no variant 'x'",
      "rules[1].serve.split[0].variant: the flag has no variant 'y'",
    ]);
  });

  it('does not take inherited names for variants', () => {
    expect(messages(definition({ defaultVariant: 'toString' }))).toHaveLength(1);
  });

  it('refuses splits that do not add up, repeat a variant or are finer than a bucket', () => {
    const serve = {
      split: [
        { variant: 'on', weight: 33.3333 },
        { variant: 'off', weight: 66 },
        { variant: 'on', weight: 0.5 },
      ],
    };
    expect(messages(definition({ rules: [rule(serve)] }))).toEqual([
      'rules[0].serve.split[0].weight: 33.3333 has more than three decimals; 0.001 % is the smallest share',
      "rules[0].serve.split[2].variant: variant 'on' has a share already",
      'rules[0].serve.split: weights add up to 99.833, not 100',
    ]);
  });

  it('accepts any split of whole thousandths, however floating point adds them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (n) => {
        const split = [
          { variant: 'on', weight: n / 1000 },
          { variant: 'off', weight: (100_000 - n) / 1000 },
        ];
        return hasThreeDecimals(n / 1000) && messages(definition({ rules: [rule({ split })] })).length === 0;
      }),
    );
  });

  it('refuses two rules of one name', () => {
    const rules = [rule({ variant: 'on' }), rule({ variant: 'off' })];
    expect(messages(definition({ rules }))).toEqual(["rules[1].name: two rules are named 'r'"]);
  });

  it.each([
    ['in', 'DE'],
    ['equals', ['DE']],
    ['starts_with', 1],
    ['less_than', '5'],
    ['before', 'tomorrow'],
    ['before', '2026-02-31'],
    ['after', '2026-04-31T10:00:00Z'],
    ['before', '2026-01-01T10:00:00'],
    ['exists', 'yes'],
  ])('refuses %s with the value %j, which could never match', (operator, value) => {
    const flag = definition({
      rules: [rule({ variant: 'on' }, { all: [{ not: { attribute: 'a', operator, value } }] })],
    });
    expect(messages(flag)).toEqual([
      expect.stringMatching(/^rules\[0\]\.if\.all\[0\]\.not\.value: '\w+' compares with /),
    ]);
  });

  it('refuses unknown segments and prerequisites where the environment is given', () => {
    const flag = definition({
      rules: [rule({ variant: 'on' }, { any: [{ segment: 'staff' }, { segment: 'gone' }] })],
      prerequisites: [
        { flag: 'base', variants: ['on', 'maybe'] },
        { flag: 'nowhere', variants: ['on'] },
      ],
    });
    expect(messages(flag, environment([definition({ key: 'base' })], { staff: segmentIs('staff') }))).toEqual([
      "rules[0].if.any[1].segment: there is no segment 'gone'",
      "prerequisites[0].variants[1]: flag 'base' has no variant 'maybe'",
      "prerequisites[1].flag: there is no flag 'nowhere'",
    ]);
    expect(messages(flag)).toEqual([]);
  });

  it('refuses prerequisites that go in a circle, with the way', () => {
    const needs = (key: string, flag: string) => definition({ key, prerequisites: [{ flag, variants: ['on'] }] });
    expect(messages(needs('f', 'g'), environment([needs('g', 'h'), needs('h', 'f')]))).toEqual([
      'prerequisites: prerequisites go in a circle: f → g → h → f',
    ]);
    expect(messages(needs('f', 'f'), environment([]))).toEqual(['prerequisites: prerequisites go in a circle: f → f']);
    expect(messages(needs('f', 'g'), environment([needs('g', 'h'), needs('h', 'g')]))).toEqual([]);
  });
});

describe('a segment', () => {
  const check = (condition: Condition, segments: Record<string, Condition>) =>
    validateSegment({ key: 's', if: condition }, environment([], segments));

  it('refuses segments that go in a circle, with the way', () => {
    expect(check(segmentIs('a'), { a: { not: segmentIs('b') }, b: { all: [segmentIs('s')] } })).toEqual([
      { field: 'if', message: 'segments go in a circle: s → a → b → s' },
    ]);
    expect(check(segmentIs('s'), {})).toEqual([{ field: 'if', message: 'segments go in a circle: s → s' }]);
  });

  it('refuses unknown segments', () => {
    expect(check({ any: [segmentIs('gone')] }, {})).toEqual([
      { field: 'if.any[0].segment', message: "there is no segment 'gone'" },
    ]);
  });

  it('is good without references', () => {
    expect(validateSegment({ key: 's', if: segmentIs('other') })).toEqual([]);
  });
});
