import { exp } from '../elementary/exp';

/** What a watch remembers. Plain JSON. */
export interface WatchState {
  /** One detector for each size of shift that is looked for. */
  readonly detectors: readonly number[];
  /** Their mean: the evidence that the forecast has stopped to hold. */
  readonly evidence: number;
  readonly windows: number;
  /** The evidence has reached the average run length; stays so. */
  readonly alarm: boolean;
}

/** How a watch is to behave. */
export interface WatchOptions {
  /** Windows between two false alarms on average, at least. Default 10,080: a week of minutes. */
  readonly averageRunLength?: number;
}

const A_WEEK_OF_MINUTES = 10_080;
/** Shifts looked for, in standard deviations of a window. */
const SHIFTS = [0.5, 1, 2];
/** Forecasts are never quite right: a bias of so many deviations is not held against anybody. */
const TOLERATED_BIAS = 0.25;
/** And a variance of so many times the stated one is allowed. */
const TOLERATED_VARIANCE = 1.5;
/** A window further off counts as this far, so no single one alarms at the default run length. */
const MOST = 3;
/** Beyond any run length in use; keeps the numbers finite. */
const CEILING = 1e12;

/**
 * Watches for a lasting change for the worse once nothing concurrent is left to compare with: an e-detector of
 * Shiryaev-Roberts type, averaged over three sizes of shift. O(1).
 *
 * While each window's residual, given those before it, has a mean of at most 0.25 and is sub-Gaussian with a variance
 * factor of at most 1.5, windows between false alarms number at least `averageRunLength` on average, however long one
 * watches. Residuals that follow each other (a forecast wrong for hours) break that assumption.
 *
 * @param state - what this returned last time, or null at first
 * @param z - the window's standardised residual against the forecast; positive is worse. Null, a window without data,
 *   changes nothing
 * @see Shin, Ramdas and Rinaldo (2024), arXiv:2203.03532
 */
export function watchAfterCompletion(
  state: WatchState | null,
  { z }: { readonly z: number | null },
  { averageRunLength = A_WEEK_OF_MINUTES }: WatchOptions = {},
): WatchState {
  const before = state ?? { detectors: SHIFTS.map(() => 0), evidence: 0, windows: 0, alarm: false };
  if (z === null || !Number.isFinite(z)) return before;
  // Cutting off above can only lower an e-value's mean; below nothing is cut off.
  const excess = Math.min(MOST, z) - TOLERATED_BIAS;
  const detectors = SHIFTS.map((shift, i) => {
    const bet = shift / TOLERATED_VARIANCE;
    const factor = exp(bet * excess - (bet * bet * TOLERATED_VARIANCE) / 2);
    return Math.min(CEILING, ((before.detectors[i] ?? 0) + 1) * factor);
  });
  const evidence = detectors.reduce((sum, one) => sum + one, 0) / detectors.length;
  return { detectors, evidence, windows: before.windows + 1, alarm: before.alarm || evidence >= averageRunLength };
}
