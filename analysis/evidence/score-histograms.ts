import { exp } from '../../ml/elementary/exp';
import { ln } from '../../ml/elementary/ln';
import type { Metric } from '../../flags/plan/metric';
import { logExchangeableGain } from '../../ml/sequential/count-gain';
import type { SparseHistogram } from '../../metrics/windows';
import { harmSign } from '../arm-sample';
import type { ArmPair } from '../tally';
import type { WindowScore } from './window-score';

/** Logarithmic bins to a factor of two. */
const BINS_PER_OCTAVE = 8;
const LN_2 = 0.6931471805599453;

/** Counts of both arms by bin, lowest first; values at or below zero come first of all. */
interface PooledBins {
  readonly bins: readonly number[];
  readonly tested: readonly number[];
  readonly all: readonly number[];
  readonly testedUnits: number;
  readonly units: number;
}

/**
 * Scores a stratum of logarithmic histograms. The margin is taken out of the candidate's values first; then, if nothing
 * is wrong, which arm a value came from is chance, given all values of the window. A quantile counts the candidate's
 * values above the bin that holds it in both arms together; a distribution gives each bin the logistic score of its
 * mid-rank, nearly the best for any shift of log values. O(bins × effects).
 *
 * @see Lehmann (1953), doi:10.1214/aoms/1177729080 (scores of ranks)
 */
export function scoreHistograms(metric: Metric, pair: ArmPair, effects: readonly number[]): WindowScore | null {
  const pooled = poolBins(pair, metric);
  if (pooled === null) return null;
  return metric.kind === 'quantile' ? scoreQuantile(pooled, metric, effects) : scoreShift(pooled, metric, effects);
}

function poolBins({ candidate, control }: ArmPair, metric: Metric): PooledBins | null {
  if (candidate.histogram === null || control.histogram === null) return null;
  const counts = new Map<number, { tested: number; all: number }>();
  const add = (bin: number, count: number, isTested: boolean): void => {
    if (!(count > 0)) return;
    const entry = counts.get(bin) ?? { tested: 0, all: 0 };
    if (isTested) entry.tested += count;
    entry.all += count;
    counts.set(bin, entry);
  };
  const shift = marginBins(metric, control.histogram);
  const whole = Math.floor(shift);
  const part = shift - whole;
  const addArm = (histogram: SparseHistogram, isTested: boolean): void => {
    add(Number.NEGATIVE_INFINITY, histogram.zero, isTested);
    for (const [key, count] of Object.entries(histogram.counts)) {
      const bin = Number(key);
      if (!isTested) add(bin, count, false);
      else {
        // A shift that is no whole number of bins moves that part of each bin one further.
        add(bin - whole, count * (1 - part), true);
        add(bin - whole - 1, count * part, true);
      }
    }
  };
  addArm(candidate.histogram, true);
  addArm(control.histogram, false);
  const sorted = [...counts.entries()].sort(([a], [b]) => a - b);
  const tested = sorted.map(([, entry]) => entry.tested);
  const all = sorted.map(([, entry]) => entry.all);
  const testedUnits = tested.reduce((sum, count) => sum + count, 0);
  const units = all.reduce((sum, count) => sum + count, 0);
  if (!(testedUnits > 0) || !(units > testedUnits)) return null;
  return { bins: sorted.map(([bin]) => bin), tested, all, testedUnits, units };
}

/** How many bins the margin moves a value down (up where more is better); an absolute part is one of control's own quantile. */
function marginBins(metric: Metric, control: SparseHistogram): number {
  const { absolute, relative } = metric.margin;
  const level = absolute > 0 ? quantileOf(control, metric.quantile ?? 0.5) : null;
  const sign = harmSign(metric);
  const factor = 1 + sign * (relative + (level === null ? 0 : absolute / level));
  return (BINS_PER_OCTAVE * ln(Math.max(1e-3, factor))) / LN_2;
}

/** A quantile of a histogram: the geometric middle of its bin; null without positive values there. */
function quantileOf(histogram: SparseHistogram, quantile: number): number | null {
  const entries = Object.entries(histogram.counts)
    .map(([key, count]) => [Number(key), count] as const)
    .sort(([a], [b]) => a - b);
  const total = entries.reduce((sum, [, count]) => sum + count, histogram.zero);
  let below = histogram.zero;
  for (const [bin, count] of entries) {
    below += count;
    if (below >= quantile * total) return exp(((bin - 0.5) * LN_2) / BINS_PER_OCTAVE);
  }
  return null;
}

function scoreQuantile(
  { tested, all, testedUnits, units }: PooledBins,
  { quantile = 0.5, ...metric }: Metric,
  ratios: readonly number[],
): WindowScore {
  const isUpper = metric.direction === 'lower_is_better';
  let below = 0;
  let testedBelow = 0;
  let previous = { below, testedBelow };
  for (const [index, count] of all.entries()) {
    previous = { below, testedBelow };
    below += count;
    testedBelow += tested[index] as number;
    if (below >= quantile * units) break;
  }
  // Coarse or tied values: where hardly anything lies above the quantile's bin, the bin itself counts as above.
  if (units - below < ((1 - quantile) * units) / 2) ({ below, testedBelow } = previous);
  const counts = isUpper
    ? { tested: testedUnits - testedBelow, all: units - below }
    : { tested: testedBelow, all: below };
  const share = testedUnits / units;
  const rate = counts.all / units;
  return {
    score: counts.tested - counts.all * share,
    information: testedUnits * rate * (1 - rate) * (1 - share),
    gains: ratios.map((ratio) => logExchangeableGain(counts, { tested: testedUnits, all: units }, ratio)),
  };
}

/**
 * Scores of mean 0 and variance 1 over both arms' values, tilted exponentially: drawing without replacement varies less
 * than with (Hoeffding).
 */
function scoreShift(
  { tested, all, testedUnits, units }: PooledBins,
  metric: Metric,
  tilts: readonly number[],
): WindowScore | null {
  const sign = harmSign(metric);
  let below = 0;
  const raw = all.map((count) => {
    const rank = (below + count / 2) / units;
    below += count;
    return sign * (ln(rank) - ln(1 - rank));
  });
  const mean = raw.reduce((sum, value, index) => sum + value * (all[index] as number), 0) / units;
  const variance = raw.reduce((sum, value, index) => sum + (value - mean) ** 2 * (all[index] as number), 0) / units;
  if (!(variance > 1e-12)) return null;
  const spread = Math.sqrt(variance);
  const scores = raw.map((value) => (value - mean) / spread);
  const score = scores.reduce((sum, value, index) => sum + value * (tested[index] as number), 0);
  return {
    score,
    information: testedUnits * (1 - testedUnits / units),
    gains: tilts.map((tilt) => {
      let generating = 0;
      for (const [index, value] of scores.entries()) generating += ((all[index] as number) / units) * exp(tilt * value);
      return tilt * score - testedUnits * ln(generating);
    }),
  };
}
