import fc from 'fast-check';
import type { Rule } from '../../../flags/document/flag';
import type { Place } from '../../../flags/document/rollout-block';
import { planTakeBack } from '../../../flags/transition/plan-take-back';
import { planTransition, type FlagBody } from '../../../flags/transition/plan-transition';
import { givenFlag } from '../../support/flag-builders';

const serving = (name: string, variant: string): Rule => ({
  name,
  if: { attribute: 'plan', operator: 'equals', value: name },
  serve: { variant },
});
const defaultPlace: Place = { kind: 'default' };
const rulePlace: Place = { kind: 'rule', rule: 'paying' };

function givenStanding(change: Partial<FlagBody> = {}): FlagBody {
  return givenFlag({ rules: [serving('beta', 'on'), serving('paying', 'off'), serving('others', 'off')], ...change });
}

interface Completion {
  readonly place: Place;
  readonly excluded?: readonly string[];
  readonly holdback?: number;
}

/** The flag right before its rollout's completion, and right after it, by the code that completes. */
function completedBy(flag: FlagBody, { place, excluded = [], holdback = 0 }: Completion): [FlagBody, FlagBody] {
  const before: FlagBody = {
    ...flag,
    rollout: {
      id: 'r1',
      place,
      control: 'off',
      candidate: 'on',
      weight: 50,
      transition: 2,
      salt: 's',
      excludedSegments: [...excluded],
      onLapse: 'control',
      leaseMs: 300_000,
      observe: { windowMs: 5000, segments: [], thresholds: {} },
    },
  };
  const plan = planTransition(
    before,
    {
      rolloutId: 'r1',
      transition: 3,
      action: 'rollout.complete',
      weight: 100,
      excludedSegments: excluded,
      controlHoldback: holdback,
      outcome: 'completed',
      start: null,
    },
    2,
  );
  if (plan.kind !== 'write') throw new Error(plan.kind);
  return [before, plan.after];
}

describe('planTakeBack', () => {
  it('restores what stood before, at any place, with any exclusions and holdback', () => {
    const place = fc.constantFrom(defaultPlace, rulePlace, { kind: 'rule' as const, rule: 'others' });
    const excluded = fc.uniqueArray(fc.constantFrom('eu', 'us', 'staff'));
    const holdback = fc.constantFrom(0, 5, 12.5);
    // Rules that an earlier completion at the same or another place may have left: of the same names.
    const left = fc.subarray([serving('excluded-eu', 'off'), serving('control-holdback', 'off')]);
    fc.assert(
      fc.property(place, excluded, holdback, left, (where, segments, share, earlier) => {
        const flag = givenStanding({ rules: [...earlier, ...givenStanding().rules] });
        const [before, completed] = completedBy(flag, { place: where, excluded: segments, holdback: share });
        expect(planTakeBack(completed, before, completed)).toEqual({ kind: 'write', after: flag });
      }),
    );
  });

  it.each([
    ['the default', defaultPlace, { defaultVariant: 'off' }, 'its default variant was edited since'],
    [
      'a rule',
      rulePlace,
      { rules: [serving('beta', 'on'), serving('paying', 'off'), serving('others', 'off')] },
      "its rule 'paying' was edited since",
    ],
    ['a rule that is gone', rulePlace, { rules: [serving('beta', 'on')] }, "its rule 'paying' was edited since"],
  ])('keeps what somebody has edited at %s since', (_name, place, edit, why) => {
    const [before, completed] = completedBy(givenStanding(), { place });
    expect(planTakeBack({ ...completed, ...edit }, before, completed)).toEqual({ kind: 'kept', why });
  });

  it('keeps an edit of an exclusion that the completion wrote', () => {
    const [before, completed] = completedBy(givenStanding(), { place: rulePlace, excluded: ['eu'] });
    const rules = completed.rules.map((rule) =>
      rule.name === 'excluded-eu' ? { ...rule, serve: { variant: 'on' } } : rule,
    );
    expect(planTakeBack({ ...completed, rules }, before, completed)).toEqual({
      kind: 'kept',
      why: "its rule 'excluded-eu' was edited since",
    });
  });

  it('leaves edits beside the place alone', () => {
    const [before, completed] = completedBy(givenStanding(), { place: rulePlace });
    const beside = { ...completed, description: 'edited', rules: [...completed.rules, serving('new', 'on')] };
    const plan = planTakeBack(beside, before, completed);
    expect(plan).toEqual({
      kind: 'write',
      after: { ...givenStanding(), description: 'edited', rules: [...givenStanding().rules, serving('new', 'on')] },
    });
  });

  it('writes nothing to a flag that was archived, carries another rollout, or lacks the variant', () => {
    const [before, completed] = completedBy(givenStanding(), { place: rulePlace });
    expect(planTakeBack({ ...completed, deleted: true }, before, completed)).toMatchObject({ kind: 'kept' });
    const { rollout } = before;
    if (rollout === undefined) throw new Error('no rollout');
    expect(planTakeBack({ ...completed, rollout }, before, completed)).toEqual({
      kind: 'kept',
      why: 'the flag carries rollout r1',
    });
    const [was, done] = completedBy(givenStanding(), { place: defaultPlace });
    expect(planTakeBack({ ...done, variants: { on: true } }, was, done)).toEqual({
      kind: 'kept',
      why: "its variant 'off', which was served before, is not there any more",
    });
  });

  it('restores a flag without a default variant to having none', () => {
    const { defaultVariant: _d, ...flag } = givenStanding();
    const [before, completed] = completedBy(flag, { place: defaultPlace });
    expect(planTakeBack(completed, before, completed)).toEqual({ kind: 'write', after: flag });
  });
});
