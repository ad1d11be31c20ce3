import { thresholdOfField } from './amount-paths';
import { CELL_COUNT } from './events';
import type { ArmTotals, EventTotals } from './windows';

/** Amounts by cell, bin or threshold; what is missing is zero. */
export type Sparse = Readonly<Record<string, number>>;

/** One event name's totals as they are stored: amounts nested by the parts of their paths. */
export interface SparseEventTotals {
  readonly count?: number;
  readonly errors?: number;
  readonly valueCount?: number;
  readonly sum?: number;
  readonly sumOfSquares?: number;
  readonly open?: number;
  readonly zero?: number;
  readonly bins?: Sparse;
  readonly over?: Sparse;
  readonly cells?: {
    readonly count?: Sparse;
    readonly errors?: Sparse;
    readonly valueCount?: Sparse;
    readonly open?: Sparse;
    readonly sum?: Sparse;
    readonly over?: Readonly<Record<string, Sparse>>;
  };
}

/** One arm's totals as they are stored. */
export interface SparseTotals {
  readonly exposures?: number;
  readonly withOutcome?: number;
  readonly mixed?: number;
  readonly late?: number;
  readonly exposureCells?: Sparse;
  readonly events?: Readonly<Record<string, SparseEventTotals>>;
}

const NO_CELLS: readonly number[] = Object.freeze(new Array<number>(CELL_COUNT).fill(0));

/** Stored totals as the judge reads them: dense cells, and zero for all that is missing. */
export function readTotals(stored: SparseTotals): ArmTotals {
  return {
    exposures: stored.exposures ?? 0,
    exposuresWithOutcome: stored.withOutcome ?? 0,
    mixedExposures: stored.mixed ?? 0,
    late: stored.late ?? 0,
    exposureCells: dense(stored.exposureCells),
    events: mapValues(stored.events, readEvent),
  };
}

/** An arm in which nothing happened. */
export const NO_TOTALS: ArmTotals = readTotals({});

function readEvent(stored: SparseEventTotals): EventTotals {
  const { cells = {} } = stored;
  return {
    count: stored.count ?? 0,
    errors: stored.errors ?? 0,
    valueCount: stored.valueCount ?? 0,
    sum: stored.sum ?? 0,
    sumOfSquares: stored.sumOfSquares ?? 0,
    over: byThreshold(stored.over, (count) => count),
    open: stored.open ?? 0,
    histogram: { zero: stored.zero ?? 0, counts: stored.bins ?? {} },
    cells: {
      count: dense(cells.count),
      errors: dense(cells.errors),
      valueCount: dense(cells.valueCount),
      open: dense(cells.open),
      sum: dense(cells.sum),
      over: byThreshold(cells.over, dense),
    },
  };
}

function dense(sparse: Sparse | undefined): readonly number[] {
  if (sparse === undefined) return NO_CELLS;
  const cells = NO_CELLS.slice();
  for (const [cell, amount] of Object.entries(sparse)) cells[Number(cell)] = amount;
  return cells;
}

function byThreshold<From, To>(
  stored: Readonly<Record<string, From>> | undefined,
  read: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(stored ?? {}).map(([field, value]) => [thresholdOfField(field), read(value)]),
  );
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>> | undefined,
  read: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, value]) => [name, read(value)]));
}
