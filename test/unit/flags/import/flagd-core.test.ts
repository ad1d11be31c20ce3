import { FlagdCore } from '@openfeature/flagd-core';
import type { EvaluationContext } from '@openfeature/core';
import fc from 'fast-check';
import { exportFlagd } from '../../../../flags/export/flagd';
import { importFlagd } from '../../../../flags/import/flagd';
import { FlagdDefinition } from '../../../../flags/import/flagd-definition';
import type { ImportNote } from '../../../../flags/import/imported';
import { ImportedFlags } from '../../../conformance/imported-flags';
import '../../../support/property-seed';

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
const variants = { red: '#f00', green: '#0f0', blue: '#00f', true: 'yes', false: 'no', '5': 'five' };
const $evaluators = { isStaff: { ends_with: [{ var: 'email' }, '@example.com'] } };

/** What flagd's own core serves, and what is served here; null where flagd makes an error of it, or nothing stands here. */
function both(targeting: unknown): {
  readonly notes: readonly ImportNote[];
  readonly serve: (context: Record<string, unknown>) => { there: unknown; here: unknown } | null;
} {
  const definition = {
    flags: { colour: { state: 'ENABLED', variants, defaultVariant: 'red', targeting } },
    $evaluators,
  };
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(JSON.stringify(definition));
  const imported = importFlagd(FlagdDefinition.parse(definition));
  const flags = new ImportedFlags(imported);
  expect(flags.problems).toEqual([]);
  return {
    notes: imported.notes,
    serve: (context) => {
      if (imported.flags.length === 0) return null;
      const there = core.resolveStringEvaluation('colour', 'code', context as EvaluationContext, silent);
      if (there.errorCode !== undefined) return null;
      return { there: there.value, here: flags.evaluate('colour', context as EvaluationContext).value ?? 'code' };
    },
  };
}

const x = { var: 'x' };
const key = { var: 'targetingKey' };
const USERS = Array.from({ length: 200 }, (_, index) => ({
  targetingKey: `user-${index}`,
  email: `u${index}@example.org`,
}));

describe('what flagd itself makes of a definition is what is served here', () => {
  it.each<[string, unknown, readonly Record<string, unknown>[]]>([
    [
      'a draw by the flag and the targeting key',
      {
        fractional: [
          ['red', 10],
          ['green', 30],
          ['blue', 60],
        ],
      },
      [...USERS, {}],
    ],
    [
      'a draw by an attribute',
      { fractional: [{ var: 'email' }, ['red', 1], ['blue', 2]] },
      [...USERS, {}, { email: 5 }],
    ],
    ['a draw with a shared seed', { fractional: [{ cat: ['seed', { var: 'email' }] }, ['green'], ['blue']] }, USERS],
    [
      'a draw by the flag’s key and an attribute',
      { fractional: [{ cat: [{ var: '$flagd.flagKey' }, { var: 'email' }] }, ['green', 25], ['blue', 75]] },
      USERS,
    ],
    ['a draw in finer shares than a percent', { fractional: [key, ['green', 3], ['blue', 2 ** 31 - 4]] }, USERS],
    ['weights of 0 and below', { fractional: [key, ['green', -50], ['blue', 0], ['true', 7]] }, [...USERS, {}]],
    [
      'weights that are all 0',
      { if: [true, { fractional: [key, ['green', 0], ['blue', 0]] }, 'blue'] },
      [...USERS, {}],
    ],
    [
      'a draw whose outcome depends on the context',
      { fractional: [key, [{ if: [{ '==': [x, 1] }, 'green', 'blue'] }, 50], ['true', 50]] },
      [...USERS, ...USERS.map((user) => ({ ...user, x: 1 }))],
    ],
    [
      'a draw whose weight depends on the context',
      { fractional: [key, ['green', { if: [{ '==': [x, 1] }, 100, 0] }], ['blue', 10]] },
      [...USERS, ...USERS.map((user) => ({ ...user, x: 1 }))],
    ],
    [
      'a draw as a condition',
      { if: [{ fractional: [key, [true, 30], [false, 70]] }, 'green', 'blue'] },
      [...USERS, {}],
    ],
    [
      'a draw before another branch, which users without a key do not reach',
      {
        if: [
          { '==': [x, 1] },
          {
            fractional: [
              ['green', 1],
              ['blue', 1],
            ],
          },
          'true',
        ],
      },
      [...USERS, { x: 1 }, { x: 2 }],
    ],
    [
      'an attribute that names a variant',
      { fractional: [key, [x, 50], ['blue', 50]] },
      USERS.map((user, index) => ({ ...user, x: index % 2 ? 'green' : 'red' })),
    ],
    ['a missing number, which counts as 0', { if: [{ '<': [x, 18] }, 'green', 'blue'] }, [{}, { x: 5 }, { x: 20 }]],
    ['a missing number above a bound', { if: [{ '>=': [x, 18] }, 'green', 'blue'] }, [{}, { x: 18 }, { x: 17 }]],
    ['a number between two', { if: [{ '<=': [1, x, 5] }, 'green', 'blue'] }, [{}, { x: 1 }, { x: 5 }, { x: 6 }]],
    ['loose equality', { if: [{ '==': [x, 5] }, 'green', 'blue'] }, [{ x: 5 }, { x: '5' }, { x: 6 }, {}]],
    [
      'loose equality with true',
      { if: [{ '==': [x, true] }, 'green', 'blue'] },
      [{ x: 1 }, { x: '1' }, { x: true }, { x: false }],
    ],
    ['strict equality', { if: [{ '===': [x, 5] }, 'green', 'blue'] }, [{ x: 5 }, { x: '5' }, {}]],
    [
      'versions that are not equal',
      { if: [{ sem_ver: [x, '!=', '1.0.0'] }, 'green', 'blue'] },
      [{ x: '1.0.0' }, { x: '2.0.0' }, { x: 'none' }, {}],
    ],
    [
      'versions of one major',
      { if: [{ sem_ver: [x, '^', '3'] }, 'green', 'blue'] },
      ['3.0.0', '3.9.1', '3.0.0-a', '4.0.0-a', '4.0.0', '2.9.9'].map((one) => ({ x: one })),
    ],
    [
      'versions of one minor',
      { if: [{ sem_ver: [x, '~', 'v3.1'] }, 'green', 'blue'] },
      ['3.1.0', '3.1.9', '3.1.0-a', '3.2.0-a', '3.2.0', '3.0.9'].map((one) => ({ x: one })),
    ],
    ['constants', { if: [true, true, false] }, [{}]],
    ['a constant that yields nothing', { if: [true, null, 'green'] }, [{}]],
    ['a number as the name of a variant', { if: [{ '!': [x] }, 5, 'green'] }, [{}, { x: 1 }]],
    ['the flag’s own key', { if: [{ '===': [{ var: '$flagd.flagKey' }, 'colour'] }, 'green', 'blue'] }, [{}]],
    [
      'a choice as a condition',
      { if: [{ if: [{ '==': [x, 1] }, { '!!': [{ var: 'y' }] }, true] }, 'green', 'blue'] },
      [{ x: 1 }, { x: 1, y: 'a' }, { x: 2 }],
    ],
    [
      'a shared expression',
      { if: [{ $ref: 'isStaff' }, 'green', 'blue'] },
      [{ email: 'a@example.com' }, { email: 'b' }],
    ],
  ])('%s', (_, targeting, contexts) => {
    const { serve } = both(targeting);
    const served = contexts.map((context) => ({ context, ...serve(context) }));
    expect(served.map(({ context, here }) => [context, here])).toEqual(
      served.map(({ context, there }) => [context, there]),
    );
    expect(served.every(({ here }) => here !== undefined)).toBe(true);
  });

  it('again after it was exported, with flagd’s own draws', () => {
    const targeting = {
      if: [{ $ref: 'isStaff' }, 'true', { fractional: [{ var: 'email' }, ['green', 1], ['blue', 2]] }],
    };
    const definition = {
      flags: { colour: { state: 'ENABLED', variants, defaultVariant: 'red', targeting } },
      $evaluators,
    };
    const { document, notes } = exportFlagd(importFlagd(FlagdDefinition.parse(definition)));
    expect(notes).toEqual([]);
    const [first, again] = [definition, document].map((one) => {
      const core = new FlagdCore(undefined, silent);
      core.setConfigurations(JSON.stringify(one));
      return [...USERS, {}, { email: 'a@example.com' }].map(
        (context) => core.resolveStringEvaluation('colour', 'code', context as EvaluationContext, silent).value,
      );
    });
    expect(again).toEqual(first);
  });

  it('on generated definitions, where nothing was told', () => {
    const attribute = fc.constantFrom('x', 'y', 'email').map((name) => ({ var: name }));
    const scalar = fc.constantFrom<unknown>(0, 1, 5, -1, '', 'a', 'ab', '5', true, false);
    const { logic } = fc.letrec<{ logic: unknown }>((tie) => ({
      logic: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        fc.tuple(fc.constantFrom('==', '===', '!=', '!=='), attribute, scalar).map(([op, a, b]) => ({ [op]: [a, b] })),
        fc
          .tuple(fc.constantFrom('<', '<=', '>', '>='), attribute, fc.constantFrom(-1, 0, 5), fc.boolean())
          .map(([op, a, b, isFirst]) => ({
            and: [{ '!': [{ starts_with: [a, ''] }] }, { [op]: isFirst ? [a, b] : [b, a] }],
          })),
        fc.tuple(attribute, fc.array(scalar, { maxLength: 3 })).map(([a, list]) => ({ in: [a, list] })),
        fc.tuple(fc.constantFrom('starts_with', 'ends_with'), attribute).map(([op, a]) => ({ [op]: [a, 'a'] })),
        attribute.map((a) => ({ '!!': [a] })),
        fc.boolean(),
        fc.constant({ $ref: 'isStaff' }),
        fc.constant({ fractional: [key, [true, 1], [false, 1]] }),
        fc.array(tie('logic'), { minLength: 1, maxLength: 3 }).map((parts) => ({ and: parts })),
        fc.array(tie('logic'), { minLength: 1, maxLength: 3 }).map((parts) => ({ or: parts })),
        tie('logic').map((part) => ({ '!': [part] })),
      ),
    }));
    const leaf = fc.constantFrom<unknown>('red', 'green', 'blue', true, null, {
      fractional: [
        ['green', 1],
        ['blue', 3],
      ],
    });
    const { outcome } = fc.letrec<{ outcome: unknown }>((tie) => ({
      outcome: fc.oneof(
        { maxDepth: 2, withCrossShrink: true },
        leaf,
        fc
          .tuple(logic, tie('outcome'), logic, tie('outcome'), fc.option(tie('outcome')))
          .map(([a, b, c, d, e]) => ({ if: [a, b, c, d, ...(e === null ? [] : [e])] })),
      ),
    }));
    const value = fc.constantFrom<unknown>(0, 1, 5, -3, 'a', 'ba', '5', true, false, undefined);
    const context = fc.record(
      {
        targetingKey: fc.constantFrom('u1', 'u2', 'u3', 'u4'),
        x: value,
        y: value,
        email: fc.constantFrom('a@example.com', 'b'),
      },
      { requiredKeys: [] },
    );
    let count = 0;
    fc.assert(
      fc.property(outcome, fc.array(context, { minLength: 8, maxLength: 8 }), (targeting, contexts) => {
        const { notes, serve } = both({ if: [true, targeting] });
        if (notes.some(({ kind }) => kind !== 'noted')) return;
        for (const one of contexts) {
          const served = serve(one);
          if (served === null) continue;
          count += 1;
          expect([targeting, one, served.here]).toEqual([targeting, one, served.there]);
        }
      }),
      { numRuns: 200 },
    );
    expect(count).toBeGreaterThan(300);
  });
});
