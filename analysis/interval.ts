import { ln } from '../ml/elementary/ln';
import { contrastVariance, logContrastEvidence, type Comparison, type Side } from './contrast';
import { logQuantileEvidence, type QuantileComparison } from './quantile-shape';
import { AGREEING_WINDOWS } from './tally';

const DOUBLINGS = 40;
const HALVINGS = 12;

/** The always-valid bounds of a metric's harm, in its unit; null while nothing bounds it. */
export interface HarmInterval {
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * Inverts the tests: the lower bound is the largest harm that evidence of 1/`harmRate` excludes from below, the upper
 * the smallest that evidence of 1/`safetyRate` excludes from above. To about three digits of their distance from the
 * estimate. O(cells).
 */
export function harmInterval(comparison: Comparison, harmRate: number, safetyRate: number): HarmInterval {
  if (comparison.tally.windows < AGREEING_WINDOWS) return { lower: null, upper: null };
  return { lower: bound(comparison, 'harm', -ln(harmRate)), upper: bound(comparison, 'safety', -ln(safetyRate)) };
}

/** The same for a quantile. O(bins). */
export function quantileInterval(comparison: QuantileComparison, harmRate: number, safetyRate: number): HarmInterval {
  if (comparison.means.tally.windows < AGREEING_WINDOWS) return { lower: null, upper: null };
  const harm = comparison.sign * (comparison.candidate - comparison.control);
  const side = (of: Side, needed: number): number | null => {
    const away = of === 'safety' ? 1 : -1;
    const distance = search(comparison.control / 100, (far) => {
      return logQuantileEvidence(comparison, harm + away * far, of) >= needed;
    });
    return distance === null ? null : harm + away * distance;
  };
  return { lower: side('harm', -ln(harmRate)), upper: side('safety', -ln(safetyRate)) };
}

function bound(comparison: Comparison, side: Side, needed: number): number | null {
  const { tally, harm } = comparison;
  const away = side === 'safety' ? 1 : -1;
  const { variance } = contrastVariance(comparison, { absolute: harm, relative: 0 }, side);
  const distance = search(Math.max((4 * Math.sqrt(variance)) / tally.weight, 1e-9), (far) => {
    return logContrastEvidence(comparison, { absolute: harm + away * far, relative: 0 }, side) >= needed;
  });
  return distance === null ? null : harm + away * distance;
}

/** The smallest distance that is excluded, to about three digits; null when none is. */
function search(first: number, excludes: (distance: number) => boolean): number | null {
  let far = first;
  let near = 0;
  for (let step = 0; !excludes(far); step++) {
    if (step === DOUBLINGS) return null;
    near = far;
    far *= 2;
  }
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (near + far) / 2;
    if (excludes(middle)) far = middle;
    else near = middle;
  }
  return far;
}
