import type { FlagDefinition } from '../../../../flags/document/flag';
import type { RolloutBlock } from '../../../../flags/document/rollout-block';
import { planTakeBack } from '../../../../flags/transition/plan-take-back';
import { planTransition, type FlagBody, type TransitionCommand } from '../../../../flags/transition/plan-transition';
import { givenFlag } from '../../../support/flag-builders';

const block: RolloutBlock = {
  id: 'r1',
  place: { kind: 'default' },
  control: 'off',
  candidate: 'on',
  weight: 50,
  transition: 3,
  salt: 's',
  excludedSegments: [],
  onLapse: 'control',
  leaseMs: 300_000,
  observe: { windowMs: 5000, segments: [], thresholds: {} },
};
const completion: TransitionCommand = {
  rolloutId: 'r1',
  transition: 4,
  action: 'rollout.complete',
  weight: 100,
  excludedSegments: [],
  controlHoldback: 0,
  outcome: 'completed',
  start: null,
};

function completed(flag: FlagBody, holdouts: readonly string[], change: Partial<TransitionCommand> = {}): FlagBody {
  const plan = planTransition(flag, { ...completion, ...change }, 3, holdouts);
  if (plan.kind !== 'write') throw new Error(`expected a write, got ${plan.kind}`);
  return plan.after;
}

describe('a rollout that completes under holdouts', () => {
  it('keeps its control for the keys that they hold out', () => {
    const after = completed(givenFlag({ rollout: block }), ['year', 'team']);
    expect(after).toMatchObject({ defaultVariant: 'on', heldOut: { year: 'off', team: 'off' } });
  });

  it('keeps what an earlier rollout kept under the same holdout', () => {
    const after = completed(givenFlag({ rollout: block, heldOut: { year: 'on' } }), ['year', 'team']);
    expect(after.heldOut).toEqual({ year: 'on', team: 'off' });
  });

  it('writes nothing of the kind where no holdout covers the flag', () => {
    expect(completed(givenFlag({ rollout: block }), [])).not.toHaveProperty('heldOut');
  });

  it('keeps it at the rule that it was rolled out at, with a holdback and for excluded segments too', () => {
    const rule = { name: 'staff', if: { segment: 'staff' }, serve: { variant: 'off' }, heldOut: { old: 'on' } };
    const rollout: RolloutBlock = { ...block, place: { kind: 'rule', rule: 'staff' } };
    const flag = givenFlag({ rules: [rule], rollout });
    const after = completed(flag, ['year'], { controlHoldback: 5, excludedSegments: ['eu'] });
    expect(after.rules).toMatchObject([
      { name: 'excluded-eu', serve: { variant: 'off' }, heldOut: { old: 'on' } },
      { name: 'staff', heldOut: { year: 'off', old: 'on' } },
    ]);
    expect(after).not.toHaveProperty('heldOut');
  });

  it('keeps it at the default and at the rule that holds the control back', () => {
    const after = completed(givenFlag({ rollout: block }), ['year'], { controlHoldback: 5 });
    expect(after.heldOut).toEqual({ year: 'off' });
    expect(after.rules.at(-1)).toMatchObject({ name: 'control-holdback', heldOut: { year: 'off' } });
  });

  it('is taken back with what it kept, unless that was edited since', () => {
    const { rollout: _, ...before } = givenFlag({ rollout: block, heldOut: { old: 'off' } });
    const flag = completed(givenFlag({ rollout: block, heldOut: { old: 'off' } }), ['year']);
    const place = (body: FlagBody) => body as unknown as FlagDefinition;
    const plan = planTakeBack(flag, place(before), place(flag));
    if (plan.kind !== 'write') throw new Error(plan.why);
    expect(plan.after).toMatchObject({ defaultVariant: 'off', heldOut: { old: 'off' } });
    const edited = { ...flag, heldOut: { year: 'on' } };
    expect(planTakeBack(edited, place(before), place(flag))).toMatchObject({ kind: 'kept' });
  });
});
