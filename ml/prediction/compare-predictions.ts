import { bootstrap, type Interval } from '../evaluation/bootstrap';
import { brierScore } from '../evaluation/scores';
import { mulberry32 } from '../random/mulberry32';

/** Rows of the rarer class below which no comparison is worth making. */
const LEAST_OF_A_CLASS = 5;
const RESAMPLES = 2_000;

/** How two predictors of the same rows differ. */
export interface Comparison {
  readonly rows: number;
  /**
   * Brier score of the standing predictor less that of the new one: positive when the new one is better. With a 95 %
   * interval.
   */
  readonly gain: Interval;
  /** The whole interval lies above zero. */
  readonly isBetterBeyondNoise: boolean;
}

/**
 * Compares two predictors on rows that neither has learned from, by a paired bootstrap of their Brier scores (Efron and
 * Tibshirani 1993, chapter 13). The Brier score rewards both ranking and calibration, and is proper: no predictor gains
 * by saying other than it believes.
 *
 * @returns null with fewer than five failures or five successes, on which nothing can be told
 */
export function comparePredictions(
  standing: Float64Array,
  candidate: Float64Array,
  labels: Float64Array,
  seed: number,
): Comparison | null {
  const rows = labels.length;
  const failures = labels.reduce((sum, label) => sum + label, 0);
  if (Math.min(failures, rows - failures) < LEAST_OF_A_CLASS) return null;
  const scoreOf = (probabilities: Float64Array, sample: Uint32Array): number =>
    brierScore(
      Float64Array.from(sample, (row) => probabilities[row] as number),
      Float64Array.from(sample, (row) => labels[row] as number),
    );
  const gain = bootstrap(
    rows,
    (sample) => scoreOf(standing, sample) - scoreOf(candidate, sample),
    RESAMPLES,
    mulberry32(seed),
  );
  return { rows, gain, isBetterBeyondNoise: gain.low > 0 };
}
