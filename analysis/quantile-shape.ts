import { exp } from '../ml/elementary/exp';
import { ln } from '../ml/elementary/ln';
import type { SparseHistogram } from '../metrics/windows';
import { designEffectOf } from './evidence/design-effect';
import { logContrastEvidence, type Comparison, type Side } from './contrast';
import { emptyTally, type ArmPair, type Tally } from './tally';

const LN_2 = 0.6931471805599453;
const BINS_PER_OCTAVE = 8;
/** Windows believed at most where the noise between windows is not learned, so that some of the prior always stays. */
const BELIEVED_WINDOWS = 7;

/**
 * Both arms' histograms, every window of both weighted alike, so that drift and changes of weight cancel; keyed by bin,
 * `zero` apart.
 */
export interface QuantileShape {
  candidate: Record<string, number>;
  control: Record<string, number>;
  candidateZero: number;
  controlZero: number;
}

/** A shape nobody has seen. */
export function emptyShape(): QuantileShape {
  return { candidate: {}, control: {}, candidateZero: 0, controlZero: 0 };
}

/** Adds a window's strata, in place. O(bins). */
export function addToShape(shape: QuantileShape, strata: readonly ArmPair[]): void {
  for (const { candidate, control } of strata) {
    if (candidate.histogram === null || control.histogram === null) continue;
    if (!(candidate.units > 0) || !(control.units > 0)) continue;
    const weight = candidate.units * (control.units / (candidate.units + control.units));
    shape.candidateZero += addBins(shape.candidate, candidate.histogram, weight);
    shape.controlZero += addBins(shape.control, control.histogram, weight);
  }
}

function addBins(bins: Record<string, number>, histogram: SparseHistogram, weight: number): number {
  const total = Object.values(histogram.counts).reduce((sum, count) => sum + count, histogram.zero);
  if (!(total > 0)) return 0;
  for (const [bin, count] of Object.entries(histogram.counts)) bins[bin] = (bins[bin] ?? 0) + (count / total) * weight;
  return (histogram.zero / total) * weight;
}

/** One arm's bins in order, with what lies below each. */
interface Cumulative {
  readonly bins: readonly (readonly [bin: number, below: number, weight: number])[];
  readonly total: number;
}

/** A quantile metric ready to be asked about any margin. */
export interface QuantileComparison {
  readonly quantile: number;
  readonly sign: 1 | -1;
  /** The quantile in each arm, in the value's unit. */
  readonly control: number;
  readonly candidate: number;
  readonly arms: { readonly control: Cumulative; readonly candidate: Cumulative };
  readonly means: Comparison;
}

/**
 * Reads both arms' quantiles; null without positive values where they lie. `means` is the comparison of the same
 * values' means. O(bins).
 */
export function compareQuantiles(shape: QuantileShape, quantile: number, means: Comparison): QuantileComparison | null {
  const arms = {
    control: cumulate(shape.control, shape.controlZero),
    candidate: cumulate(shape.candidate, shape.candidateZero),
  };
  const control = quantileOf(arms.control, quantile);
  const candidate = quantileOf(arms.candidate, quantile);
  if (control === null || candidate === null) return null;
  return { quantile, sign: means.sign, control, candidate, arms, means };
}

function cumulate(counts: Readonly<Record<string, number>>, zero: number): Cumulative {
  const sorted = Object.entries(counts)
    .map(([bin, weight]) => [Number(bin), weight] as const)
    .sort(([a], [b]) => a - b);
  let below = zero;
  const bins = sorted.map(([bin, weight]) => {
    const entry = [bin, below, weight] as const;
    below += weight;
    return entry;
  });
  return { bins, total: below };
}

/** Geometric interpolation within a bin. */
function quantileOf({ bins, total }: Cumulative, quantile: number): number | null {
  const target = quantile * total;
  for (const [bin, below, weight] of bins) {
    if (below + weight < target) continue;
    const part = Math.max(0, (target - below) / weight);
    return exp(((bin - 1 + part) * LN_2) / BINS_PER_OCTAVE);
  }
  return null;
}

function shareAbove({ bins, total }: Cumulative, value: number): number {
  const position = (BINS_PER_OCTAVE * ln(value)) / LN_2;
  let above = 0;
  for (const [bin, , weight] of bins) above += weight * Math.min(1, Math.max(0, bin - position));
  return total > 0 ? above / total : 0;
}

/**
 * Evidence (natural log of an e-value) that the candidate's quantile is above (`harm`) or below (`safety`) control's by
 * `harm` in the value's unit: the share of the candidate's values beyond that point against the share beyond control's
 * own quantile, judged like a share. The clustering of users is that of the values' means; noise between windows is the
 * prior's. O(bins + cells).
 *
 * @see Howard, Ramdas (2022), quantiles by their shares, doi:10.3150/21-BEJ1388
 */
export function logQuantileEvidence(comparison: QuantileComparison, harm: number, side: Side): number {
  const { sign, control, arms, quantile, means } = comparison;
  const point = control + sign * harm;
  const beyond = sign === 1 ? 1 - quantile : quantile;
  const above = point > 0 ? shareAbove(arms.candidate, point) : 1;
  const difference = (sign === 1 ? above : 1 - above) - beyond;
  return logContrastEvidence(asShare(means, difference, beyond), { absolute: 0, relative: 0 }, side);
}

/**
 * The comparison of a share `beyond` of control's values with `difference` more of the candidate's, weighed as the
 * means were.
 */
function asShare(means: Comparison, difference: number, beyond: number): Comparison {
  const from = means.tally;
  const tally: Tally = {
    ...emptyTally(),
    windows: Math.min(from.windows, BELIEVED_WINDOWS),
    difference: from.weight * difference,
    control: from.weight * beyond,
    weight: from.weight,
    spreadCandidate: from.spreadCandidate,
    spreadControl: from.spreadControl,
    candidateUnits: from.candidateUnits,
    candidateSum: from.candidateUnits * (beyond + difference),
    controlUnits: from.controlUnits,
    controlSum: from.controlUnits * beyond,
    controlSquares: (from.weight * beyond) ** 2 / Math.max(1, from.windows),
    jumpCandidate: from.jumpCandidate,
    jumpControl: from.jumpControl,
  };
  const effect = designEffectOf(means);
  const unit = beyond * (1 - beyond);
  return {
    tally,
    kind: 'slower_than',
    sign: 1,
    harm: difference,
    clusterCandidate: (effect?.candidate ?? 0) * from.spreadCandidate * unit,
    clusterControl: (effect?.control ?? 0) * from.spreadControl * unit,
    effectiveClusters: means.effectiveClusters,
  };
}
