import fc from 'fast-check';
import type { Condition } from '../../flags/document/condition';
import type { FlagDefinition, Prerequisite, Rule } from '../../flags/document/flag';
import type { ExportSource } from '../../flags/export/exported';

const texts = fc.constantFrom('pro', 'free', 'Pro', 'a.b', 'x+y', '5');
const numbers = fc.constantFrom(0, 5, 17.5, -3);
const versions = fc.constantFrom('1.2.3', '1.10.0', '1.2.3-beta.2', '2.0.0');
const instants = fc.constantFrom('2026-01-01T00:00:00Z', '2026-06-01T12:00:00Z');

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    attribute: fc.constantFrom('plan', 'user.plan'),
    operator: fc.constantFrom('equals', 'contains', 'starts_with', 'ends_with'),
    value: texts,
    ignoreCase: fc.constantFrom(undefined, undefined, true),
  }),
  fc.record({
    attribute: fc.constant('plan'),
    operator: fc.constantFrom('in', 'not_in'),
    value: fc.array(texts, { maxLength: 3 }),
  }),
  fc.record({
    attribute: fc.constant('age'),
    operator: fc.constantFrom('equals', 'less_than', 'less_or_equal', 'greater_than', 'greater_or_equal'),
    value: numbers,
  }),
  fc.record({ attribute: fc.constant('beta'), operator: fc.constant('equals'), value: fc.boolean() }),
  fc.record({
    attribute: fc.constant('app'),
    operator: fc.constantFrom('semver_equals', 'semver_less_than', 'semver_greater_or_equal'),
    value: versions,
  }),
  fc.record({ attribute: fc.constant('since'), operator: fc.constantFrom('before', 'after'), value: instants }),
  fc.record({
    attribute: fc.constantFrom('plan', 'age', 'targetingKey'),
    operator: fc.constant('exists'),
    value: fc.boolean(),
  }),
  fc.record({ attribute: fc.constant('plan'), operator: fc.constant('matches'), value: fc.constant('^p.o$') }),
  fc.record({ attribute: fc.constant('targetingKey'), operator: fc.constant('in'), value: fc.constant(['u1', 'u2']) }),
) as fc.Arbitrary<Condition>;

const condition = (withSegments: boolean): fc.Arbitrary<Condition> =>
  fc
    .letrec<{ condition: Condition }>((tie) => ({
      condition: fc.oneof(
        { maxDepth: 2, depthSize: 'small' },
        withSegments ? fc.oneof(leaf, leaf, fc.constantFrom({ segment: 'first' }, { segment: 'second' })) : leaf,
        fc.record({ all: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
        fc.record({ any: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
        fc.record({ not: tie('condition') }),
      ),
    }))
    .condition.map((made) => JSON.parse(JSON.stringify(made)) as Condition);

const VARIANTS: Readonly<Record<string, FlagDefinition['variants']>> = {
  boolean: { on: true, off: false },
  string: { red: '#f00', green: '#0f0', blue: '' },
  number: { red: 1, green: 2.5, blue: 0 },
  object: { red: { a: 1 }, green: { a: [2] }, blue: {} },
};

function flag(key: string, parent?: FlagDefinition): fc.Arbitrary<FlagDefinition> {
  return fc.constantFrom('boolean', 'string', 'number', 'object').chain((type) => {
    const variants = VARIANTS[type] ?? {};
    const name = fc.constantFrom(...Object.keys(variants));
    const serve: fc.Arbitrary<Rule['serve']> = fc.oneof(
      { weight: 9, arbitrary: fc.record({ variant: name }) },
      {
        weight: 1,
        arbitrary: fc.constant({
          split: Object.keys(variants)
            .slice(0, 2)
            .map((variant, at) => ({ variant, weight: at === 0 ? 33.333 : 66.667 })),
        }),
      },
    );
    const rules = fc
      .array(fc.record({ if: condition(true), serve }), { maxLength: 3 })
      .map((made) => made.map((rule, at): Rule => ({ name: `rule-${at + 1}`, ...rule })));
    const prerequisites: fc.Arbitrary<Prerequisite[]> =
      parent === undefined
        ? fc.constant([])
        : fc
            .subarray(Object.keys(parent.variants), { minLength: 1, maxLength: 2 })
            .map((wanted) => [{ flag: parent.key, variants: wanted }]);
    return fc.record({
      key: fc.constant(key),
      type: fc.constant(type),
      tags: fc.constant([]),
      variants: fc.constant(variants),
      enabled: fc.constantFrom(true, true, true, false),
      defaultVariant: fc.option(name, { nil: undefined, freq: 5 }),
      offVariant: fc.option(name, { nil: undefined }),
      rules,
      prerequisites,
    });
  });
}

/** A flag, one that has it as a prerequisite, and two segments. */
export const exportable: fc.Arbitrary<ExportSource> = flag('parent').chain((parent) =>
  fc.record({
    flags: fc.tuple(fc.constant(parent), flag('child', parent), flag('alone')).map((flags) => flags.toReversed()),
    segments: fc.tuple(condition(false), condition(false)).map(([first, second]) => [
      { key: 'first', if: first },
      { key: 'second', if: { any: [{ segment: 'first' }, second] } },
    ]),
  }),
);

/** Contexts whose attributes have the type that conditions expect, or are missing. */
export const typedContext = fc.record(
  {
    targetingKey: fc.constantFrom('u1', 'u2', 'u3'),
    plan: texts,
    age: numbers,
    beta: fc.boolean(),
    app: versions,
    since: instants,
    user: fc.record({ plan: texts }),
  },
  { requiredKeys: [] },
);

const anything = fc.constantFrom<unknown>('pro', '', '5', 'v1.2.3', 5, 0, 17.5, true, false, null);
/** Contexts whose attributes have any type. */
export const anyContext = fc.record(
  {
    targetingKey: fc.constantFrom('u1', 'u2', 'u3'),
    plan: fc.oneof(anything, texts, fc.constant(['pro', 'x'])),
    age: anything,
    beta: anything,
    app: fc.oneof(anything, versions),
    since: fc.oneof(anything, instants),
    user: fc.oneof(anything, fc.record({ plan: texts })),
  },
  { requiredKeys: [] },
);
