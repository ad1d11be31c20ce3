import { clusterVariance } from '../ml/clusters/cluster-variance';
import { bennettDeviance } from '../ml/sequential/bennett-deviance';
import { evidenceOf, logMeanEvidence, logMixtureEvidence } from '../ml/sequential/mixture-evidence';
import type { Stratum } from '../metrics/windows';

/** The test of exposures against the weights: rare enough to be believed, as mismatch checks usually are. */
export const MISMATCH_RATE = 0.001;
const SCALES = [64, 4096] as const;
const CELLS = 64;
/** Fewer effective user cells than this cannot tell a mismatch from a few users' habits. */
const FEWEST_CLUSTERS = 12;

/** What is remembered of exposures and weights. */
export interface RatioTally {
  candidate: number;
  all: number;
  /** Σ n·p and Σ n·p·(1 − p), p the stamped transition's weight as a share. */
  expected: number;
  variance: number;
  /** By user cell: candidate's exposures less their expectation, and Σ n·√(p(1 − p)) of both arms. */
  cellScore: Float32Array;
  cellSpread: Float32Array;
}

/** A tally without exposures. */
export function emptyRatio(): RatioTally {
  return {
    candidate: 0,
    all: 0,
    expected: 0,
    variance: 0,
    cellScore: new Float32Array(CELLS),
    cellSpread: new Float32Array(CELLS),
  };
}

/** Adds a stratum's exposures, compared with the weight of the transition that they were stamped with. In place, O(cells). */
export function addExposures(tally: RatioTally, { weight, candidate, control }: Stratum): void {
  const share = weight / 100;
  if (share <= 0 || share >= 1) return;
  const all = candidate.exposures + control.exposures;
  tally.candidate += candidate.exposures;
  tally.all += all;
  tally.expected += all * share;
  tally.variance += all * share * (1 - share);
  if (candidate.exposureCells.length !== CELLS || control.exposureCells.length !== CELLS) return;
  for (let cell = 0; cell < CELLS; cell++) {
    const own = candidate.exposureCells[cell] as number;
    const both = own + (control.exposureCells[cell] as number);
    tally.cellScore[cell] = (tally.cellScore[cell] as number) + own - share * both;
    tally.cellSpread[cell] = (tally.cellSpread[cell] as number) + both * Math.sqrt(share * (1 - share));
  }
}

/** The sample-ratio check at this look. */
export interface SampleRatio {
  readonly expected: number;
  readonly observed: number | null;
  readonly evidence: number;
}

/**
 * Always-valid, two-sided test that users met the candidate as often as their transition's weight says. The same users
 * come back window after window, so the variance is theirs over all time: what the cells' own deviations show, and at
 * least what users of such unequal activity must show, which the spread of activity over cells tells (users fall into
 * cells by hash). Without cells there is no evidence.
 *
 * @see Fabijan et al. (2019), doi:10.1145/3292500.3330722
 * @see de la Peña, Klass, Lai (2004), self-normalised sums, doi:10.1214/009117904000000397
 */
export function sampleRatio(tally: RatioTally): SampleRatio {
  const expected = tally.all > 0 ? tally.expected / tally.all : 0;
  const observed = tally.all > 0 ? tally.candidate / tally.all : null;
  const seen = clusterVariance(tally.cellScore, tally.cellSpread, 0);
  if (seen.effectiveClusters < FEWEST_CLUSTERS) return { expected, observed, evidence: 1 };
  const mean = tally.cellSpread.reduce((sum, spread) => sum + spread, 0) / CELLS;
  const chance = clusterVariance(tally.cellSpread, ONES, mean).variance;
  const variance = Math.max(seen.variance, chance, tally.variance);
  const excess = tally.candidate - tally.expected;
  // A few users too many in a small canary is a rare event, not a normal one: one user comes again in many windows.
  const z =
    excess > 0
      ? Math.sqrt(2 * bennettDeviance(excess, variance, variance / tally.variance))
      : excess / Math.sqrt(variance);
  const logs = SCALES.flatMap((scale) => [
    logMixtureEvidence(z, tally.variance, scale),
    logMixtureEvidence(-z, tally.variance, scale),
  ]);
  return { expected, observed, evidence: evidenceOf(logMeanEvidence(logs)) };
}

const ONES = new Float32Array(CELLS).fill(1);
