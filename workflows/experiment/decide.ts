import { formatDuration } from '../../core/duration';
import type { Reason } from '../../flags/document/decision-record';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import { conclude, type Asked } from './conclude';
import type { ExperimentState, PlannedWrite, Wish } from './state';
import type { ExperimentLook, ExperimentWaiting } from './status';

/** What the main loop does next. */
export type ExperimentDecision =
  | { readonly kind: 'write'; readonly write: PlannedWrite }
  /** Look at the edited flag again and begin anew, if it can still carry the experiment. */
  | { readonly kind: 'begin_anew'; readonly wish: Wish }
  /** Nothing was written yet, and nothing will be. */
  | { readonly kind: 'withdraw'; readonly wish: Wish }
  | { readonly kind: 'refuse'; readonly wish: Wish; readonly text: string }
  | { readonly kind: 'wait'; readonly waitingFor: ExperimentWaiting; readonly summary: string };

type Part = Partial<PlannedWrite> & Pick<PlannedWrite, 'action' | 'reason'>;

function write(part: Part): ExperimentDecision {
  const rest = { actor: null, evidence: [], end: null, conclusion: null, guarded: false, wish: null };
  return { kind: 'write', write: { ...rest, ...part } };
}

/** Effects on primary metrics, and the evidence of harm, as a record keeps them. */
function evidenceOf(look: ExperimentLook | null): Reason[] {
  const arms = look?.arms ?? [];
  const effects = arms.flatMap(({ variant, effects }) =>
    effects.map(({ metric, role, conclusion, effect, lower, upper, control, treatment, evidence }): Reason => {
      const numbers = Object.entries({ effect, lower, upper, control, treatment, evidence }).filter(
        (entry): entry is [string, number] => entry[1] !== null,
      );
      const text = `${variant}: ${metric} (${role}) ${conclusion}`.slice(0, 500);
      return { code: `EFFECT_${conclusion.toUpperCase()}`, text, metric, numbers: Object.fromEntries(numbers) };
    }),
  );
  const harm = arms.map(({ variant, harmed, harmEvidence, guardrail }): Reason => {
    const text = `${variant}: guardrails ${harmed ? 'harmed' : 'not shown harmed'}`.slice(0, 500);
    const numbers = { evidence: harmEvidence };
    return { code: 'GUARDRAILS', text, numbers, ...(guardrail === null ? {} : { metric: guardrail }) };
  });
  // Harm first: a record keeps forty.
  return [...harm, ...effects].slice(0, 40);
}

function concluded(
  { lastLook }: ExperimentState,
  { treatments }: ExperimentPlan,
  asked: Asked,
  why: string,
  by: Pick<PlannedWrite, 'actor' | 'wish'> = { actor: null, wish: null },
): ExperimentDecision {
  const conclusion = conclude(lastLook, treatments, asked);
  const reason = `${conclusion.kind.replace('_', ' ')}: ${conclusion.text} (${why})`;
  return write({
    action: 'experiment.conclude',
    reason,
    evidence: evidenceOf(lastLook),
    end: 'concluded',
    conclusion,
    ...by,
  });
}

/** What the environment's kill switch leaves to be done; null when it has no say. */
function underKillSwitch({ killed, releasedFrom, wishes }: ExperimentState): ExperimentDecision | null {
  if (killed !== undefined) {
    const why = `the environment's kill switch is on (${killed.text})`;
    const [wish] = wishes;
    if (wish !== undefined) return { kind: 'refuse', wish, text: `${why}: release it first, or abort` };
    return { kind: 'wait', waitingFor: 'kill_switch', summary: `${why}; holds, and gathers no evidence` };
  }
  if (releasedFrom === undefined) return null;
  const since = new Date(releasedFrom.sinceMs).toISOString();
  return write({
    action: 'experiment.released',
    reason: `the environment's kill switch was on from ${since} (${releasedFrom.text}); goes on`,
  });
}

/** Why the plan ends it now; null while it does not. */
function plannedEnd({ ranMs, lastLook }: ExperimentState, plan: ExperimentPlan): string | null {
  const standing = lastLook?.standing;
  if (standing === undefined) return null;
  if (plan.endOnDecision && standing.decided && ranMs >= plan.minimumDurationMs) {
    return 'every primary metric of every treatment is decided';
  }
  if (plan.sampleSize !== undefined && standing.sample >= plan.sampleSize) {
    return `every arm has ${standing.sample} units of every primary metric`;
  }
  return ranMs >= plan.durationMs ? 'its planned duration is over' : null;
}

/**
 * The next thing to do, from the state alone. Order of precedence: an abort; a lapse to record; the environment's kill
 * switch; harm of a fresh look; other requests; a pause; the end that the plan asks for. Pure: everything it needs to
 * know stands in the state.
 *
 * @param lookIsFresh - whether the last look came after the last write
 */
export function decide(state: ExperimentState, plan: ExperimentPlan, lookIsFresh: boolean): ExperimentDecision {
  const { wishes, lastLook } = state;
  const abort = wishes.find(({ kind }) => kind === 'abort');
  if (abort !== undefined && state.transition === 0) return { kind: 'withdraw', wish: abort };
  if (abort !== undefined) {
    const reason = abort.reason || 'aborted by request';
    return write({ action: 'experiment.abort', reason, actor: abort.actor, end: 'aborted', wish: abort });
  }
  if (state.transition === 0) {
    if (state.killed !== undefined) return underKillSwitch(state) as ExperimentDecision;
    const arms = [...plan.treatments, state.control].join(', ');
    const reason = `started: ${arms} at ${plan.armWeight} % each, for ${formatDuration(plan.durationMs)} at most`;
    return write({ action: 'experiment.start', reason, guarded: true });
  }
  if (state.lapsedAtMs !== null) {
    const at = new Date(state.lapsedAtMs).toISOString();
    return write({ action: 'experiment.lapsed', reason: `the lease had lapsed at ${at}; goes on` });
  }
  const held = underKillSwitch(state);
  if (held !== null) return held;
  if (lookIsFresh && lastLook !== null && lastLook.standing.harmed.length > 0) {
    const conclusion = conclude(lastLook, plan.treatments, 'early');
    const evidence = evidenceOf(lastLook);
    return write({ action: 'experiment.stop', reason: conclusion.text, evidence, end: 'stopped', conclusion });
  }
  const [wish] = wishes;
  if (wish?.kind === 'begin_anew') return { kind: 'begin_anew', wish };
  if (wish !== undefined) {
    const why = `by ${wish.actor.name}${wish.reason === '' ? '' : `: ${wish.reason}`}`;
    const asked = plannedEnd(state, plan) === null ? 'early' : 'planned';
    return concluded(state, plan, asked, why, { actor: wish.actor, wish });
  }
  if (state.phase === 'paused') {
    return { kind: 'wait', waitingFor: 'operator', summary: `paused: ${state.pause?.text ?? 'by request'}` };
  }
  const due = lookIsFresh ? plannedEnd(state, plan) : null;
  if (due !== null) return concluded(state, plan, 'planned', due);
  const left = Math.max(0, plan.durationMs - state.ranMs);
  const summary = `comparing ${plan.treatments.join(', ')} with ${state.control}; ${formatDuration(left)} left at most`;
  return { kind: 'wait', waitingFor: null, summary };
}
