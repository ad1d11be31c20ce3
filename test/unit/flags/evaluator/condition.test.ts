import type { EvaluationContext } from '@openfeature/core';
import type { Operator } from '../../../../flags/document/condition';
import { compileCondition } from '../../../../flags/evaluator/condition';
import { compileOperator } from '../../../../flags/evaluator/operators';
import { compileSnapshot } from '../../../../flags/evaluator/snapshot';
import { sdkFlag } from '../../../support/sdk-flags';

const VALUES: readonly unknown[] = ['NO', 'no', '', '5', 5, 0, -0, true, false, null, undefined, ['NO'], {}];

type Written = string | number | boolean | (string | number | boolean)[];
const CASES: [Operator, Written][] = [
  ['equals', 'NO'],
  ['equals', 5],
  ['equals', 0],
  ['equals', true],
  ['equals', ['NO']],
  ['in', ['NO', 5, false]],
  ['in', []],
  ['in', 'NO'],
  ['exists', true],
  ['exists', false],
];

describe('conditions compiled to one closure', () => {
  it.each(CASES)('answer as the operator %s does alone for %j, whatever the attribute holds', (operator, value) => {
    const test = compileOperator(operator, value);
    for (const attribute of ['country', 'targetingKey', 'nested.country', 'constructor']) {
      const matches = compileCondition({ attribute, operator, value }, () => undefined);
      for (const held of VALUES) {
        const context = attribute === 'nested.country' ? { nested: { country: held } } : { [attribute]: held };
        expect([attribute, held, matches(context as EvaluationContext)]).toEqual([attribute, held, test(held)]);
      }
      expect([attribute, matches({})]).toEqual([attribute, test(undefined)]);
    }
  });

  it.each([1, 2, 4, 5, 7])('let the first of %i rules that match decide', (count) => {
    const names = Array.from({ length: count }, (_, at) => `v${at}`);
    const flag = sdkFlag('levels', {
      type: 'string',
      variants: Object.fromEntries([...names, 'none'].map((name) => [name, name])),
      defaultVariant: 'none',
      offVariant: 'none',
      rules: names.map((variant, at) => ({
        name: variant,
        if: { attribute: 'level', operator: 'greater_or_equal', value: count - at },
        serve: { variant },
      })),
    });
    const snapshot = compileSnapshot({ flags: [flag], segments: [] });
    const served = (level: number): unknown => snapshot.resolve(flag.key, 'string', { level }, 0).details.value;
    expect(served(0)).toBe('none');
    names.forEach((name, at) => expect(served(count - at)).toBe(name));
    expect(served(count + 1)).toBe('v0');
  });
});
