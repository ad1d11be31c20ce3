import { DataQuality, type SourceTrouble } from '../metrics/windows';
import { isMixed, shareDifference } from './exposure-checks';
import type { JudgeState } from './judge-state';
import { MISMATCH_RATE, type SampleRatio } from './sample-ratio';
import { followsRaise } from './shared-fault';
import { ReasonCode, type AnalysisInput, type AnalysisReason } from './types';

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** Findings about the experiment itself: while one is open, nothing it says can be promoted on. */
export function experimentFindings(judge: JudgeState, ratio: SampleRatio): AnalysisReason[] {
  const reasons: AnalysisReason[] = [];
  if (ratio.observed !== null && ratio.evidence >= 1 / MISMATCH_RATE) {
    const numbers = { expected: ratio.expected, observed: ratio.observed, evidence: ratio.evidence };
    const text = `${percent(ratio.observed)} of exposures met the candidate where ${percent(ratio.expected)} should have.`;
    reasons.push({ code: ReasonCode.SampleRatioMismatch, text, numbers });
  }
  const { mixed, exposures } = judge.mixed;
  if (isMixed(mixed, exposures)) {
    const text = `${percent(mixed / exposures)} of exposures are of users who met both variants under one transition.`;
    reasons.push({ code: ReasonCode.MixedExposure, text, numbers: { mixed, exposures } });
  }
  const checks = [
    { code: ReasonCode.OutcomesMissing, tally: judge.missing, subject: 'Exposures without an outcome' },
    { code: ReasonCode.LateDataDiffers, tally: judge.late, subject: 'Events that came too late' },
  ] as const;
  for (const { code, tally, subject } of checks) {
    const { isOpen, candidate, control, evidence } = shareDifference(tally);
    if (!isOpen) continue;
    const text = `${subject}: ${percent(candidate)} of the candidate's, ${percent(control)} of control's.`;
    reasons.push({ code, text, numbers: { candidate, control, evidence } });
  }
  return reasons;
}

/**
 * Guardrails on which both arms are worse than their own past. Such a fault asks for narrowing if it may be laid to a
 * raise, once: until the transition changes. The state remembers which, in place.
 */
export function sharedFaults(judge: JudgeState, { plan, context }: AnalysisInput): AnalysisReason[] {
  const open = plan.metrics.flatMap(({ name }) => {
    const since = judge.levels[name]?.faultSince ?? null;
    return since === null ? [] : [{ name, since }];
  });
  if (open.length === 0) judge.narrowedFault = null;
  const first = open.reduce((earliest, { since }) => Math.min(earliest, since), Number.POSITIVE_INFINITY);
  const fault = { since: first, lastAt: judge.lastWindowAt ?? first, windowMs: judge.windowMs };
  if (open.length > 0 && followsRaise(fault, context) && judge.narrowedFault === null) {
    judge.narrowedFault = first;
    judge.narrowAtTransition = context.transition;
  }
  const narrows = judge.narrowedFault !== null && judge.narrowAtTransition === context.transition;
  return open.map(({ name, since }) => ({
    code: narrows ? ReasonCode.SharedFaultAfterRaise : ReasonCode.SharedFault,
    text: narrows
      ? `Both arms got worse on ${name} within one bake of the raise.`
      : `Both arms are worse on ${name} than before: an incident, not the candidate alone.`,
    metric: name,
    numbers: { since },
  }));
}

const QUALITY_TEXT: Readonly<Record<Exclude<DataQuality, 'ok' | 'too_few_units'>, string>> = {
  no_traffic: 'No outcomes of both arms have come lately.',
  source_down: 'The source of metrics did not answer.',
  label_missing: 'The source of metrics has no series with the labels that the plan names.',
  too_many_users: 'There are more users than can be counted one by one.',
  stale: 'The source has delivered no new window for too long.',
};

/** Why the data of this look does not allow a promotion; empty when it does. */
export function dataReasons(
  quality: DataQuality,
  sample: { readonly control: number; readonly candidate: number },
  minimumSample: number,
  trouble: SourceTrouble | null,
): AnalysisReason[] {
  if (trouble !== null) {
    const { metric, detail } = trouble;
    return [{ code: ReasonCode.NoData, text: detail, ...(metric === undefined ? {} : { metric }) }];
  }
  switch (quality) {
    case DataQuality.Ok:
      return [];
    case DataQuality.TooFewUnits: {
      const text = `${sample.control} outcomes of control and ${sample.candidate} of the candidate in this step; each needs ${minimumSample}.`;
      return [{ code: ReasonCode.TooFewUnits, text, numbers: { ...sample, minimumSample } }];
    }
    case DataQuality.NoTraffic:
    case DataQuality.SourceDown:
    case DataQuality.LabelMissing:
    case DataQuality.Stale:
    case DataQuality.TooManyUsers:
      return [{ code: ReasonCode.NoData, text: QUALITY_TEXT[quality] }];
  }
}
