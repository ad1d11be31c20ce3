import type { Model, ScoringRows } from '../models/model';

/** A model of an average, and how much it counts. */
export interface Member {
  readonly weight: number;
  /**
   * When given, the member does not share in the mean: it moves the mean of the others by `weight` times its distance
   * from it, and the distance counts up to this many log odds. So a smooth model that runs off where changes leave the
   * range of earlier ones moves the answer little.
   */
  readonly within?: number | undefined;
  readonly model: Model;
}

/** Farthest that one member's log odds count from even: none may be so sure that it outvotes all others. */
const FARTHEST = 5.3;

/** Log odds that the members come to together for one row; 0 without members. */
export function meanLogOdds(members: readonly Member[], bins: Uint8Array, row: ArrayLike<number>): number {
  let sum = 0;
  let weights = 0;
  for (const { weight, within, model } of members) {
    if (within !== undefined) continue;
    sum += weight * bounded(model.logOdds(bins, row), FARTHEST);
    weights += weight;
  }
  if (weights === 0) return 0;
  const mean = sum / weights;
  let moved = mean;
  for (const { weight, within, model } of members) {
    if (within === undefined) continue;
    moved += weight * bounded(bounded(model.logOdds(bins, row), FARTHEST) - mean, within);
  }
  return moved;
}

/** The same for all rows, to the last bit. */
export function meanLogOddsAll(members: readonly Member[], rows: ScoringRows): Float64Array {
  const means = new Float64Array(rows.rows);
  let weights = 0;
  for (const { weight, within, model } of members) {
    if (within !== undefined) continue;
    const own = model.logOddsAll(rows);
    for (let row = 0; row < means.length; row++) {
      means[row] = (means[row] as number) + weight * bounded(own[row] as number, FARTHEST);
    }
    weights += weight;
  }
  if (weights === 0) return means;
  for (let row = 0; row < means.length; row++) means[row] = (means[row] as number) / weights;
  const moved = means.slice();
  for (const { weight, within, model } of members) {
    if (within === undefined) continue;
    const own = model.logOddsAll(rows);
    for (let row = 0; row < means.length; row++) {
      const distance = bounded(own[row] as number, FARTHEST) - (means[row] as number);
      moved[row] = (moved[row] as number) + weight * bounded(distance, within);
    }
  }
  return moved;
}

function bounded(logOdds: number, farthest: number): number {
  return Math.max(-farthest, Math.min(farthest, logOdds));
}
