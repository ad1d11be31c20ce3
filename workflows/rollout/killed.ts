import { obey } from './obey';
import { percent, wait, write, type Decision } from './decision';
import type { RolloutPlan } from '../../flags/plan/plan';
import { withEntry, type Intent, type Killed, type RolloutState } from './state';

/** What people may still ask for while the switch is on: what serves fewer users, or the same. */
function lowers(intent: Intent, { weight }: RolloutState): boolean {
  return intent.kind === 'exclude' || (intent.kind === 'weight' && intent.weight <= weight);
}

/**
 * What a rollout does under the environment's kill switch: lowerings that people ask for, and nothing else. Nobody is
 * served the candidate, so nothing speaks for it or against it; once the switch is off, the weight goes on under a
 * transition of its own.
 *
 * @returns null when the switch has no say
 */
export function underKillSwitch(state: RolloutState, plan: RolloutPlan): Decision | null {
  const { killed, releasedFrom } = state;
  if (killed !== undefined) {
    const lowering = state.intents.find((intent) => lowers(intent, state));
    if (lowering !== undefined) return obey(state, plan, lowering);
    const asked = state.intents[0];
    const why = `the environment's kill switch is on (${killed.text})`;
    if (asked !== undefined)
      return { kind: 'refuse', transition: null, intent: asked, text: `${why}: release it first` };
    return wait('kill_switch', `${why}; holds at ${percent(state.weight)}, and gathers no evidence`);
  }
  if (releasedFrom === undefined) return null;
  return write(state, {
    action: 'rollout.released',
    weight: state.weight,
    step: state.step,
    lowering: true,
    evidence: [],
    reason: `the environment's kill switch was on from ${new Date(releasedFrom.sinceMs).toISOString()} (${releasedFrom.text}); goes on at ${percent(state.weight)}, and bakes anew`,
  });
}

/** The state once the switch was seen on. What was decided before it holds no more. */
export function heldBy(state: RolloutState, killed: Killed, at: string): RolloutState {
  const { releasedFrom: _, ...rest } = state;
  if (state.killed?.sinceMs === killed.sinceMs) return rest;
  return withEntry({ ...rest, killed }, { at, what: 'kill_switch', text: killed.text });
}

/** The state once the switch was seen off again; the same object when it never was on. */
export function releasedState(state: RolloutState, nowMs: number): RolloutState {
  if (state.killed === undefined) return state;
  const { killed, ...rest } = state;
  // Before the first write there is nothing to go on with.
  return state.step < 0 ? rest : { ...rest, releasedFrom: killed, judgeFromMs: nowMs };
}
