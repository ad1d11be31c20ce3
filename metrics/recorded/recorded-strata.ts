import { ALL_USERS, type ArmTotals, type EventTotals, type Stratum } from '../windows';
import { countAbove, middleOf } from './native-histogram';
import { binsOfShape, shapeOfQuantiles, type QuantilePoint, type QuantileShape } from './quantile-points';
import type { RecordedArm, RecordedEvent, RecordedLatency } from './recorded-arm';

/** Length of a recorded window. */
export const MINUTE_MS = 60_000;
/** Where minute 0 of every trace is put on the time axis: a recording does not say when it was. */
const TRACE_START_MS = 28_333_334 * MINUTE_MS;

/** Start of a recorded minute on the time axis that strata use. */
export function minuteStartAt(minute: number): number {
  return TRACE_START_MS + minute * MINUTE_MS;
}

/** What was not as it should be in a recorded trace. None of it is an error; all of it is missing evidence. */
export interface RecordingQuality {
  /** Minutes between the first and the last without any line. */
  missingMinutes: number;
  /** Minutes with a line for one arm only. */
  missingArms: number;
  /** Lines for an arm and minute that had one already; the last one counts. */
  duplicates: number;
  /** Lines whose numbers cannot be, and were left out. */
  oddLines: number;
}

/** A trace made ready to be judged: its strata in time order, at most one a minute. */
export interface RecordedTrace {
  readonly traceId: string;
  readonly firstMinute: number;
  readonly lastMinute: number;
  /** By minute; a minute without lines has none. */
  readonly strata: ReadonlyMap<number, Stratum>;
  readonly quality: RecordingQuality;
}

/**
 * Puts the lines of one trace, in any order, into strata: one for each minute that has a line. A transition begins with
 * each change of the weight.
 *
 * @param arms - lines of one trace, at least one
 * @param thresholdsMs - limits that metrics of the kind `slower_than` ask for
 */
export function toRecordedTrace(arms: readonly RecordedArm[], thresholdsMs: readonly number[]): RecordedTrace {
  const minutes = new Map<number, { control?: RecordedArm; candidate?: RecordedArm }>();
  let duplicates = 0;
  for (const arm of arms) {
    const minute = minutes.get(arm.minute) ?? {};
    if (minute[arm.arm] !== undefined) duplicates += 1;
    minute[arm.arm] = arm;
    minutes.set(arm.minute, minute);
  }
  const inOrder = [...minutes.keys()].sort((a, b) => a - b);
  const firstMinute = inOrder[0] ?? 0;
  const lastMinute = inOrder[inOrder.length - 1] ?? 0;
  const strata = new Map<number, Stratum>();
  let weight = 0;
  let transition = 0;
  for (const minute of inOrder) {
    const arms = minutes.get(minute) ?? {};
    const { control, candidate } = arms;
    const now = candidate?.weight ?? control?.weight ?? weight;
    if (transition === 0 || now !== weight) transition += 1;
    weight = now;
    strata.set(minute, {
      windowStartAt: minuteStartAt(minute),
      windowMs: MINUTE_MS,
      transition,
      weight: Number((100 * now).toPrecision(12)),
      segment: ALL_USERS,
      ...totalsOf(arms, thresholdsMs),
    });
  }
  const both = [...minutes.values()].filter(
    ({ control, candidate }) => control !== undefined && candidate !== undefined,
  );
  return {
    traceId: arms[0]?.traceId ?? '',
    firstMinute,
    lastMinute,
    strata,
    quality: {
      missingMinutes: lastMinute - firstMinute + 1 - minutes.size,
      missingArms: minutes.size - both.length,
      duplicates,
      oddLines: arms.filter(({ oddities }) => oddities.length > 0).length,
    },
  };
}

/** Totals of both arms of one minute. */
function totalsOf(
  { control, candidate }: { readonly control?: RecordedArm; readonly candidate?: RecordedArm },
  thresholdsMs: readonly number[],
): { readonly control: ArmTotals; readonly candidate: ArmTotals } {
  const names = Object.keys({ ...control?.events, ...candidate?.events });
  const shapes = new Map(names.map((name) => [name, shapesOf(control?.events[name], candidate?.events[name])]));
  const ofArm = (side: keyof Shapes, arm: RecordedArm | undefined): ArmTotals => ({
    // Requests are no users: without a count of users there is no check of the sample ratio.
    exposures: arm?.exposures ?? 0,
    exposuresWithOutcome: arm?.exposures ?? 0,
    mixedExposures: 0,
    late: 0,
    exposureCells: [],
    events: Object.fromEntries(
      Object.entries(arm?.events ?? {}).map(([name, event]) => [
        name,
        eventTotals(event, shapes.get(name)?.[side] ?? [], thresholdsMs),
      ]),
    ),
  });
  return { control: ofArm('control', control), candidate: ofArm('candidate', candidate) };
}

function eventTotals(event: RecordedEvent, shape: QuantileShape, thresholdsMs: readonly number[]): EventTotals {
  const { requests, errors, latency, cells } = event;
  const bins = binsOf(event, shape);
  const values = valuesOf(latency, bins, requests);
  const known = bins.size > 0 ? thresholdsMs : [];
  const slowCells = known.flatMap((limit) => {
    const slow = cells?.slow[String(limit)];
    return slow === undefined ? [] : [[String(limit), slow] as const];
  });
  return {
    // Without a count of errors, requests say nothing about the share of errors.
    count: errors === null ? 0 : requests,
    errors: errors ?? 0,
    ...values,
    over: Object.fromEntries(known.map((limit) => [String(limit), countAbove(bins, limit)])),
    open: 0,
    histogram: { zero: latency.zero, counts: Object.fromEntries(bins) },
    cells: {
      count: errors === null ? [] : (cells?.requests ?? []),
      errors: errors === null ? [] : (cells?.errors ?? []),
      valueCount: cells?.requests ?? [],
      open: [],
      sum: cells?.latencySumMs ?? [],
      over: Object.fromEntries(slowCells),
    },
  };
}

/** The recorded histogram, or the one that its quantile points describe. */
function binsOf({ requests, latency }: RecordedEvent, shape: QuantileShape): ReadonlyMap<number, number> {
  if (latency.bins !== null) return latency.bins;
  return shape.length === 0 || requests < 1 ? new Map() : binsOfShape(shape, Math.round(requests));
}

/**
 * The shapes of both arms' latencies as far as quantile points tell; the arm with fewer requests follows the other
 * where its own points end.
 */
function shapesOf(control: RecordedEvent | undefined, candidate: RecordedEvent | undefined): Shapes {
  const own = (event: RecordedEvent | undefined, other?: QuantileShape): QuantileShape =>
    event === undefined || event.requests < 1
      ? []
      : shapeOfQuantiles(pointsOf(event.latency), Math.round(event.requests), other);
  if ((candidate?.requests ?? 0) > (control?.requests ?? 0)) {
    const shape = own(candidate);
    return { candidate: shape, control: own(control, shape) };
  }
  const shape = own(control);
  return { control: shape, candidate: own(candidate, shape) };
}

interface Shapes {
  readonly control: QuantileShape;
  readonly candidate: QuantileShape;
}

function pointsOf({ p50Ms, p95Ms, p99Ms }: RecordedLatency): QuantilePoint[] {
  return [
    { level: 0.5, value: p50Ms },
    { level: 0.95, value: p95Ms },
    { level: 0.99, value: p99Ms },
  ].flatMap(({ level, value }) => (value === null || !(value > 0) ? [] : [{ level, value }]));
}

function valuesOf(
  { meanMs, zero }: RecordedLatency,
  bins: ReadonlyMap<number, number>,
  requests: number,
): { readonly valueCount: number; readonly sum: number; readonly sumOfSquares: number } {
  if (bins.size === 0) {
    if (meanMs === null) return { valueCount: zero, sum: 0, sumOfSquares: 0 };
    // Nothing is said of the spread: as wide as values that are exponentially distributed, wider than latencies usually are.
    return { valueCount: requests, sum: meanMs * requests, sumOfSquares: 2 * meanMs * meanMs * requests };
  }
  let valueCount = zero;
  let sum = 0;
  let sumOfSquares = 0;
  for (const [bin, count] of bins) {
    const middle = middleOf(bin);
    valueCount += count;
    sum += count * middle;
    sumOfSquares += count * middle * middle;
  }
  return { valueCount, sum: meanMs === null ? sum : meanMs * valueCount, sumOfSquares };
}
