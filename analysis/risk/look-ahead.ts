import { weakestSafety } from '../judge-boldly';
import type { JudgeState } from '../judge-state';
import type { Judged } from '../judge-metrics';
import { bakeMsOf, intervalMsOf, nextWeights, speedOf } from '../pace/adaptive-pace';
import { confidenceOf, UNKNOWN_FAILURE_PRIOR } from '../pace/confidence';
import type { AnalysisInput, PaceFinding } from '../types';
import { judgeRisk } from './judge-risk';
import type { Outlook, OutlookState } from './outlook';

/** What a look has found by itself. */
export interface Seen {
  readonly judge: JudgeState;
  readonly judged: Judged;
  /** The weight that safety was asked for. */
  readonly nextWeight: number;
}

/** Weights that safety may be asked for at this look, the boldest first: those of the pace, or the one that the plan's steps say. */
export function weightsToTry(state: OutlookState, { plan, context }: AnalysisInput): number[] {
  if (plan.adaptive === undefined) return [context.nextWeight];
  const speed = state.confidence === null ? 'moderate' : speedOf(state.confidence);
  return nextWeights(context.weight, speed, plan.adaptive.completionWeight);
}

/** How long the weight is to be baked at this look. */
export function bakeToServe(state: OutlookState, { plan, context }: AnalysisInput, windowMs: number): number {
  if (plan.adaptive === undefined || state.confidence === null) return context.bakeMs;
  return bakeMsOf(context.bakeMs, speedOf(state.confidence), windowMs);
}

/** Looks ahead from what was seen: risk, confidence and pace. The state remembers the confidence, in place. */
export function lookAhead(state: OutlookState, input: AnalysisInput, seen: Seen): Outlook {
  const { plan, failurePrior } = input;
  const isAsked = failurePrior !== undefined || plan.adaptive !== undefined;
  const prior = Math.min(0.99, Math.max(0.01, failurePrior ?? UNKNOWN_FAILURE_PRIOR));
  const confidence = isAsked ? confidenceOf(prior, seen.judged.logHarm, weakestSafety(seen.judge, input)) : null;
  state.confidence = confidence;
  const pace = confidence === null ? null : paceOf(state, input, seen, confidence);
  const risk = judgeRisk(seen.judge, plan, {});
  return { risk, confidence, pace };
}

function paceOf(state: OutlookState, input: AnalysisInput, seen: Seen, confidence: number): PaceFinding | null {
  const { plan } = input;
  if (plan.adaptive === undefined) return null;
  const criticality = Math.max(0, seen.judged.logHarm / -Math.log(plan.falseRollbackRate));
  return {
    speed: speedOf(confidence),
    nextWeight: seen.nextWeight,
    bakeMs: bakeToServe(state, input, seen.judge.windowMs),
    intervalMs: intervalMsOf(plan.adaptive.look, criticality, confidence),
  };
}
