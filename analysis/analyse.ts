import { evidenceOf } from '../ml/sequential/mixture-evidence';
import { absorbStrata } from './absorb';
import { dataReasons, experimentFindings, sharedFaults } from './collect-reasons';
import { judgeData } from './data-quality';
import { decide } from './decide';
import { judgeMetrics } from './judge-metrics';
import { closeState, openState, type JudgeState } from './judge-state';
import { sampleRatio } from './sample-ratio';
import type { AnalysisInput, AnalysisResult, JudgePlan } from './types';

/**
 * One look: from strata and what was remembered to one verdict with its reasons. Pure, and incremental: the cost depends on the new strata alone, and
 * one window at a time or all at once gives bit-equal findings. Harm and safety stay within the plan's promises however often it looks.
 */
export function analyse(input: AnalysisInput): AnalysisResult {
  const { plan, context } = input;
  // Remember.
  const judge = openState(input);
  absorbStrata(judge, input.strata, plan);
  // Compare.
  const judged = judgeMetrics(judge, input);
  // Doubt: is it an experiment at all, is it the candidate, is there data?
  const ratio = sampleRatio(judge.ratio);
  const experiment = experimentFindings(judge, ratio);
  const faults = sharedFaults(judge, input);
  const stepSample = stepSampleOf(judge, plan);
  const data = judgeData(judge, input, stepSample);
  // Decide.
  const decision = decide(input, {
    judged,
    data,
    experiment,
    faults,
    dataReasons: dataReasons(data.quality, stepSample, plan.minimumSample, input.sourceTrouble ?? null),
  });
  return {
    analysis: {
      ...decision,
      findings: judged.findings,
      harmEvidence: evidenceOf(judged.logHarm),
      sampleRatio: { ...ratio, expected: ratio.observed === null ? context.weight / 100 : ratio.expected },
      dataQuality: data.quality,
      lastWindowAt: judge.lastWindowAt,
      stepSample,
    },
    state: closeState(judge),
  };
}

/** Outcomes of each arm in this step, by the guardrail that has fewest; by any metric when there is no guardrail. */
function stepSampleOf(judge: JudgeState, plan: JudgePlan): { readonly control: number; readonly candidate: number } {
  const guardrails = plan.metrics.filter(({ role }) => role === 'guardrail');
  const units = (guardrails.length > 0 ? guardrails : plan.metrics).map(
    ({ name }) => judge.step.units[name] ?? { control: 0, candidate: 0 },
  );
  return {
    control: Math.min(...units.map(({ control }) => control)),
    candidate: Math.min(...units.map(({ candidate }) => candidate)),
  };
}
