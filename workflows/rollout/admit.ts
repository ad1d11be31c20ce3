import type { RolloutPlan } from '../../flags/plan/plan';
import type { MessageArguments, MessageName } from './messages';
import type { RolloutState } from './state';
import { isTerminal } from './status';

/** Whether a message may be taken in a state; when not, why not. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly why: string };

const yes: Admission = { admitted: true };
const no = (why: string): Admission => ({ admitted: false, why });

/** Problems of a message's own content, whatever the state; null when there are none. */
function contentProblem(name: MessageName, args: MessageArguments): string | null {
  if (name === 'setWeight') {
    const { weight } = args;
    if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0 || weight > 100) {
      return 'setWeight wants `weight`, a percentage from 0 to 100';
    }
  }
  if ((name === 'exclude' || name === 'readmit') && !args.segment)
    return `${name} wants \`segment\`, the segment's key`;
  if (name === 'promote' && args.force && !args.reason) return 'promote with `force` wants a `reason`';
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
      if (state.phase === 'assessing') return no('the rollout has not taken its first step yet');
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
      return yes;
    case 'readmit':
      if (!state.excludedSegments.includes(args.segment ?? '')) return no(`segment '${args.segment}' is not excluded`);
      return state.phase === 'paused' ? no('the rollout is paused: resume it before readmitting a segment') : yes;
  }
}
