import fc from 'fast-check';

type Logic = unknown;

const NAMES = ['x', 'y', 'email', 'list', 'user.name', 'user.age', 'targetingKey', 'list.0', 'absent'];
const SCALARS: readonly Logic[] = [0, 1, 5, 18, -1, 0.5, '', 'a', 'ab', 'NO', '5', '1.2.0', true, false, null];
const VERSIONS: readonly Logic[] = ['1.2.3', 'v1.2.0', '1.2', '2', '2.0.0-beta.1', '1.0.0+build', 'none'];

const name = fc.constantFrom(...NAMES);
const scalar = fc.constantFrom(...SCALARS);
const variable = fc.oneof(
  { weight: 6, arbitrary: name.map((one) => ({ var: one })) },
  { weight: 1, arbitrary: name.map((one) => ({ var: [one] })) },
  { weight: 1, arbitrary: fc.tuple(name, scalar).map((pair) => ({ var: pair })) },
);
const list = fc.oneof(
  fc.constant({ var: 'list' }),
  fc.array(scalar, { maxLength: 3 }),
  fc.constant({ merge: [{ var: 'list' }, ['a', 5]] }),
);
const element = fc.constantFrom<Logic>(
  { '>': [{ var: '' }, 1] },
  { '===': [{ var: '' }, 'a'] },
  { var: '' },
  { in: [{ var: '' }, ['a', 5]] },
);

function operator(names: readonly string[], ...operands: readonly fc.Arbitrary<Logic>[]): fc.Arbitrary<Logic> {
  return fc.tuple(fc.constantFrom(...names), fc.tuple(...operands)).map(([one, values]) => ({ [one]: values }));
}

const COMPARISONS = ['==', '===', '!=', '!==', '<', '<=', '>', '>='];
const VERSION_OPERATORS = fc.constantFrom<Logic>('=', '!=', '<', '<=', '>', '>=', '^', '~', '~~');
const SHARES = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom<Logic>('red', 'green', 'blue', 'purple', null, true)),
    fc.tuple(
      fc.constantFrom<Logic>('red', 'green', 'blue', true, false),
      fc.constantFrom<Logic>(0, 1, 25, 50, -5, 1.5, 2 ** 31 - 60),
    ),
    fc.tuple(fc.constant<Logic>({ if: [{ '==': [{ var: 'x' }, 5] }, 'green', 'blue'] }), fc.constant<Logic>(50)),
    fc.tuple(fc.constant<Logic>('blue'), fc.constant<Logic>({ if: [{ '==': [{ var: 'x' }, 5] }, 100, 0] })),
  ),
  { minLength: 1, maxLength: 4 },
);
const HASHED = fc.constantFrom<readonly Logic[]>(
  [],
  [{ var: 'targetingKey' }],
  [{ var: 'email' }],
  [{ cat: ['seed', { var: 'email' }] }],
  [{ cat: [{ var: '$flagd.flagKey' }, { var: 'user.name' }] }],
  [{ cat: [{ var: 'email' }, { var: 'x' }] }],
);
const fractional = fc.tuple(HASHED, SHARES).map(([hashed, shares]) => ({ fractional: [...hashed, ...shares] }));

const { value, condition, outcome } = fc.letrec<{ value: Logic; condition: Logic; outcome: Logic }>((tie) => ({
  /** What comes to a text, a number, or nothing. */
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    variable,
    scalar,
    operator(['+', '-', '*', '/', '%'], tie('value'), fc.constantFrom<Logic>(1, 2, '3', 0)),
    operator(['+', '-', '*'], tie('value')),
    operator(['max', 'min'], tie('value'), fc.constantFrom<Logic>(3, 10)),
    operator(['cat'], tie('value'), fc.constantFrom<Logic>('-', 5, { var: 'email' })),
    operator(['cat'], tie('value')),
    operator(['substr'], tie('value'), fc.constantFrom<Logic>(0, 1, -2)),
    operator(['substr'], tie('value'), fc.constantFrom<Logic>(0, 1, -2), fc.constantFrom<Logic>(1, -1, 3)),
    fc.constant({ var: '$flagd.flagKey' }),
    list.map((one) => ({ reduce: [one, { '+': [{ var: 'current' }, { var: 'accumulator' }] }, 0] })),
  ),
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    operator(COMPARISONS, tie('value'), scalar),
    operator(COMPARISONS, scalar, tie('value')),
    operator(COMPARISONS, tie('value'), tie('value')),
    operator(['<', '<='], fc.constantFrom<Logic>(0, 1), tie('value'), fc.constantFrom<Logic>(5, 18)),
    operator(['in'], tie('value'), list),
    operator(['in'], fc.constantFrom<Logic>('a', '5', 'x'), tie('value')),
    operator(['starts_with', 'ends_with'], tie('value'), fc.constantFrom<Logic>('a', 'b', '', '@example.com')),
    operator(
      ['sem_ver'],
      fc.oneof(variable, fc.constantFrom(...VERSIONS)),
      VERSION_OPERATORS,
      fc.constantFrom(...VERSIONS),
    ),
    operator(['!!', '!'], tie('condition')),
    operator(['!!', '!'], fc.oneof(variable, list)),
    variable,
    fc.boolean(),
    fc.constant({ $ref: 'isStaff' }),
    fractional,
    operator(['some', 'all', 'none', 'filter', 'map'], list, element),
    fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => ({ '!': { missing: names } })),
    fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => ({ missing: names })),
    fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => ({ '!': [{ missing_some: [1, names] }] })),
    fc.array(tie('condition'), { maxLength: 3 }).map((parts) => ({ and: parts })),
    fc.array(tie('condition'), { maxLength: 3 }).map((parts) => ({ or: parts })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 5 }).map((parts) => ({ if: parts })),
  ),
  outcome: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Logic>('red', 'green', 'blue', 'true', 5, true, false, null, 'purple'),
    fractional,
    tie('value'),
    operator(['and', 'or'], tie('condition'), fc.constantFrom<Logic>('red', 'green')),
    operator(['if'], tie('condition'), tie('outcome')),
    operator(['if'], tie('condition'), tie('outcome'), tie('outcome')),
    operator(['if'], tie('condition'), tie('outcome'), tie('condition'), tie('outcome')),
    operator(['if'], tie('condition'), tie('outcome'), tie('condition'), tie('outcome'), tie('outcome')),
  ),
}));

const attribute = fc.constantFrom<Logic>(
  0,
  1,
  5,
  18,
  -3,
  0.5,
  '',
  'a',
  'ab',
  'ba',
  'NO',
  '5',
  ' 5 ',
  '1.2.0',
  'v2.0.0',
  true,
  false,
  null,
);
const context = fc.record(
  {
    targetingKey: fc.constantFrom('u1', 'u2', 'u3', 'u4', 'u5', ''),
    x: fc.oneof(
      { weight: 5, arbitrary: attribute },
      { weight: 1, arbitrary: fc.constantFrom<Logic>([], ['a'], [5, 6], {}, { a: 1 }) },
    ),
    y: attribute,
    email: fc.constantFrom<Logic>('a@example.com', 'b', '', 'red', null, 7),
    list: fc.oneof(fc.array(attribute, { maxLength: 4 }), fc.constantFrom<Logic>('text', 5, null)),
    user: fc.oneof(
      fc.record({ name: fc.constantFrom('jack', 'ten', ''), age: attribute }, { requiredKeys: [] }),
      fc.constantFrom<Logic>(0, '', 'jack', null),
    ),
  },
  { requiredKeys: [] },
);

/** A flag and contexts to evaluate it with. */
export interface GeneratedCase {
  readonly targeting: Logic;
  readonly defaultVariant: string | null | undefined;
  readonly contexts: readonly Readonly<Record<string, Logic>>[];
}

/** Flags with every operator of flagd's, and contexts with attributes of every type, the ones that do not fit included. */
export const generatedCase: fc.Arbitrary<GeneratedCase> = fc.record({
  targeting: fc.oneof(
    { weight: 3, arbitrary: outcome },
    operator(['if'], condition, fc.constant<Logic>('green'), fc.constant<Logic>('blue')),
    value,
  ),
  defaultVariant: fc.constantFrom('red', 'red', null, undefined),
  contexts: fc.array(context, { minLength: 12, maxLength: 12 }),
});
