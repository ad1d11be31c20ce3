import fc from 'fast-check';
import { SegmentKey } from '../../../flags/document/identifiers';
import { admit } from '../../../workflows/rollout/admit';
import { MessageName, type MessageArguments } from '../../../workflows/rollout/messages';
import { initialState, type RolloutState } from '../../../workflows/rollout/state';
import { RolloutPhase } from '../../../workflows/rollout/status';
import { givenPlan } from '../../support/flag-builders';

const plan = givenPlan({
  steps: [
    { weight: 10, bakeMs: 60_000, approval: false },
    { weight: 50, bakeMs: 60_000, approval: true },
  ],
});

const states: Record<'assessing' | 'progressing' | 'paused' | 'narrowed', RolloutState> = {
  assessing: initialState(plan),
  progressing: { ...initialState(plan), phase: 'progressing', step: 0, weight: 10, excludedSegments: ['eu'] },
  paused: { ...initialState(plan), phase: 'paused', step: 0, weight: 10, excludedSegments: ['eu'] },
  narrowed: { ...initialState(plan), phase: 'narrowed', step: 0, weight: 10, excludedSegments: ['eu'] },
};

/** The table of docs/semantics.md: `+` taken, `-` refused, by message (with the arguments that are well formed) and state. */
const table: [MessageName, MessageArguments, Record<keyof typeof states, '+' | '-'>][] = [
  ['pause', {}, { assessing: '+', progressing: '+', paused: '+', narrowed: '+' }],
  ['resume', {}, { assessing: '-', progressing: '-', paused: '+', narrowed: '-' }],
  ['promote', {}, { assessing: '-', progressing: '+', paused: '-', narrowed: '+' }],
  ['promote', { full: true }, { assessing: '-', progressing: '+', paused: '-', narrowed: '+' }],
  ['promote', { force: true, reason: 'x' }, { assessing: '-', progressing: '+', paused: '-', narrowed: '+' }],
  ['abort', {}, { assessing: '+', progressing: '+', paused: '+', narrowed: '+' }],
  ['supersede', {}, { assessing: '+', progressing: '+', paused: '+', narrowed: '+' }],
  ['setWeight', { weight: 5 }, { assessing: '-', progressing: '+', paused: '+', narrowed: '+' }],
  ['setWeight', { weight: 30 }, { assessing: '-', progressing: '+', paused: '-', narrowed: '+' }],
  ['approve', {}, { assessing: '+', progressing: '+', paused: '+', narrowed: '+' }],
  ['exclude', { segment: 'us' }, { assessing: '+', progressing: '+', paused: '+', narrowed: '+' }],
  ['readmit', { segment: 'eu' }, { assessing: '-', progressing: '+', paused: '-', narrowed: '+' }],
];

const cells = table.flatMap(([name, args, row]) =>
  Object.entries(row).map(([state, mark]) => ({
    name,
    args,
    state: state as keyof typeof states,
    taken: mark === '+',
  })),
);

describe('the state × message table', () => {
  it.each(cells)('$name $args in $state: taken is $taken', ({ name, args, state, taken }) => {
    expect(admit(states[state], plan, name, args).admitted).toBe(taken);
  });

  it.each([0, 5])('takes no weight, %d, of a rollout that was paused before its first step', (weight) => {
    const early = { ...initialState(plan), phase: 'paused' as const };
    expect(admit(early, plan, 'setWeight', { weight })).toEqual({
      admitted: false,
      why: 'the rollout has not taken its first step yet',
    });
  });

  it('takes the segments that a flag can hold, and no others', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,70}$/)), (segment) => {
        const { admitted } = admit(states.progressing, plan, 'exclude', { segment });
        expect(admitted).toBe(SegmentKey.safeParse(segment).success);
      }),
    );
  });

  it('excludes no more segments than a flag can hold', () => {
    const full = { ...states.progressing, excludedSegments: Array.from({ length: 200 }, (_, n) => `s${n}`) };
    expect(admit(full, plan, 'exclude', { segment: 'one-more' }).admitted).toBe(false);
    expect(admit(full, plan, 'exclude', { segment: 's7' }).admitted).toBe(true);
  });

  it('names every message', () => {
    expect(new Set(table.map(([name]) => name))).toEqual(new Set(Object.values(MessageName)));
  });

  const ends = Object.values(RolloutPhase).filter((phase) => !Object.hasOwn(states, phase));
  it.each(ends.flatMap((phase) => table.map(([name, args]) => ({ phase, name, args }))))(
    '$name is refused once $phase',
    ({ phase, name, args }) => {
      expect(admit({ ...states.progressing, phase }, plan, name, args)).toMatchObject({ admitted: false });
    },
  );

  it.each<[MessageName, MessageArguments]>([
    ['exclude', { segment: 'EU users!' }],
    ['exclude', { segment: 'x'.repeat(61) }],
    ['exclude', { segment: { key: 'eu' } as never }],
    ['promote', { force: true, reason: { why: 'x' } as never }],
    ['promote', { force: true, reason: ' ' }],
    ['setWeight', {}],
    ['setWeight', { weight: -1 }],
    ['setWeight', { weight: Number.NaN }],
    ['setWeight', { weight: 100 }],
    ['exclude', {}],
    ['readmit', { segment: 'us' }],
    ['promote', { force: true }],
  ])('refuses %s with %j', (name, args) => {
    expect(admit(states.progressing, plan, name, args)).toMatchObject({ admitted: false });
  });

  it('refuses an approval when no step asks for one', () => {
    expect(admit(states.progressing, givenPlan(), 'approve', {})).toMatchObject({ admitted: false });
  });
});
