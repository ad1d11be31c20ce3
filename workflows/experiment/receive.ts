import type { Actor } from '../../flags/document/decision-record';
import { reasonOf, type MessageArguments } from '../rollout/messages';
import type { ExperimentMessage } from './messages';
import { withLine, type ExperimentState, type Wish } from './state';
import { isExperimentEnd } from './status';

/** A message whose sender has been looked at. */
export interface ReceivedMessage {
  readonly name: ExperimentMessage;
  readonly args: MessageArguments;
  readonly actor: Actor;
  /** ISO 8601. */
  readonly at: string;
}

/** What taking a message came to; `wish` is left for the main loop. */
export interface Reception {
  readonly state: ExperimentState;
  readonly wish: Wish | null;
  readonly accepted: boolean;
  readonly text: string;
}

/** Why a message may not be taken now; null when it may. Pure, so that update validators can ask it. */
export function refusalOf(state: ExperimentState, name: ExperimentMessage): string | null {
  if (isExperimentEnd(state.phase)) return `the experiment has ended: ${state.phase}`;
  if (name === 'abort') return null;
  if (state.phase === 'assessing') return 'the experiment has not started yet';
  if (name === 'resume' && state.phase !== 'paused') return `nothing to resume: the experiment is ${state.phase}`;
  if (name === 'conclude' && state.pause?.cause === 'conflicting_edit') {
    return 'the flag was edited under it, so its data are of two different flags: resume, which begins anew, or abort';
  }
  return null;
}

/** Takes one message into the state. Pure. */
export function receive(state: ExperimentState, { name, args, actor, at }: ReceivedMessage): Reception {
  const refusal = refusalOf(state, name);
  if (refusal !== null) return { state, wish: null, accepted: false, text: refusal };
  const reason = reasonOf(args);
  const taken = (text: string, change: Partial<ExperimentState>, kind?: Wish['kind']): Reception => {
    const line = { at, what: name, text: `${text}${reason === '' ? '' : `: ${reason}`} (${actor.name})` };
    const wish = kind === undefined ? null : { kind, reason, actor };
    const wishes = wish === null ? state.wishes : [...state.wishes, wish];
    return { state: withLine({ ...state, wishes, ...change }, line), wish, accepted: true, text };
  };
  switch (name) {
    case 'pause':
      if (state.phase === 'paused') return { state, wish: null, accepted: true, text: 'already paused' };
      return taken('paused: it does not end by its plan until it is resumed', {
        phase: 'paused',
        waitingFor: 'operator',
        pause: { cause: 'operator', text: reason || 'by request' },
      });
    case 'resume':
      if (state.pause?.cause === 'conflicting_edit')
        return taken('beginning anew with the flag as it is', {}, 'begin_anew');
      return taken('resumed', { phase: 'running', waitingFor: null, pause: null, nextLookAtMs: 0 });
    case 'conclude':
      return taken('concluding', {}, 'conclude');
    case 'abort':
      return taken('aborting', {}, 'abort');
  }
}
