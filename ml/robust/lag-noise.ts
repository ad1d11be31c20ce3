/** Lag, in blocks, at which differences are compared with those of neighbours. */
const LAG = 4;
/** Blocks without dependence that are believed in before any is seen. */
const PRIOR_BLOCKS = 6;
const MOST_DEPENDENCE = 0.8;

/** What is remembered to learn how much neighbouring blocks depend on each other. */
export interface LagNoise {
  /** The last blocks' standardised scores, oldest first. */
  recent: number[];
  near: number;
  nearCount: number;
  far: number;
  farCount: number;
}

/** Blocks nobody has seen yet. */
export function emptyLags(): LagNoise {
  return { recent: [], near: 0, nearCount: 0, far: 0, farCount: 0 };
}

/** Adds one block's standardised score, in place. O(1). */
export function addLag(lags: LagNoise, value: number): void {
  const last = lags.recent[lags.recent.length - 1];
  if (last !== undefined) {
    const step = value - last;
    lags.near += (step * step) / 2;
    lags.nearCount += 1;
  }
  if (lags.recent.length < LAG) {
    lags.recent.push(value);
    return;
  }
  const step = value - (lags.recent[0] as number);
  lags.far += (step * step) / 2;
  lags.farCount += 1;
  // Moved by hand: taking the first out of so short a list costs more than all the rest.
  for (let index = 1; index < LAG; index++) lags.recent[index - 1] = lags.recent[index] as number;
  lags.recent[LAG - 1] = value;
}

/**
 * Factor >= 1 by which the variance of a sum exceeds that of independent blocks, for noise that fades geometrically: (1
 * + r)/(1 − r), r from how much larger differences over four blocks are than over one. A step, such as a fault that
 * begins, enters a few differences only. O(1).
 */
export function dependenceFactor(lags: LagNoise): number {
  const near = (lags.near + PRIOR_BLOCKS) / (lags.nearCount + PRIOR_BLOCKS);
  const far = (lags.far + PRIOR_BLOCKS) / (lags.farCount + PRIOR_BLOCKS);
  const dependence = Math.min(MOST_DEPENDENCE, Math.max(0, 1 - near / far));
  return (1 + dependence) / (1 - dependence);
}
