import { Condition } from '../../../flags/document/condition';
import { validateCondition } from '../../../flags/document/validate-condition';

const problemsOf = (condition: Condition): string[] =>
  validateCondition(Condition.parse(condition), 'if').map(({ field, message }) => `${field}: ${message}`);

describe('values that their operator could never match', () => {
  it.each([
    [{ attribute: 'v', operator: 'semver_less_than', value: '1.2' }, /^if\.value: .*a version of three numbers/],
    [{ attribute: 'v', operator: 'in_cidr', value: ['10.0.0.0/8', 'office'] }, /^if\.value: .*ranges of addresses/],
    [{ attribute: 'v', operator: 'matches', value: '(?=a)b' }, /^if\.value: .*RE2's syntax/],
    [
      { attribute: 'v', operator: 'less_than', value: 1, ignoreCase: true },
      /^if\.ignoreCase: 'less_than' compares no texts/,
    ],
    [{ query: { a: { $regex: '(?=x)' } } }, /^if\.query\.a\.\$regex: is no pattern/],
    [
      { bucket: { hash: 'unleash', seed: 's', attributes: ['userId'], size: 100, ranges: [[5, 1]] } },
      /ranges\[0\]: begins at 5/,
    ],
  ] as [Condition, RegExp][])('are refused with their field: %j', (condition, problem) => {
    expect(problemsOf(condition)).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    [{ attribute: 'v', operator: 'semver_equals', value: 'v1.2.3-rc.1+b' }],
    [{ attribute: 'v', operator: 'in_cidr', value: '2001:db8::/32' }],
    [{ attribute: 'v', operator: 'matches', value: '^\\p{Greek}+$', ignoreCase: true }],
    [{ query: { $and: [{ a: { $in: [1, '2'] } }] } }],
  ] as [Condition][])('others are not: %j', (condition) => {
    expect(problemsOf(condition)).toEqual([]);
  });

  it('takes lists of a hundred thousand, and no longer ones', () => {
    const list = (count: number) => ({
      attribute: 'id',
      operator: 'in',
      value: Array.from({ length: count }, (_, i) => `u${i}`),
    });
    expect(Condition.safeParse(list(100_000)).success).toBe(true);
    expect(Condition.safeParse(list(100_001)).success).toBe(false);
  });

  it('a query that nests without end is refused', () => {
    let query: Record<string, unknown> = { a: 1 };
    for (let i = 0; i < 30; i += 1) query = { $not: query };
    expect(problemsOf({ query: query as never })).toEqual([expect.stringContaining('nests deeper than 20 levels')]);
  });
});
