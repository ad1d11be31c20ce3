import { grangerEdges } from '../../ml/causality/granger-edges';
import type { GrangerAnswer } from '../../ml/causality/granger-test';
import {
  CauseCode,
  type AlignedSeries,
  type AttributedCause,
  type AttributionInput,
  type CauseEvidence,
  type ClearedCause,
} from './attribution';
import { onsetOf } from './onset';
import { minutes, type SplitView } from './weigh-changes';

const MOVED_WEIGHT = 1.5;
const MAX_PREDICTION_WEIGHT = 3;
const MAX_LAG = 4;
const TRAFFIC = 'traffic';
const EFFECT = 'effect';

/**
 * Weighs series of dependencies and machines against the harm of the control, which no rollout touches directly: onset
 * before the effect's, and Granger prediction given the traffic, with false edges held over all series (Benjamini and
 * Yekutieli, since such series move together). When the control shows no trouble, they explain nothing.
 */
export function weighSeries(input: AttributionInput, split: SplitView): (AttributedCause | ClearedCause)[] {
  const { windows, series } = input;
  if (series.length === 0) return [];
  const table = new Map(series.map(({ name, values }) => [`series ${name}`, values]));
  table.set(EFFECT, windows.control).set(TRAFFIC, windows.requests);
  const edges = grangerEdges(
    table,
    series.map(({ name }) => ({ cause: `series ${name}`, effect: EFFECT, given: [TRAFFIC] })),
    { maxLag: MAX_LAG, robust: true, control: 'by' },
  );
  return series.map((each, index) => {
    const { answer, adjustedP } = edges[index] as (typeof edges)[number];
    return weighOne(each, input, split, { answer, adjustedP });
  });
}

function weighOne(
  { name, kind, values }: AlignedSeries,
  { windows: { fromMs, stepMs } }: AttributionInput,
  { armsDiffer, controlMoved, onsetAtMs }: SplitView,
  { answer, adjustedP }: { answer: GrangerAnswer; adjustedP: number | null },
): AttributedCause | ClearedCause {
  const subject = { kind, name };
  if (!controlMoved && armsDiffer) {
    const text = `${name} serves both arms alike, so it cannot make them differ`;
    return { subject, evidence: { code: CauseCode.MeetsBothArms, text } };
  }
  const onset = onsetOf(values);
  if (onset === null) {
    return { subject, evidence: { code: CauseCode.StoodStill, text: `${name} stayed in its usual range` } };
  }
  const leadMs = onsetAtMs === null ? null : onsetAtMs - (fromMs + onset.at * stepMs);
  const numbers = { deviation: onset.deviation, ...(leadMs === null ? {} : { leadMs }) };
  if (leadMs !== null && leadMs < -stepMs) {
    const text = `${name} moved ${minutes(-leadMs)} after the trouble began`;
    return { subject, evidence: { code: CauseCode.MovedLater, text, numbers } };
  }
  const when = leadMs === null ? 'in this time' : leadMs > 0 ? `${minutes(leadMs)} before` : 'with';
  const moved: CauseEvidence = {
    code: CauseCode.MovedFirst,
    text: `${name} left its usual range ${when}${leadMs === null ? '' : ' the trouble'}, by ${onset.deviation.toFixed(1)} deviations`,
    numbers,
  };
  const prediction = predictionOf(name, answer, adjustedP);
  const predicts = answer.verdict === 'causal' && adjustedP !== null;
  const weight =
    MOVED_WEIGHT + (predicts ? Math.min(MAX_PREDICTION_WEIGHT, -Math.log10(Math.max(adjustedP, 1e-12)) / 2) : 0);
  return { subject, weight, strength: predicts ? 'moderate' : 'weak', evidence: [moved, prediction] };
}

function predictionOf(name: string, { verdict, reason, lag }: GrangerAnswer, adjustedP: number | null): CauseEvidence {
  if (verdict === 'not_testable' || adjustedP === null) {
    return {
      code: CauseCode.NotTestable,
      text: `whether ${name} predicts it cannot be tested: ${reason ?? 'no answer'}`,
    };
  }
  const numbers = { adjustedP, ...(lag === null ? {} : { lag }) };
  return verdict === 'causal'
    ? { code: CauseCode.Predicts, text: `its past predicts the trouble, given the traffic`, numbers }
    : { code: CauseCode.PredictsNothing, text: `its past does not predict the trouble, given the traffic`, numbers };
}
