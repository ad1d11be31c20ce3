import { validateCondition } from '../../../../flags/document/validate-condition';
import { compileFlagdLogic } from '../../../../flags/evaluator/foreign/logic';
import { LogicFault } from '../../../../flags/evaluator/foreign/logic-scope';

const list = Array.from({ length: 300 }, (_, index) => index);

describe('an expression of flagd’s', () => {
  it('cannot hang by lists within lists', () => {
    const within = { some: [{ merge: [[1, 2, 3, 4, 5, 6, 7, 8, 9]] }, { '===': [{ var: '' }, -1] }] };
    const nested = [1, 2, 3, 4, 5].reduce<unknown>(
      (logic) => ({ some: [{ merge: [[1, 2, 3, 4, 5, 6, 7, 8, 9]] }, logic] }),
      within,
    );
    const matches = compileFlagdLogic({ logic: { some: [{ var: 'list' }, nested] } as never });
    expect(() => matches({ list })).toThrow(LogicFault);
    expect(compileFlagdLogic({ logic: { some: [{ var: 'list' }, { '===': [{ var: '' }, 299] }] } })({ list })).toBe(
      true,
    );
  });

  it('cannot fill memory by texts or lists that double', () => {
    const accumulator = { var: 'accumulator' };
    const text = { reduce: [{ var: 'list' }, { cat: [accumulator, accumulator] }, 'ab'] };
    expect(() => compileFlagdLogic({ logic: { in: ['c', text] } as never })({ list })).toThrow(
      /more than 100000 characters/,
    );
    const doubled = { reduce: [{ var: 'list' }, { merge: [accumulator, accumulator] }, [1, 2]] };
    expect(() => compileFlagdLogic({ logic: { in: [3, doubled] } as never })({ list })).toThrow(/elements of lists/);
  });

  it('of an outcome matches by its name, and refuses names that are none', () => {
    const logic = { var: 'x' };
    const isFive = compileFlagdLogic({ logic, outcome: '5' });
    expect([isFive({ x: 5 }), isFive({ x: '5' }), isFive({}), isFive({ x: 6 })]).toEqual([true, true, false, false]);
    const known = compileFlagdLogic({ logic, noneBut: ['a'] });
    expect([known({ x: 'a' }), known({})]).toEqual([false, false]);
    expect(() => known({ x: 'b' })).toThrow(/'b', which is no variant/);
  });

  it.each([
    [{ logic: { regex: [1] } }, "is no expression of flagd's: flagd has no operator 'regex'"],
    [{ logic: { '<': [1] } }, "is no expression of flagd's: '<' compares two or three operands"],
    [
      { logic: { '<': [1, 2], '>': [1, 2] } },
      "is no expression of flagd's: an expression has one operator, not '<', '>'",
    ],
    [
      { logic: Array.from({ length: 80 }).reduce((inner: unknown) => ({ '!': [inner] }), true) },
      "is no expression of flagd's: it nests deeper than 60 levels",
    ],
    [{ logic: true, outcome: 'a', noneBut: ['b'] }, 'goes with no outcome'],
  ])('is refused in a flag where it has no meaning: %j', (flagd, message) => {
    expect(validateCondition({ flagd: flagd as never }, 'rules[0].if').map((issue) => issue.message)).toEqual([
      message,
    ]);
  });
});
