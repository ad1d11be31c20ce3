import { ValidationError } from '../../../../core/errors';
import { parseGroup, planPathsOf } from '../../../../flags/group/parse-group';

const text = `key: both
approval: true
members:
  - plan: base.yaml
  - plan:
      flag: top
      candidate: on
      steps: [{ weight: 5, approval: true }]
    after: [base]
`;

describe('parseGroup', () => {
  it('puts plan files in their place, and lets the one approval stand for all', () => {
    expect(planPathsOf(text, 'yaml')).toEqual(['base.yaml']);
    const plans = new Map([['base.yaml', 'flag: base\ncandidate: on\n']]);
    const { group } = parseGroup(text, { environment: 'production' }, plans);
    expect(group.members.map(({ plan, after }) => [plan.flag, plan.environment, after])).toEqual([
      ['base', 'production', []],
      ['top', 'production', ['base']],
    ]);
    expect(group.members.flatMap(({ plan }) => plan.steps).some(({ approval }) => approval)).toBe(false);
  });

  it('names line and field of what is wrong', () => {
    const wrong = text
      .replace('plan: base.yaml', 'plan: { flag: base, candidate: on }')
      .replace('after: [base]', 'afters: []')
      .replace('candidate: on\n', 'candidate: on\n');
    let issues: ValidationError['issues'] = [];
    try {
      parseGroup(wrong, { environment: 'production' });
    } catch (error) {
      if (error instanceof ValidationError) issues = error.issues;
    }
    expect(issues).toEqual([{ field: 'members[1].afters', line: 9, message: 'there is no such field in a group' }]);
  });
});
