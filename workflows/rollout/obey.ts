import type { RolloutPlan } from '../../flags/plan/plan';
import { openFinding, percent, raise, write, type Decision } from './decision';
import type { Intent, RolloutState } from './state';
import { isWatching, targetOf, unapprovedBelow } from './target';

/** Carries out what an operator asked for. */
export function obey(state: RolloutState, plan: RolloutPlan, intent: Intent): Decision {
  switch (intent.kind) {
    case 'end':
      return write(state, {
        action: intent.outcome === 'aborted' ? 'rollout.abort' : 'rollout.supersede',
        weight: 0,
        step: state.step,
        outcome: intent.outcome,
        lowering: true,
        actor: intent.actor,
        reason: intent.reason || (intent.outcome === 'aborted' ? 'aborted by request' : 'superseded'),
        evidence: [],
        intent,
      });
    case 'weight': {
      const lowering = intent.weight <= state.weight;
      if (!lowering && state.phase === 'paused') {
        return { kind: 'refuse', transition: null, intent, text: 'the rollout is paused: resume it before raising' };
      }
      const below = plan.steps.filter((step) => step.weight <= intent.weight).length;
      return write(state, {
        action: lowering ? 'rollout.lower' : 'rollout.raise',
        weight: intent.weight,
        step: Math.max(below - 1, 0),
        lowering,
        actor: intent.actor,
        reason: intent.reason || `weight set to ${percent(intent.weight)} by ${intent.actor.name}`,
        evidence: [],
        intent,
      });
    }
    case 'exclude':
    case 'readmit': {
      const excludedSegments =
        intent.kind === 'exclude'
          ? [...new Set([...state.excludedSegments, intent.segment])]
          : state.excludedSegments.filter((segment) => segment !== intent.segment);
      return write(state, {
        action: intent.kind === 'exclude' ? 'rollout.exclude' : 'rollout.readmit',
        weight: state.weight,
        step: state.step,
        excludedSegments,
        lowering: intent.kind === 'exclude',
        actor: intent.actor,
        reason: intent.reason || `segment ${intent.segment} ${intent.kind === 'exclude' ? 'excluded' : 'readmitted'}`,
        evidence: [],
        intent,
      });
    }
    case 'promote':
      return promote(state, plan, intent);
  }
}

/** An operator's promotion ends the bake, not the judgement: only `force` goes past what the judge found. */
function promote(state: RolloutState, plan: RolloutPlan, intent: Extract<Intent, { kind: 'promote' }>): Decision {
  const refuse = (text: string): Decision => ({ kind: 'refuse', transition: null, intent, text });
  if (state.phase === 'paused') return refuse('the rollout is paused: resume it first');
  // Once everybody is served there is nothing left to compare with, and that is no finding.
  const finding = isWatching(state, plan) ? null : openFinding(state);
  if (!intent.force && finding !== null) {
    return refuse(`the judge holds it: ${finding.text}; promote with force and a reason to go past it`);
  }
  const reached = intent.full ? 100 : targetOf(state, plan).weight;
  const unapproved = unapprovedBelow(state, plan, reached);
  if (unapproved !== -1) return refuse(`step ${unapproved + 1} waits for approval, which promote does not replace`);
  if (state.blackoutUntilMs !== null && !intent.force) {
    return refuse(
      `a blackout is in force until ${new Date(state.blackoutUntilMs).toISOString()}; promote with force and a reason to go past it`,
    );
  }
  const reason = intent.reason || `promoted by ${intent.actor.name}`;
  return raise(state, plan, {
    reason: intent.force ? `forced: ${reason}` : reason,
    actor: intent.actor,
    intent,
    full: intent.full,
  });
}
