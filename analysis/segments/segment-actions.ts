import { evidenceOf } from '../../ml/sequential/mixture-evidence';
import { ReasonCode, type AnalysisReason, type JudgePlan, type SegmentFinding } from '../types';
import type { SegmentsJudged } from './judge-segments';
import { isHarmConcentrated, shareOfAudience } from './rest-of-audience';
import type { SegmentsState } from './segment-state';

/** Harmed segments that make up more of the audience than this are no exception: the rollout is judged as one. */
const LARGEST_EXCLUSION = 0.5;

const RESTARTED: AnalysisReason = {
  code: ReasonCode.SegmentEvidenceRestarted,
  text: 'Segments are judged by another test since this version: their evidence starts afresh from this look.',
};

/** What follows from harmed segments. */
export interface SegmentActions {
  /** To be excluded now; the rest goes on. */
  readonly exclude: readonly string[];
  /** What holds the rollout: harmed segments that wait for exclusion, or that the plan wants a person to see. */
  readonly reasons: readonly AnalysisReason[];
}

/**
 * What to do about harmed segments. They are excluded when the plan says so and the harm is theirs alone: they are at
 * most half of the audience and, when everybody together is shown to be harmed too, the rest is calm. The state
 * remembers what was asked for, in place.
 */
export function segmentActions(
  state: SegmentsState,
  { findings, harmed }: SegmentsJudged,
  plan: JudgePlan,
  isEverybodyHarmed: boolean,
): SegmentActions {
  const action = plan.onSegmentHarm ?? 'exclude';
  const restarted = state.isRestarted ? [RESTARTED] : [];
  if (harmed.length === 0 || action === 'report') return { exclude: [], reasons: restarted };
  const reasons = findings.filter(({ segment }) => harmed.includes(segment)).map((finding) => reasonOf(finding));
  reasons.push(...restarted);
  if (action === 'hold') return { exclude: [], reasons };
  const isTheirsAlone =
    shareOfAudience(state, harmed, plan.metrics) <= LARGEST_EXCLUSION &&
    (!isEverybodyHarmed || isHarmConcentrated(state, harmed, plan));
  if (!isTheirsAlone) return { exclude: [], reasons };
  for (const segment of harmed) {
    const memory = state.segments[segment];
    if (memory !== undefined) memory.asked = true;
  }
  return { exclude: harmed, reasons };
}

function reasonOf({ segment, harmEvidence, metrics }: SegmentFinding): AnalysisReason {
  const worst = metrics.reduce<SegmentFinding['metrics'][number] | null>(
    (most, metric) => (most === null || metric.harmEvidence > most.harmEvidence ? metric : most),
    null,
  );
  if (worst === null) {
    return { code: ReasonCode.SegmentHarm, text: `Segment ${segment} is harmed.`, segment, numbers: { harmEvidence } };
  }
  const { metric, control, candidate, harm, shrunkHarm } = worst;
  return {
    code: ReasonCode.SegmentHarm,
    text: `Segment ${segment} is harmed on ${metric}: candidate ${short(candidate)}, control ${short(control)}.`,
    metric,
    segment,
    numbers: {
      control,
      candidate,
      harm,
      shrunkHarm: shrunkHarm ?? harm,
      harmEvidence: Math.min(harmEvidence, evidenceOf(600)),
    },
  };
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
