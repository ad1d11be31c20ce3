/** One series as the Numenta Anomaly Benchmark knows it. */
export interface LabelledSeries {
  /** `group/name`. */
  readonly name: string;
  /** Instants in milliseconds, ascending. */
  readonly atMs: readonly number[];
  readonly values: readonly number[];
  /** First and last instant of each labelled window, in time order; both occur in `atMs`. */
  readonly windows: readonly (readonly [number, number])[];
}

/** What hits, misses and false alarms are worth. */
export interface NabProfile {
  readonly name: string;
  readonly truePositive: number;
  readonly falseNegative: number;
  readonly falsePositive: number;
}

/** The three profiles of the benchmark's `config/profiles.json`. */
export const NAB_PROFILES: readonly NabProfile[] = [
  { name: 'standard', truePositive: 1, falseNegative: 1, falsePositive: 0.11 },
  { name: 'reward_low_FP_rate', truePositive: 1, falseNegative: 1, falsePositive: 0.22 },
  { name: 'reward_low_FN_rate', truePositive: 1, falseNegative: 2, falsePositive: 0.11 },
];

/** A corpus's score under one profile. */
export interface NabResult {
  readonly profile: string;
  /** Best threshold over the whole corpus; alarms are scores at or above it. */
  readonly threshold: number;
  /** Before it is scaled. */
  readonly raw: number;
  /** 0 for a detector that never alarms, 100 for one that alarms at the start of every window and nowhere else. */
  readonly score: number;
  readonly found: number;
  readonly windows: number;
  /** Points at or above the threshold outside every window. */
  readonly falseAlarms: number;
}

/** What an alarm at each point is worth, apart from a profile's weights. */
export interface SweptSeries {
  readonly probation: number;
  /** Number of the window a point lies in, or −1. */
  readonly windowOf: Int32Array;
  /** Between −1 and 1: how early within its window, or how far past the last one. */
  readonly worth: Float64Array;
  readonly windows: number;
}

/** 0.98661 at the left edge of a window (−1), 0 at its right edge, −1 far past it. */
function scaledSigmoid(position: number): number {
  return position >= 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

/** Points at the start that the benchmark does not score: 15 %, at most 750. */
export function probationOf(length: number): number {
  return Math.min(Math.floor(0.15 * length), 750);
}

/**
 * Worth of an alarm at every point, as the benchmark's sweeper computes it.
 *
 * @throws {RangeError} when a window's edge is no instant of the series
 * @see Lavin and Ahmad (2015), doi:10.1109/ICMLA.2015.141; numenta/NAB, nab/sweeper.py
 */
export function sweep({ name, atMs, windows }: LabelledSeries): SweptSeries {
  const windowOf = new Int32Array(atMs.length).fill(-1);
  const worth = new Float64Array(atMs.length).fill(-1);
  const index = new Map(atMs.map((at, i) => [at, i] as const).reverse());
  for (const [number, [from, to]] of windows.entries()) {
    const left = index.get(from);
    const right = index.get(to);
    if (left === undefined || right === undefined)
      throw new RangeError(`window ${number} of ${name} is not in the data`);
    const width = right - left + 1;
    for (let i = left; i <= right; i += 1) {
      windowOf[i] = number;
      worth[i] = scaledSigmoid(-(right - i + 1) / width) / scaledSigmoid(-1);
    }
    const nextLeft = index.get(windows[number + 1]?.[0] ?? Number.NaN) ?? atMs.length;
    for (let i = right + 1; i < nextLeft; i += 1) worth[i] = scaledSigmoid((i - right) / (width - 1));
  }
  return { probation: probationOf(atMs.length), windowOf, worth, windows: windows.length };
}

/**
 * Scores a detector on a corpus: one threshold for all series, the best in hindsight, as the benchmark takes it.
 *
 * @param scores - for each series one score per point, in the order of `swept`; points of score 0 are never alarms
 */
export function scoreCorpus(
  swept: readonly SweptSeries[],
  scores: readonly ArrayLike<number>[],
  profile: NabProfile,
): NabResult {
  const ledger = new Ledger(swept, profile);
  const points = rankPoints(swept, scores);
  let best = ledger.at(1.1);
  for (const [rank, { score, series, at }] of points.entries()) {
    ledger.alarm(series, at);
    const isLastOfItsScore = points[rank + 1]?.score !== score;
    if (isLastOfItsScore && ledger.raw > best.raw) best = ledger.at(score);
  }
  return best;
}

/** Scores a detector on a corpus at a threshold that is given. */
export function scoreAt(
  swept: readonly SweptSeries[],
  scores: readonly ArrayLike<number>[],
  profile: NabProfile,
  threshold: number,
): NabResult {
  const ledger = new Ledger(swept, profile);
  for (const { score, series, at } of rankPoints(swept, scores)) if (score >= threshold) ledger.alarm(series, at);
  return ledger.at(threshold);
}

interface RankedPoint {
  readonly score: number;
  readonly series: number;
  readonly at: number;
}

/** All points past probation whose score is above 0, highest first. */
function rankPoints(swept: readonly SweptSeries[], scores: readonly ArrayLike<number>[]): RankedPoint[] {
  const points: RankedPoint[] = [];
  for (const [series, { probation, worth }] of swept.entries()) {
    for (let at = probation; at < worth.length; at += 1) {
      const score = scores[series]?.[at] ?? 0;
      if (score > 0) points.push({ score, series, at });
    }
  }
  return points.sort((a, b) => b.score - a.score);
}

/** What alarms have earned and cost so far. Of several in one window the best counts. */
class Ledger {
  raw: number;
  private readonly bestInWindow: readonly Float64Array[];
  private readonly windows: number;
  private found = 0;
  private falseAlarms = 0;

  constructor(
    private readonly swept: readonly SweptSeries[],
    private readonly profile: NabProfile,
  ) {
    this.bestInWindow = swept.map(({ windows }) => new Float64Array(windows).fill(Number.NEGATIVE_INFINITY));
    this.windows = swept.reduce((sum, { windows }) => sum + windows, 0);
    this.raw = -profile.falseNegative * this.windows;
  }

  alarm(series: number, at: number): void {
    const { windowOf, worth } = this.swept[series] as SweptSeries;
    const window = windowOf[at] as number;
    const gain = worth[at] as number;
    if (window < 0) {
      this.raw += gain * this.profile.falsePositive;
      this.falseAlarms += 1;
    } else this.hit(this.bestInWindow[series] as Float64Array, window, gain);
  }

  at(threshold: number): NabResult {
    const { profile, windows, raw, found, falseAlarms } = this;
    const nothing = -profile.falseNegative * windows;
    const score = windows === 0 ? 0 : (100 * (raw - nothing)) / (profile.truePositive * windows - nothing);
    return { profile: profile.name, threshold, raw, score, found, windows, falseAlarms };
  }

  private hit(best: Float64Array, window: number, gain: number): void {
    const before = best[window] as number;
    const isFirst = before === Number.NEGATIVE_INFINITY;
    if (isFirst) this.found += 1;
    if (!isFirst && gain <= before) return;
    this.raw +=
      gain * this.profile.truePositive - (isFirst ? -this.profile.falseNegative : before * this.profile.truePositive);
    best[window] = gain;
  }
}
