import { ln } from '../ml/elementary/ln';
import { evidenceOf } from '../ml/sequential/mixture-evidence';
import { judgeMetrics, safetyOf, type Judged } from './judge-metrics';
import type { JudgeState } from './judge-state';
import type { AnalysisInput } from './types';

/** What was judged, and the next weight that safety was asked for. */
export interface BoldlyJudged {
  readonly judged: Judged;
  readonly nextWeight: number;
}

/** Judges for the boldest of the weights that every guardrail is shown safe for; for the last when there is none. */
export function judgeBoldly(judge: JudgeState, input: AnalysisInput, weights: readonly number[]): BoldlyJudged {
  let last: BoldlyJudged | null = null;
  for (const nextWeight of weights) {
    last = { judged: judgeMetrics(judge, { ...input, context: { ...input.context, nextWeight } }), nextWeight };
    if (last.judged.findings.every(({ role, safetyShown }) => role !== 'guardrail' || safetyShown)) return last;
  }
  return last ?? { judged: judgeMetrics(judge, input), nextWeight: input.context.nextWeight };
}

/** Natural log of the weakest guardrail's evidence that it is safe at full exposure. */
export function weakestSafety(judge: JudgeState, input: AnalysisInput): number {
  const guardrails = input.plan.metrics.filter(({ role }) => role === 'guardrail');
  const evidence = guardrails.map((metric) => evidenceOf(safetyOf(judge, metric, 100)));
  return Math.min(...evidence.map((safety) => ln(Math.max(1e-300, safety))));
}
