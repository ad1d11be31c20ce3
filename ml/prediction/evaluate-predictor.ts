import { areaUnderRoc } from '../evaluation/auc';
import { bootstrap, type Interval } from '../evaluation/bootstrap';
import { calibrationError, reliabilityBins, type ReliabilityBin } from '../evaluation/reliability';
import { averagePrecision, brierScore, effortAwareRecall } from '../evaluation/scores';
import { mulberry32 } from '../random/mulberry32';

/** Figures of probabilities against what happened. NaN where a figure has no meaning, such as an AUC with one class alone. */
export interface Figures {
  readonly rows: number;
  readonly failures: number;
  readonly auc: Interval;
  readonly prAuc: Interval;
  readonly brier: Interval;
  /** Expected calibration error in ten bins of equal width. */
  readonly ece: Interval;
  /** Share of failures found in the fifth of the lines that is inspected first; null when effort is not known. */
  readonly recallAt20: Interval | null;
  readonly reliability: readonly ReliabilityBin[];
}

/** Share of lines that effort-aware recall inspects. */
const EFFORT = 0.2;

/**
 * Measures probabilities, each figure with a bootstrap interval of 95 %. O(resamples × n log n).
 *
 * @param effort - lines of each row; null when they are not known
 * @param resamples - of the bootstrap; 200 by default
 */
export function measure(
  probabilities: Float64Array,
  labels: Float64Array,
  effort: Float64Array | null,
  seed: number,
  resamples = 200,
): Figures {
  const of = (figure: (probabilities: Float64Array, labels: Float64Array, effort: Float64Array) => number): Interval =>
    bootstrap(
      labels.length,
      (sample) => figure(pick(probabilities, sample), pick(labels, sample), pick(effort ?? labels, sample)),
      resamples,
      mulberry32(seed),
    );
  return {
    rows: labels.length,
    failures: labels.reduce((sum, label) => sum + label, 0),
    auc: of(areaUnderRoc),
    prAuc: of(averagePrecision),
    brier: of(brierScore),
    ece: of((own, seen) => calibrationError(own, seen)),
    recallAt20: effort === null ? null : of((own, seen, lines) => effortAwareRecall(own, seen, lines, EFFORT)),
    reliability: reliabilityBins(probabilities, labels),
  };
}

function pick(values: Float64Array, sample: Uint32Array): Float64Array {
  const picked = new Float64Array(sample.length);
  for (let index = 0; index < sample.length; index++) picked[index] = values[sample[index] as number] as number;
  return picked;
}
