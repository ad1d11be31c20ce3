import type { Model, ScoringRows } from '../models/model';

/** A model of an average, and how much it counts. */
export interface Member {
  readonly weight: number;
  readonly model: Model;
}

/** Farthest that one member's log odds count from even: none may be so sure that it outvotes all others. */
const FARTHEST = 5.3;

/** Weighted mean of the members' log odds for one row; 0 without members. */
export function meanLogOdds(members: readonly Member[], bins: Uint8Array, row: ArrayLike<number>): number {
  let sum = 0;
  let weights = 0;
  for (const { weight, model } of members) {
    sum += weight * bounded(model.logOdds(bins, row));
    weights += weight;
  }
  return weights === 0 ? 0 : sum / weights;
}

/** The same for all rows, to the last bit. */
export function meanLogOddsAll(members: readonly Member[], rows: ScoringRows): Float64Array {
  const sums = new Float64Array(rows.rows);
  let weights = 0;
  for (const { weight, model } of members) {
    const own = model.logOddsAll(rows);
    for (let row = 0; row < sums.length; row++) {
      sums[row] = (sums[row] as number) + weight * bounded(own[row] as number);
    }
    weights += weight;
  }
  return weights === 0 ? sums : sums.map((sum) => sum / weights);
}

function bounded(logOdds: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, logOdds));
}
