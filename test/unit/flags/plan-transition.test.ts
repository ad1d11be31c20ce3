import fc from 'fast-check';
import { compileSnapshot } from '../../../flags/evaluator/snapshot';
import { planTransition, type FlagBody, type TransitionCommand } from '../../../flags/transition/plan-transition';
import { givenFlag } from '../../support/flag-builders';

const start: NonNullable<TransitionCommand['start']> = {
  place: { kind: 'default' },
  control: 'off',
  candidate: 'on',
  salt: 's',
  onLapse: 'control',
  leaseMs: 300_000,
  observe: { windowMs: 5000, segments: [], thresholds: {} },
};

function command(change: Partial<TransitionCommand>): TransitionCommand {
  return {
    rolloutId: 'r1',
    transition: 1,
    action: 'rollout.raise',
    weight: 10,
    excludedSegments: [],
    controlHoldback: 0,
    outcome: null,
    start: null,
    ...change,
  };
}

/** A flag with the numbers ever written for r1, as the decision records would hold them. */
class RecordedFlag {
  flag: FlagBody = givenFlag();
  highest = -1;
  written: number[] = [];

  deliver(next: TransitionCommand): string {
    const plan = planTransition(this.flag, next, this.highest);
    if (plan.kind === 'write') {
      this.flag = plan.after;
      this.highest = next.transition;
      this.written.push(next.transition);
    }
    return plan.kind;
  }
}

const story: TransitionCommand[] = [
  command({ transition: 1, action: 'rollout.start', weight: 10, start }),
  command({ transition: 2, action: 'rollout.raise', weight: 25 }),
  command({ transition: 3, action: 'rollout.narrow', weight: 10 }),
  command({ transition: 4, action: 'rollout.raise', weight: 50 }),
  command({ transition: 5, action: 'rollout.roll_back', weight: 0, outcome: 'rolled_back' }),
];

describe('planTransition', () => {
  it('installs the block at the first step and raises its weight', () => {
    const recorded = new RecordedFlag();
    recorded.deliver(story[0] as TransitionCommand);
    expect(recorded.flag.rollout).toMatchObject({ id: 'r1', weight: 10, transition: 1, control: 'off', salt: 's' });
    recorded.deliver(story[1] as TransitionCommand);
    expect(recorded.flag.rollout).toMatchObject({ weight: 25, transition: 2, salt: 's' });
  });

  it('writes each transition at most once and in order, whatever is repeated, delayed or lost', () => {
    const deliveries = fc.array(fc.integer({ min: 0, max: story.length - 1 }), { maxLength: 30 });
    fc.assert(
      fc.property(deliveries, (indexes) => {
        const recorded = new RecordedFlag();
        for (const index of indexes) recorded.deliver(story[index] as TransitionCommand);
        const sorted = [...recorded.written].sort((a, b) => a - b);
        expect(recorded.written).toEqual(sorted);
        expect(new Set(recorded.written).size).toBe(recorded.written.length);
        expect(recorded.flag.rollout === undefined || !recorded.written.includes(5)).toBe(true);
      }),
    );
  });

  it('does not let a late copy of the start put a finished rollout back', () => {
    const recorded = new RecordedFlag();
    for (const next of story) recorded.deliver(next);
    expect(recorded.deliver(story[0] as TransitionCommand)).toBe('overtaken');
    expect(recorded.flag.rollout).toBeUndefined();
    expect(recorded.flag.defaultVariant).toBe('off');
  });

  it('leaves the block of another rollout alone', () => {
    const recorded = new RecordedFlag();
    recorded.deliver(story[0] as TransitionCommand);
    const other = command({ rolloutId: 'r2', transition: 9, outcome: 'aborted', action: 'rollout.abort' });
    expect(planTransition(recorded.flag, other, -1).kind).toBe('gone');
    expect(planTransition(recorded.flag, command({ rolloutId: 'r2', start }), -1).kind).toBe('gone');
  });

  it('completes by serving the candidate as the default, with a control rule for each excluded segment', () => {
    const recorded = new RecordedFlag();
    recorded.deliver(story[0] as TransitionCommand);
    recorded.deliver(
      command({ transition: 2, action: 'rollout.complete', outcome: 'completed', excludedSegments: ['eu'] }),
    );
    expect(recorded.flag).toMatchObject({
      defaultVariant: 'on',
      rules: [{ name: 'excluded-eu', if: { segment: 'eu' }, serve: { variant: 'off' } }],
    });
    expect(recorded.flag.rollout).toBeUndefined();
  });

  it('completes a rule by changing what that rule serves and nothing else', () => {
    const recorded = new RecordedFlag();
    const beta = {
      name: 'beta',
      if: { attribute: 'beta', operator: 'equals' as const, value: true },
      serve: { variant: 'off' },
    };
    recorded.flag = givenFlag({ rules: [beta] });
    recorded.deliver(command({ action: 'rollout.start', start: { ...start, place: { kind: 'rule', rule: 'beta' } } }));
    recorded.deliver(
      command({ transition: 2, action: 'rollout.complete', outcome: 'completed', excludedSegments: ['eu'] }),
    );
    expect(recorded.flag.defaultVariant).toBe('off');
    expect(recorded.flag.rules).toEqual([
      { name: 'excluded-eu', if: { all: [beta.if, { segment: 'eu' }] }, serve: { variant: 'off' } },
      { ...beta, serve: { variant: 'on' } },
    ]);
  });

  it("holds the control back under the rollout's own salt, so that nobody who had the candidate loses it", () => {
    const recorded = new RecordedFlag();
    recorded.deliver(story[0] as TransitionCommand);
    const during = recorded.flag;
    recorded.deliver(
      command({ transition: 2, action: 'rollout.complete', weight: 90, outcome: 'completed', controlHoldback: 10 }),
    );
    const served = (flag: FlagBody, key: string): unknown => {
      const compiled = compileSnapshot({ flags: [{ ...flag, revision: 1 }], segments: [] });
      compiled.setLease('r1', 1e9);
      return compiled.evaluate<boolean>('checkout', 'boolean', false, { targetingKey: key }, 0).value;
    };
    const keys = Array.from({ length: 2000 }, (_, index) => `user-${index}`);
    const had = keys.filter((key) => served(during, key) === true);
    const has = new Set(keys.filter((key) => served(recorded.flag, key) === true));
    expect(had.length).toBeGreaterThan(150);
    expect(had.filter((key) => !has.has(key))).toEqual([]);
    expect(has.size / keys.length).toBeCloseTo(0.9, 1);
  });

  it('carries the arms of an experiment, whose control is always what the place serves, and takes them away whole', () => {
    const arms = [
      { variant: 'on', weight: 50 },
      { variant: 'off', weight: 50 },
    ];
    const experiment = { action: 'experiment.start' as const, weight: 50, start: { ...start, arms } };
    const started = planTransition(givenFlag(), command(experiment), -1);
    if (started.kind !== 'write') throw new Error(started.kind);
    expect(started.after.rollout).toMatchObject({ arms, candidate: 'on', weight: 50 });
    const edited = { ...started.after, variants: { on: true, off: false, dim: false }, defaultVariant: 'dim' };
    const resumed = planTransition(edited, command({ action: 'experiment.resume', weight: 50, transition: 2 }), 1);
    if (resumed.kind !== 'write') throw new Error(resumed.kind);
    expect(resumed.after.rollout).toMatchObject({ control: 'dim', arms: [arms[0], { variant: 'dim', weight: 50 }] });
    const end = command({ action: 'experiment.conclude', weight: 0, transition: 3, outcome: 'aborted' });
    const ended = planTransition(resumed.after, end, 2);
    if (ended.kind !== 'write') throw new Error(ended.kind);
    const { rollout: _, ...without } = edited;
    expect(ended.after).toEqual(without);
  });

  it('finds nothing to do on a deleted flag', () => {
    expect(planTransition(givenFlag({ deleted: true }), command({ start }), -1).kind).toBe('gone');
  });
});
