import { findMeasures, type Measure } from './measure-names';

/** An input made of features: the sum of some, over the sum of others and a constant. By index of feature. */
export interface Ratio {
  readonly over: readonly number[];
  readonly under: readonly number[];
  readonly plus: number;
}

/**
 * What trees can only approach by many splits: how large a change is in all, for each file, beside what it touches; how
 * much of experience is near.
 */
const KNOWN: readonly (readonly [over: readonly Measure[], under: readonly Measure[], plus: number])[] = [
  [['linesAdded', 'linesDeleted'], [], 1],
  [['linesAdded'], ['linesAdded', 'linesDeleted'], 0],
  [['linesAdded'], ['files'], 0],
  [['linesAdded'], ['linesBefore'], 1],
  [['subsystemExperience'], ['experience'], 1],
  [['recentExperience'], ['experience'], 1],
  [['developers'], ['uniqueChanges'], 1],
];

/** Ratios of the measures that are among the features, none where they go by names that are not known. */
export function chooseRatios(features: readonly string[]): Ratio[] {
  const at = findMeasures(features);
  return KNOWN.flatMap(([over, under, plus]) => {
    const indexes = [over, under].map((measures) => measures.map((measure) => at[measure]));
    const [overAt = [], underAt = []] = indexes.map((own) => own.filter((index) => index !== undefined));
    return overAt.length === over.length && underAt.length === under.length
      ? [{ over: overAt, under: underAt, plus }]
      : [];
  });
}

/** Value of a ratio in a row; NaN, that is missing, where a part is missing or nothing stands below. */
export function ratioOf({ over, under, plus }: Ratio, row: ArrayLike<number>): number {
  let top = 0;
  let bottom = plus;
  for (const feature of over) top += row[feature] as number;
  for (const feature of under) bottom += row[feature] as number;
  return bottom === 0 ? Number.NaN : top / bottom;
}

/** The columns of features, followed by one for each ratio. O(rows × ratios). */
export function withRatios(columns: readonly Float64Array[], ratios: readonly Ratio[], rows: number): Float64Array[] {
  const made = ratios.map(({ over, under, plus }) => {
    const column = new Float64Array(rows);
    const below = new Float64Array(rows).fill(plus);
    for (const feature of over) addTo(column, columns[feature] as Float64Array);
    for (const feature of under) addTo(below, columns[feature] as Float64Array);
    for (let row = 0; row < rows; row++) {
      const bottom = below[row] as number;
      column[row] = bottom === 0 ? Number.NaN : (column[row] as number) / bottom;
    }
    return column;
  });
  return [...columns, ...made];
}

function addTo(sums: Float64Array, column: Float64Array): void {
  for (let row = 0; row < sums.length; row++) sums[row] = (sums[row] as number) + (column[row] as number);
}
