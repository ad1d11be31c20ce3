import { CELL_COUNT } from '../events';
import { toOwnBins } from './native-histogram';
import type { RecordedArm, RecordedCells, RecordedEvent, RecordedLatency } from './recorded-arm';

/** One line of a recording, whatever its file format. */
export interface RowFields {
  /** The field's value: a number, text, or for JSON an object; null or undefined when it is missing. */
  get(field: string): unknown;
  /** Ends the reading with an error that names file, line and field. */
  fail(field: string, message: string): never;
}

const ARMS: Readonly<Record<string, 'control' | 'candidate'>> = {
  control: 'control',
  baseline: 'control',
  candidate: 'candidate',
  canary: 'candidate',
};

/** Columns of an event: `request` has the plain ones, another event has its name and a dot before each. */
export function columnOf(event: string, column: string): string {
  return event === 'request' ? column : `${event}.${column}`;
}

/** Latency columns of a flattened recording. */
export const LATENCY_COLUMNS = ['lat_mean_ms', 'lat_p50_ms', 'lat_p95_ms', 'lat_p99_ms'] as const;

/**
 * Reads one line. A field of the wrong type ends the reading, since then the file is not what it is taken for; numbers
 * that cannot be, such as negative counts or more errors than requests, are left out and told of, since recordings of
 * real systems hold such.
 *
 * @param events - names of the events whose columns are wanted
 */
export function readRow(row: RowFields, events: readonly string[]): RecordedArm {
  const oddities: string[] = [];
  const variant = text(row, 'variant');
  const arm = ARMS[variant];
  if (arm === undefined) row.fail('variant', `is '${variant}', neither control nor canary (or candidate)`);
  const minute = number(row, 'minute') ?? row.fail('minute', 'is missing');
  if (!Number.isSafeInteger(minute) || minute < 0 || minute > 1e9) {
    row.fail('minute', `is ${minute}, not a whole number from 0`);
  }
  const weight = number(row, 'weight');
  if (weight !== null && (weight < 0 || weight > 1)) row.fail('weight', `is ${weight}, not a share from 0 to 1`);
  const exposures = count(row, 'exposures', oddities);
  const read: Record<string, RecordedEvent> = {};
  for (const event of events) {
    const found = readEvent(row, event, oddities);
    if (found !== null) read[event] = found;
  }
  return { traceId: text(row, 'trace_id'), minute, arm, weight, exposures, events: read, oddities };
}

function readEvent(row: RowFields, event: string, oddities: string[]): RecordedEvent | null {
  const column = (name: string): string => columnOf(event, name);
  const requests = count(row, column('requests'), oddities);
  if (requests === null) return null;
  let errors = count(row, column('errors'), oddities);
  if (errors !== null && errors > requests) {
    oddities.push(`${column('errors')} above ${column('requests')}`);
    errors = null;
  }
  return { requests, errors, latency: readLatency(row, event, oddities), cells: readCells(row, column('cells')) };
}

function readLatency(row: RowFields, event: string, oddities: string[]): RecordedLatency {
  const [meanMs, p50Ms, p95Ms, p99Ms] = LATENCY_COLUMNS.map((name) => count(row, columnOf(event, name), oddities));
  const points = [p50Ms, p95Ms, p99Ms].filter((point) => point != null);
  const ascending = points.every((point, index) => index === 0 || point >= (points[index - 1] as number));
  if (!ascending) oddities.push(`${columnOf(event, 'lat_p50_ms')} to lat_p99_ms not ascending`);
  const given = ascending ? { p50Ms: p50Ms ?? null, p95Ms: p95Ms ?? null, p99Ms: p99Ms ?? null } : NO_POINTS;
  return { ...readHistogram(row, columnOf(event, 'hist'), oddities), meanMs: meanMs ?? null, ...given };
}

const NO_POINTS = { p50Ms: null, p95Ms: null, p99Ms: null } as const;

function readHistogram(row: RowFields, field: string, oddities: string[]): Pick<RecordedLatency, 'bins' | 'zero'> {
  const value = row.get(field);
  if (value == null) return { bins: null, zero: 0 };
  if (typeof value !== 'object' || Array.isArray(value)) {
    row.fail(field, 'is not a histogram { schema, offset, counts }');
  }
  const { schema, offset, counts, zero = 0 } = value as Record<string, unknown>;
  if (!isInteger(schema) || schema < -4 || schema > 8)
    row.fail(`${field}.schema`, 'is not a whole number from -4 to 8');
  if (!isInteger(offset) || Math.abs(offset) > 1e6) row.fail(`${field}.offset`, 'is not a whole number');
  if (!isNumbers(counts)) row.fail(`${field}.counts`, 'is not a list of numbers');
  if (typeof zero !== 'number') row.fail(`${field}.zero`, 'is not a number');
  if (counts.some((each) => !(each >= 0 && each < 1e15)) || !(zero >= 0)) {
    oddities.push(`${field} with a negative or boundless count`);
    return { bins: null, zero: 0 };
  }
  return { bins: toOwnBins({ schema, offset, counts }), zero };
}

function readCells(row: RowFields, field: string): RecordedCells | null {
  const value = row.get(field);
  if (value == null) return null;
  if (typeof value !== 'object') row.fail(field, 'is not an object of lists');
  const { requests, errors, sum_ms: sum, slow } = value as Record<string, unknown>;
  const list = (name: string, candidate: unknown): readonly number[] => {
    if (
      isNumbers(candidate) &&
      candidate.length === CELL_COUNT &&
      candidate.every((each) => each >= 0 && each < 1e15)
    ) {
      return candidate;
    }
    return row.fail(`${field}.${name}`, `is not a list of ${CELL_COUNT} numbers, none below 0`);
  };
  if (slow != null && typeof slow !== 'object') row.fail(`${field}.slow`, 'is not an object of lists by threshold');
  return {
    requests: list('requests', requests),
    errors: list('errors', errors),
    latencySumMs: sum == null ? null : list('sum_ms', sum),
    slow: Object.fromEntries(Object.entries(slow ?? {}).map(([key, each]) => [key, list(`slow.${key}`, each)])),
  };
}

function text(row: RowFields, field: string): string {
  const value = row.get(field);
  if (typeof value === 'string' && value !== '') return value;
  // Ids that are numbers lose their quotes in some tools.
  return typeof value === 'number' ? String(value) : row.fail(field, value == null ? 'is missing' : 'is not text');
}

function number(row: RowFields, field: string): number | null {
  const value = row.get(field) ?? null;
  if (value === null || typeof value === 'number') return value;
  return row.fail(field, 'is not a number');
}

/** A number that cannot be below 0; null, and told of, when it is. */
function count(row: RowFields, field: string, oddities: string[]): number | null {
  const value = number(row, field);
  if (value === null || (value >= 0 && value < 1e15)) return value;
  oddities.push(`${field} is ${value}`);
  return null;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 100_000 && value.every((each) => typeof each === 'number');
}
