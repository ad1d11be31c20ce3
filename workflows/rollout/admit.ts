import type { RolloutPlan } from '../../flags/plan/plan';
import { reasonOf, type MessageArguments, type MessageName } from './messages';
import type { RolloutState } from './state';
import { isTerminal } from './status';

/** Whether a message may be taken in a state; when not, why not. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly why: string };

const yes: Admission = { admitted: true };
const no = (why: string): Admission => ({ admitted: false, why });

/**
 * `SegmentKey` of the flag document, whose schema is no part of the workflow's bundle. What a flag cannot hold would
 * fail its next write.
 */
const SEGMENT_KEY = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;
/** Segments that a flag can hold as excluded. */
const MOST_EXCLUDED = 200;

/** Whether a flag can hold it as an excluded segment. The Web UI sends whatever was typed. */
function isSegmentKey(segment: unknown): boolean {
  return typeof segment === 'string' && SEGMENT_KEY.test(segment);
}

/** Problems of a message's own content, whatever the state; null when there are none. */
function contentProblem(name: MessageName, args: MessageArguments): string | null {
  if (name === 'setWeight') {
    const { weight } = args;
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0 || weight > 100) {
      return 'setWeight wants `weight`, a percentage from 0 to 100';
    }
  }
  if ((name === 'exclude' || name === 'readmit') && !isSegmentKey(args.segment))
    return `${name} wants \`segment\`, the segment's key`;
  if (name === 'promote' && args.force && reasonOf(args) === '') return 'promote with `force` wants a `reason`';
  return null;
}

/**
 * The state × message table of docs/semantics.md, cell by cell: whether a message may be taken now. Pure, so that update
 * validators can ask it and a test can walk all of it.
 */
export function admit(state: RolloutState, plan: RolloutPlan, name: MessageName, args: MessageArguments): Admission {
  if (isTerminal(state.phase)) return no(`the rollout has ended: ${state.phase}`);
  const problem = contentProblem(name, args);
  if (problem !== null) return no(problem);
  switch (name) {
    case 'pause':
    case 'abort':
    case 'supersede':
      return yes;
    case 'resume':
      return state.phase === 'paused' ? yes : no(`nothing to resume: the rollout is ${state.phase}`);
    case 'promote':
      if (state.phase === 'assessing') return no('the rollout has not taken its first step yet');
      return state.phase === 'paused' ? no('the rollout is paused: resume it first') : yes;
    case 'setWeight':
      // Paused or not: there is no weight yet that it could lower.
      if (state.step < 0) return no('the rollout has not taken its first step yet');
      if (state.phase === 'paused' && (args.weight ?? 0) > state.weight) {
        return no('the rollout is paused: only a lower weight can be set until it is resumed');
      }
      if ((args.weight ?? 0) >= 100 - plan.controlHoldback && (args.weight ?? 0) > 0) {
        return no('the whole audience is reached by completion: use promote with `full`');
      }
      return yes;
    case 'approve':
      return plan.steps.some((step, index) => step.approval && !state.approvedSteps.includes(index))
        ? yes
        : no('no step of this rollout waits for approval');
    case 'exclude':
      return state.excludedSegments.length < MOST_EXCLUDED || state.excludedSegments.includes(args.segment ?? '')
        ? yes
        : no(`${MOST_EXCLUDED} segments are excluded already, and a flag holds no more`);
    case 'readmit':
      if (!state.excludedSegments.includes(args.segment ?? '')) return no(`segment '${args.segment}' is not excluded`);
      return state.phase === 'paused' ? no('the rollout is paused: resume it before readmitting a segment') : yes;
  }
}

/**
 * What {@link admit} was before it refused weights that come before a paused rollout's first step: those were taken,
 * and lowered right after the start.
 */
export function admitEarlyWeight(
  state: RolloutState,
  plan: RolloutPlan,
  name: MessageName,
  args: MessageArguments,
): Admission {
  return isEarlyWeight(state, name) ? yes : admit(state, plan, name, args);
}

/** Whether a weight is asked for of a rollout that was paused before its first step. */
export function isEarlyWeight(state: RolloutState, name: MessageName): boolean {
  return name === 'setWeight' && state.phase === 'paused' && state.step < 0;
}
