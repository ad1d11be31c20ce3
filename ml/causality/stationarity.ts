import { dickeyFuller, type DickeyFuller } from './dickey-fuller';
import { differences } from './lag-design';
import { levelShift, type LevelShift } from './level-shift';

const UNIT_ROOT_P = 0.05;
const MAX_ORDER = 2;

/** How a series moves about its level. */
export interface Stationarity {
  /** Differences it takes until no unit root is left: 0 to 2. */
  readonly order: number;
  /** Test of the series itself; null when it could not be tested. */
  readonly unitRoot: DickeyFuller | null;
  /** Whether its level shifts once and for good; null when that could not be tested. */
  readonly shift: LevelShift | null;
}

/**
 * Order of integration by repeated Dickey-Fuller tests at 5 %, and a test for a lasting shift of level. A series whose
 * differences cannot be tested, such as an exact trend, counts as integrated.
 *
 * @param values - evenly spaced; NaN where missing
 */
export function stationarityOf(values: readonly number[]): Stationarity {
  const unitRoot = dickeyFuller(values) ?? null;
  let order = 0;
  let tested = unitRoot;
  let series = values;
  while (order < MAX_ORDER && !(tested !== null && tested.p < UNIT_ROOT_P)) {
    order++;
    series = differences(series);
    tested = dickeyFuller(series) ?? null;
  }
  return { order, unitRoot, shift: levelShift(values, 1 + (unitRoot?.lags ?? 0)) ?? null };
}
