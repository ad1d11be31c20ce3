import type { Flag } from '../../../../flags/document/flag';
import { checkPlan } from '../../../../server/rollouts/check-plan';
import { givenFlag, givenPlan } from '../../../support/flag-builders';

const flag = { ...givenFlag(), schemaVersion: 1, revision: 1, lastChange: {} } as unknown as Flag;
const plan = givenPlan();
const nobody = (): boolean => false;

describe('checkPlan', () => {
  it('lets a plan pass that fits its flag', () => {
    expect(checkPlan(plan, flag, nobody)).toEqual([]);
  });

  it('notes a flag that is off', () => {
    expect(checkPlan(plan, { ...flag, enabled: false }, nobody)).toEqual([expect.stringContaining('is off')]);
  });

  it('notes what may roll back outside the promised rate', () => {
    const notes = checkPlan({ ...plan, preset: 'predictive' }, flag, nobody);
    expect(notes).toEqual([expect.stringContaining('outside the promised rate')]);
    expect(checkPlan({ ...plan, preset: 'guarded' }, flag, nobody)).toEqual([]);
  });

  it.each([
    ['is not there', null, 'there is no flag'],
    ['is archived', { ...flag, deleted: true }, 'is archived'],
  ])('refuses a flag that %s', (_which, standing, message) => {
    expect(() => checkPlan(plan, standing, nobody)).toThrow(
      expect.objectContaining({
        code: 'FLAG_NOT_FOUND',
        message: expect.stringContaining(message) as string,
        remedy: expect.stringContaining('headgate flag') as string,
      }) as Error,
    );
  });

  it('says everything that does not fit at once', () => {
    const unfit = {
      ...plan,
      candidate: 'purple',
      segments: ['nowhere'],
      place: { kind: 'rule' as const, rule: 'nothing' },
      metrics: plan.metrics.map((metric) => ({
        ...metric,
        role: 'goal' as const,
        kind: 'slower_than' as const,
        threshold: undefined,
      })),
    };
    let fields: string[] = [];
    try {
      checkPlan(unfit, flag, nobody);
    } catch (error) {
      fields = (error as { issues: { field: string }[] }).issues.map(({ field }) => field);
    }

    expect(fields).toEqual(
      expect.arrayContaining(['place', 'candidate', 'segments[0]', 'metrics[0].threshold', 'metrics']),
    );
  });
});
