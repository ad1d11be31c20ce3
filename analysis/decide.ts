import { ln } from '../ml/elementary/ln';
import { evidenceOf } from '../ml/sequential/mixture-evidence';
import type { DataState } from './data-quality';
import type { Judged } from './judge-metrics';
import type { OutlookActions } from './risk/outlook-actions';
import type { SegmentActions } from './segments/segment-actions';
import { ReasonCode, Verdict, type AnalysisInput, type AnalysisReason, type MetricFinding } from './types';

/** What the stages before have found. */
export interface Found {
  readonly judged: Judged;
  readonly data: DataState;
  /** Reasons of the experiment itself, of faults in both arms, and of the data. */
  readonly experiment: readonly AnalysisReason[];
  readonly faults: readonly AnalysisReason[];
  readonly dataReasons: readonly AnalysisReason[];
  readonly segments: SegmentActions;
  readonly outlook: OutlookActions;
}

/** A verdict with the reasons that carry it, and how close to a rollback it is. */
export interface Decision {
  readonly verdict: Verdict;
  readonly reasons: readonly AnalysisReason[];
  readonly tension: number;
}

/** Whether the guardrails together pass what the promised rate of false rollbacks asks for. */
export function isHarmShown({ logHarm }: Judged, { falseRollbackRate }: AnalysisInput['plan']): boolean {
  return logHarm >= -ln(falseRollbackRate);
}

/** Puts all findings into one verdict: rollback before narrow before hold before promote. */
export function decide(input: AnalysisInput, found: Found): Decision {
  const { plan, context } = input;
  const isElse = (reason: AnalysisReason): boolean => !found.outlook.reasons.includes(reason);
  const needed = -ln(plan.falseRollbackRate);
  const open = [
    ...found.segments.reasons,
    ...found.outlook.reasons,
    ...found.faults,
    ...found.experiment,
    ...found.dataReasons,
  ];
  // Harm that is some segments' alone is cured by their exclusion; evidence about the rest starts afresh then.
  if (isHarmShown(found.judged, plan) && found.segments.exclude.length === 0) {
    return { verdict: Verdict.Rollback, reasons: [...harmReasons(input, found.judged), ...open], tension: 1 };
  }
  if (found.data.silentMs > plan.noDataDeadlineMs) {
    const verdict = plan.onNoData === 'roll_back' ? Verdict.Rollback : Verdict.Hold;
    return { verdict, reasons: [deadlineReason(found.data.silentMs, plan.noDataDeadlineMs), ...open], tension: 1 };
  }
  if (found.outlook.asks === 'rollback') {
    return { verdict: Verdict.Rollback, reasons: [...found.outlook.reasons, ...open.filter(isElse)], tension: 1 };
  }
  const tension = Math.min(1, Math.max(0, found.judged.logHarm / needed, found.faults.length > 0 ? 0.5 : 0));
  if (found.faults.some(({ code }) => code === ReasonCode.SharedFaultAfterRaise)) {
    return { verdict: Verdict.Narrow, reasons: open, tension: 1 };
  }
  if (found.outlook.asks === 'narrow') {
    return { verdict: Verdict.Narrow, reasons: [...found.outlook.reasons, ...open.filter(isElse)], tension: 1 };
  }
  const safety = safetyReasons(found.judged.findings, input);
  const reasons = [...open, ...bakeReasons(context), ...safety.missing];
  if (reasons.length > 0) return { verdict: Verdict.Hold, reasons, tension };
  return { verdict: Verdict.Promote, reasons: safety.shown, tension };
}

function harmReasons({ plan }: AnalysisInput, { findings, logCeilings }: Judged): AnalysisReason[] {
  const guardrails = findings.filter(({ role }) => role === 'guardrail');
  const strongest = Math.max(
    ...guardrails.map(({ harmEvidence }) => harmEvidence),
    ...Object.values(logCeilings).map(evidenceOf),
  );
  // Name what alone would have passed, and the strongest in any case.
  const counts = (evidence: number): boolean => evidence >= Math.min(strongest, 1 / plan.falseRollbackRate);
  const harmed = guardrails.filter(({ harmEvidence }) => counts(harmEvidence));
  const overCeiling = Object.entries(logCeilings).filter(([, log]) => counts(evidenceOf(log)));
  return [
    ...harmed.map((finding) => ({
      code: ReasonCode.GuardrailHarm,
      text: `${finding.metric}: candidate ${show(finding.candidate)}, control ${show(finding.control)}, margin ${show(finding.margin)}.`,
      metric: finding.metric,
      numbers: numbersOf(finding),
    })),
    ...overCeiling.map(([metric, log]) => ({
      code: ReasonCode.CeilingPassed,
      text: `${metric}: the candidate passes the ceiling and control does not.`,
      metric,
      numbers: { evidence: evidenceOf(log) },
    })),
  ];
}

function deadlineReason(silentMs: number, deadlineMs: number): AnalysisReason {
  const text = `No data to compare for ${Math.round(silentMs / 1000)} s, past the plan's ${Math.round(deadlineMs / 1000)} s.`;
  return { code: ReasonCode.NoDataDeadline, text, numbers: { silentMs, deadlineMs } };
}

function bakeReasons({ bakedMs, bakeMs }: AnalysisInput['context']): AnalysisReason[] {
  if (bakedMs >= bakeMs) return [];
  const text = `${Math.round(bakedMs / 1000)} of ${Math.round(bakeMs / 1000)} s baked.`;
  return [{ code: ReasonCode.BakeNotServed, text, numbers: { bakedMs, bakeMs } }];
}

function safetyReasons(
  findings: readonly MetricFinding[],
  { context }: AnalysisInput,
): { readonly missing: AnalysisReason[]; readonly shown: AnalysisReason[] } {
  const missing: AnalysisReason[] = [];
  const shown: AnalysisReason[] = [];
  for (const finding of findings.filter(({ role }) => role === 'guardrail')) {
    const { metric } = finding;
    const numbers = { ...numbersOf(finding), nextWeight: context.nextWeight };
    const allowed = finding.margin === null ? null : (finding.margin * 100) / context.nextWeight;
    const text = `${metric}: harm at most ${show(finding.harmUpper)}, allowed before ${context.nextWeight} % is ${show(allowed)}.`;
    if (finding.safetyShown) shown.push({ code: ReasonCode.SafetyShown, text, metric, numbers });
    else missing.push({ code: ReasonCode.SafetyNotShown, text, metric, numbers });
  }
  return { missing, shown };
}

function show(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(3)));
}

function numbersOf(finding: MetricFinding): Record<string, number> {
  const { control, candidate, harm, harmLower, harmUpper, margin, harmEvidence, safetyEvidence } = finding;
  const known = Object.entries({
    control,
    candidate,
    harm,
    harmLower,
    harmUpper,
    margin,
    harmEvidence,
    safetyEvidence,
  });
  return Object.fromEntries(known.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}
