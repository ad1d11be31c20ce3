import { evidenceOf } from '../ml/sequential/mixture-evidence';
import { absorbStrata } from './absorb';
import { dataReasons, experimentFindings, sharedFaults } from './collect-reasons';
import { judgeData } from './data-quality';
import { decide, isHarmShown } from './decide';
import { showsClusteredUsers } from './evidence/judge-trials';
import { judgeBoldly } from './judge-boldly';
import { closeState, openState, restartHarm, type JudgeState } from './judge-state';
import { bakeToServe, followAll, lookAhead, weightsToTry } from './risk/look-ahead';
import { closeOutlook, newWindows, openOutlook } from './risk/outlook';
import { outlookActions } from './risk/outlook-actions';
import { sampleRatio } from './sample-ratio';
import { absorbSegments } from './segments/absorb-segments';
import { followExclusions } from './segments/follow-exclusions';
import { judgeSegments } from './segments/judge-segments';
import { segmentActions } from './segments/segment-actions';
import { Verdict, type AnalysisInput, type AnalysisResult, type JudgePlan } from './types';

/**
 * One look: from strata and what was remembered to one verdict with its reasons. Pure, and incremental: the cost
 * depends on the new strata alone, and one window at a time or all at once gives bit-equal findings. Harm and safety
 * stay within the plan's promises however often it looks.
 */
export function analyse(input: AnalysisInput): AnalysisResult {
  const { plan, context } = input;
  // Remember.
  const judge = openState(input);
  const excluded = context.excludedSegments ?? [];
  if (followExclusions(judge.segments, excluded, plan, showsClusteredUsers(judge, plan))) restartHarm(judge, input);
  const { lastWindowAt: afterWindowAt } = judge;
  absorbStrata(judge, input.strata, plan);
  absorbSegments(judge.segments, input.strata, plan, { afterWindowAt, fromTransition: judge.segments.fromTransition });
  // Compare.
  const outlookState = openOutlook(input.state, input);
  outlookState.windows += newWindows(input, afterWindowAt);
  followAll(outlookState, input, afterWindowAt);
  const { judged, nextWeight } = judgeBoldly(judge, input, weightsToTry(outlookState, input));
  const segments = judgeSegments(judge.segments, plan, showsClusteredUsers(judge, plan));
  // Doubt: is it an experiment at all, is it the candidate, is there data?
  const ratio = sampleRatio(judge.ratio);
  const experiment = experimentFindings(judge, ratio);
  const faults = sharedFaults(judge, input);
  const stepSample = stepSampleOf(judge, plan);
  const data = judgeData(judge, input, stepSample);
  const actions = segmentActions(judge.segments, segments, plan, isHarmShown(judged, plan));
  const outlook = lookAhead(outlookState, input, { judge, judged, nextWeight });
  const ahead = outlookActions(outlookState, outlook, plan, context.weight);
  // Decide.
  const bakeMs = bakeToServe(outlookState, input, judge.windowMs);
  const decision = decide(
    { ...input, context: { ...context, nextWeight, bakeMs } },
    {
      outlook: ahead,
      judged,
      data,
      experiment,
      faults,
      segments: actions,
      dataReasons: dataReasons(data.quality, stepSample, plan.minimumSample, input.sourceTrouble ?? null),
    },
  );
  return {
    analysis: {
      ...decision,
      findings: judged.findings,
      segments: segments.findings,
      exclude: decision.verdict === Verdict.Rollback ? [] : actions.exclude,
      risk: outlook.risk,
      pace: outlook.pace,
      watch: outlook.watch,
      crossings: outlook.crossings,
      confidence: outlook.confidence,
      failureForecast: outlook.failureForecast,
      harmEvidence: evidenceOf(judged.logHarm),
      sampleRatio: { ...ratio, expected: ratio.observed === null ? context.weight / 100 : ratio.expected },
      dataQuality: data.quality,
      lastWindowAt: judge.lastWindowAt,
      stepSample,
    },
    state: { ...closeState(judge), outlook: closeOutlook(outlookState) },
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
