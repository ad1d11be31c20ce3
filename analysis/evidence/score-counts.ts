import { ln } from '../../ml/elementary/ln';
import { logCountGain } from '../../ml/sequential/count-gain';
import type { ArmPair, Ranking } from '../tally';
import type { WindowScore } from './window-score';

/**
 * Scores a stratum of counts given all its events: whatever rate both arms share cancels. Where more is better, the
 * control is the arm that may have too many. O(effects).
 *
 * @param ratios - how many times more events than the margin allows, > 1 each
 * @param isShare - at most one event for a unit
 * @param logRatios - natural logs of the ratios, which are the same for every window
 */
export function scoreCounts(
  { candidate, control }: ArmPair,
  { sign, absolute, relative }: Ranking,
  ratios: readonly number[],
  isShare: boolean,
  logRatios: readonly number[] = ratios.map((ratio) => ln(ratio)),
): WindowScore | null {
  const [tested, other] = sign === 1 ? [candidate, control] : [control, candidate];
  // "At least (1 − r)·p − a" of the candidate is "at most (q + a) ÷ (1 − r)" of the control.
  const kept = sign === 1 ? 1 : Math.max(1e-6, 1 - relative);
  const factor = sign === 1 ? 1 + relative : 1 / kept;
  const allowance = (tested.units * absolute) / kept;
  const units = tested.units * factor;
  const share = units / (units + other.units);
  const all = tested.sum + other.sum;
  const expected = share * all + (1 - share) * allowance;
  const rate = isShare ? Math.min(0.999, all / (tested.units + other.units)) : 0;
  const spread = (1 - share) * (1 - share) * expected + share * share * Math.max(0, all - expected);
  const counts = { tested: tested.sum, all, share, allowance };
  // A copy has room for just so many; a plain loop, since with a callback for each this was half as much again.
  const gains = ratios.slice();
  for (let index = 0; index < ratios.length; index++) {
    gains[index] = logCountGain(counts, ratios[index] as number, logRatios[index]);
  }
  return { score: tested.sum - expected, information: spread * (1 - rate), gains };
}
