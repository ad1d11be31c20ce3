import { CELL_COUNT } from './events';

/** Paths of the amounts of one event name, made once instead of for each event. */
export interface EventPaths {
  readonly count: string;
  readonly errors: string;
  readonly valueCount: string;
  readonly sum: string;
  readonly sumOfSquares: string;
  readonly open: string;
  readonly zero: string;
  readonly cellCount: readonly string[];
  readonly cellErrors: readonly string[];
  readonly cellValueCount: readonly string[];
  readonly cellOpen: readonly string[];
  readonly cellSum: readonly string[];
  readonly thresholds: readonly ThresholdPaths[];
  /** Path of a histogram bin. */
  bin(k: number): string;
}

/** Paths of what is above one threshold. */
export interface ThresholdPaths {
  readonly threshold: number;
  readonly over: string;
  readonly cellOver: readonly string[];
}

/** Paths of exposures by cell. */
export const EXPOSURE_CELL_PATHS = cellPaths('exposureCells');

/** A threshold as a field name: `0.5` is kept as `0_5`, since a dot divides paths. */
export function thresholdField(threshold: number): string {
  return String(threshold).replace('.', '_');
}

/** The threshold as written, of a field name. */
export function thresholdOfField(field: string): string {
  return field.replace('_', '.');
}

/** Paths of one event name under its observed thresholds. */
export function eventPaths(name: string, thresholds: readonly number[]): EventPaths {
  const root = `events.${name}`;
  const bins = new Map<number, string>();
  return {
    count: `${root}.count`,
    errors: `${root}.errors`,
    valueCount: `${root}.valueCount`,
    sum: `${root}.sum`,
    sumOfSquares: `${root}.sumOfSquares`,
    open: `${root}.open`,
    zero: `${root}.zero`,
    cellCount: cellPaths(`${root}.cells.count`),
    cellErrors: cellPaths(`${root}.cells.errors`),
    cellValueCount: cellPaths(`${root}.cells.valueCount`),
    cellOpen: cellPaths(`${root}.cells.open`),
    cellSum: cellPaths(`${root}.cells.sum`),
    thresholds: thresholds.map((threshold) => ({
      threshold,
      over: `${root}.over.${thresholdField(threshold)}`,
      cellOver: cellPaths(`${root}.cells.over.${thresholdField(threshold)}`),
    })),
    bin(k) {
      const known = bins.get(k);
      if (known !== undefined) return known;
      const path = `${root}.bins.${k}`;
      bins.set(k, path);
      return path;
    },
  };
}

function cellPaths(prefix: string): string[] {
  return Array.from({ length: CELL_COUNT }, (_, cell) => `${prefix}.${cell}`);
}
