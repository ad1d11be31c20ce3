import type { Actor } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import { admit } from './admit';
import { reasonOf, type MessageArguments, type MessageName } from './messages';
import { nextStepIndex, withEntry, type Approval, type RolloutState } from './state';

/** A message whose sender has been looked at. */
export interface ReceivedMessage {
  readonly name: MessageName;
  readonly args: MessageArguments;
  readonly actor: Actor;
  readonly at: string;
}

/** What taking a message came to. */
export interface Reception {
  readonly state: RolloutState;
  readonly accepted: boolean;
  readonly text: string;
}

/** Whether this actor may approve under the plan; null when they may. */
function approvalProblem(plan: RolloutPlan, startedBy: Actor, actor: Actor): string | null {
  if (!actor.verified && !plan.approvals.allowUnverified) {
    return 'an approval must come through the API, signed; the plan does not allow unverified approvals';
  }
  if (plan.approvals.forbidStarter && actor.name === startedBy.name) {
    return 'the plan does not let the person who started the rollout approve it';
  }
  return null;
}

/** Takes one message into the state. Pure: lowering, raising and ending are left as intents for the main loop. */
export function receive(
  state: RolloutState,
  plan: RolloutPlan,
  startedBy: Actor,
  { name, args, actor, at }: ReceivedMessage,
  admits: typeof admit = admit,
): Reception {
  const admission = admits(state, plan, name, args);
  if (!admission.admitted) return { state, accepted: false, text: admission.why };
  const reason = reasonOf(args);
  const noted = (next: RolloutState, text: string): Reception => ({
    state: withEntry(next, { at, what: name, text: `${text}${reason ? `: ${reason}` : ''} (${actor.name})` }),
    accepted: true,
    text,
  });
  switch (name) {
    case 'pause':
      if (state.phase === 'paused') return { state, accepted: true, text: 'already paused' };
      return noted(
        {
          ...state,
          phase: 'paused',
          waitingFor: 'operator',
          pause: { cause: 'operator', text: reason || 'by request' },
        },
        'paused: nothing is raised until it is resumed',
      );
    case 'resume':
      return noted(resumed(state), 'resumed');
    case 'promote':
      return noted(
        {
          ...state,
          intents: [
            ...state.intents,
            { kind: 'promote', full: args.full ?? false, force: args.force ?? false, reason, actor },
          ],
        },
        args.full ? 'asked to complete' : 'asked to take the next step now',
      );
    case 'abort':
      return noted(
        { ...state, intents: [...state.intents, { kind: 'end', outcome: 'aborted', reason, actor }] },
        'aborting',
      );
    case 'supersede':
      return noted(
        {
          ...state,
          intents: [
            ...state.intents,
            { kind: 'end', outcome: 'superseded', reason: reason || `by ${args.by ?? 'another rollout'}`, actor },
          ],
        },
        'superseded',
      );
    case 'setWeight':
      return noted(
        { ...state, intents: [...state.intents, { kind: 'weight', weight: args.weight ?? 0, reason, actor }] },
        `setting the weight to ${args.weight} %`,
      );
    case 'approve': {
      const problem = approvalProblem(plan, startedBy, actor);
      if (problem !== null) return { state, accepted: false, text: problem };
      const from = nextStepIndex(plan, state.weight);
      const step = plan.steps.findIndex(
        ({ approval }, index) => index >= from && approval && !state.approvedSteps.includes(index),
      );
      if (step === -1) return { state, accepted: false, text: 'no coming step waits for approval' };
      return noted(
        {
          ...state,
          approvedSteps: [...state.approvedSteps, step],
          approvals: [...(state.approvals ?? []), approvalOf(plan, step, actor, reason)],
          waitingFor: state.waitingFor === 'approval' ? null : state.waitingFor,
          nextLookAtMs: state.waitingFor === 'approval' ? 0 : state.nextLookAtMs,
        },
        `approved step ${step + 1} (${plan.steps[step]?.weight} %)`,
      );
    }
    case 'exclude': {
      const segment = args.segment ?? '';
      if (state.excludedSegments.includes(segment)) {
        return { state, accepted: true, text: `segment '${segment}' is already excluded` };
      }
      // Before the first step there is nothing to write yet: the start carries it.
      if (state.step < 0)
        return noted(
          { ...state, excludedSegments: [...state.excludedSegments, segment] },
          `excluding segment '${segment}'`,
        );
      return noted(
        { ...state, intents: [...state.intents, { kind: 'exclude', segment, reason, actor }] },
        `excluding segment '${segment}'`,
      );
    }
    case 'readmit': {
      const segment = args.segment ?? '';
      if (state.step < 0) {
        return noted(
          { ...state, excludedSegments: state.excludedSegments.filter((excluded) => excluded !== segment) },
          `readmitting segment '${segment}'`,
        );
      }
      return noted(
        { ...state, intents: [...state.intents, { kind: 'readmit', segment, reason, actor }] },
        `readmitting segment '${segment}'`,
      );
    }
  }
}

/** Who approved a step, for the record of the write that enters it. */
function approvalOf(plan: RolloutPlan, step: number, actor: Actor, reason: string): Approval {
  const who = `${actor.name}${actor.verified ? '' : ' (unverified)'}`;
  const what = `step ${step + 1} (${plan.steps[step]?.weight} %) was approved by ${who}`;
  return { step, reason: { code: 'APPROVED', text: `${what}${reason === '' ? '' : `: ${reason}`}` } };
}

/** Goes on after a pause. A conflicting edit is accepted by it: the flag is taken as it now is and safety is shown afresh. */
function resumed(state: RolloutState): RolloutState {
  const afterEdit = state.pause?.cause === 'conflicting_edit';
  return {
    ...state,
    phase: state.step < 0 ? 'assessing' : 'progressing',
    waitingFor: null,
    pause: null,
    raisesAfterNarrow: state.pause?.cause === 'narrowed_repeatedly' ? 0 : state.raisesAfterNarrow,
    acceptEdit: afterEdit || state.acceptEdit,
    nextLookAtMs: 0,
  };
}
