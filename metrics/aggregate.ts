import { EXPOSURE_CELL_PATHS, type EventPaths } from './amount-paths';
import { addAmount, amountsOf, type Deltas } from './deltas';
import { BATCH_MEMORY_MS, type ExposureEvent, type MetricEvent, type OutcomeEvent } from './events';
import { binOf } from './histogram-bin';
import type { PathTable } from './path-table';
import { addUserAmounts, isCountedPerUser, userShard, type ObservedUsers } from './users/user-amounts';
import type { WindowKey } from './window-key';
import { ALL_USERS, LATE_AFTER_MS, windowStartAt } from './windows';

/** What of a live rollout is measured; the observation its flag carries. */
export interface Observed {
  readonly windowMs: number;
  readonly segments: readonly string[];
  readonly thresholds: Readonly<Record<string, readonly number[]>>;
  /** Totals that are kept for each user; none when left out. */
  readonly users?: ObservedUsers | undefined;
}

/** Where and when a batch arrived, and what may be counted. */
export interface Arrival {
  readonly environment: string;
  /** Milliseconds since the Unix epoch, by the database's clock. */
  readonly arrivedAt: number;
  /** What is measured of a rollout of a flag; null when it does not live. */
  readonly observedOf: (flag: string, rollout: string) => Observed | null;
  readonly cellOf: (targetingKey: string) => number;
  /**
   * A user's keyed hash within a rollout; null where users are not, or no longer, counted. Nobody is counted per user
   * when left out.
   */
  readonly userOf?: (event: MetricEvent) => string | null;
  /** Kept between batches, so that paths are made once. */
  readonly paths: PathTable;
}

/** A batch as amounts; `accepted + ignored` is its number of events. */
export interface Aggregated {
  readonly deltas: Deltas;
  readonly accepted: number;
  readonly ignored: number;
}

/** How far ahead of the database's clock an event's instant may be. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000;
/** Values beyond this are no measurements; their squares would swallow all others. */
export const LARGEST_VALUE = 1e12;
/** Variants as flags may name them: safe in field paths and ids. */
const VARIANT = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/**
 * Turns a batch into what it adds to the windows. O(events × their observed segments). An event is ignored when its
 * rollout does not live, it carries neither cell nor targeting key, its value is no measurement, its rollout has too
 * many event names, or its exposure is more than a day old or more than five minutes ahead. One that arrives more than
 * eight seconds after its window's end counts as late, in the window it arrived in, and not otherwise.
 */
export function aggregateEvents(events: readonly MetricEvent[], arrival: Arrival): Aggregated {
  const deltas: Deltas = new Map();
  const targets = new Map<string, Targets>();
  let accepted = 0;
  for (const event of events) {
    const observed = arrival.observedOf(event.flag, event.rollout);
    if (observed === null || !isMeasurement(event, arrival.arrivedAt)) continue;
    const cell = event.cell ?? (event.targetingKey === undefined ? undefined : arrival.cellOf(event.targetingKey));
    const paths = event.kind === 'outcome' ? arrival.paths.of(event.name, observed.thresholds) : null;
    if (cell === undefined || (event.kind === 'outcome' && paths === null)) continue;
    accepted += 1;
    const { windowMs } = observed;
    const ownStartAt = windowStartAt(instantOf(event), windowMs);
    const isLate = arrival.arrivedAt > ownStartAt + windowMs + LATE_AFTER_MS;
    // Its own window is judged already: it is counted where it can still be seen, in the window it arrived in.
    const startAt = isLate ? windowStartAt(arrival.arrivedAt, windowMs) : ownStartAt;
    for (const amounts of amountsFor(event, startAt, observed, arrival.environment, deltas, targets)) {
      if (isLate) addAmount(amounts, 'late', 1);
      else if (event.kind === 'exposure') addExposure(amounts, event, cell);
      else if (paths !== null) addOutcome(amounts, event, cell, paths);
    }
    // What its own window cannot take any more tells nothing of when the user came either.
    if (isLate || observed.users === undefined || !isCountedPerUser(event, observed.users)) continue;
    const user = arrival.userOf?.(event) ?? null;
    if (user === null) continue;
    const { flag, rollout, transition, variant } = event;
    const { environment } = arrival;
    const segment = userShard(cell);
    const key: WindowKey = {
      environment,
      flag,
      rollout,
      transition,
      variant,
      segment,
      windowStartAt: startAt,
      windowMs,
    };
    addUserAmounts(amountsOf(deltas, key), event, { cell, hash: user }, observed.users);
  }
  return { deltas, accepted, ignored: events.length - accepted };
}

/** Amounts of the windows of one rollout, transition, variant and window start, by segment. */
type Targets = Map<string, Map<string, number>>;

function instantOf(event: MetricEvent): number {
  return event.kind === 'exposure' ? event.at : event.exposedAt;
}

function isMeasurement(event: MetricEvent, arrivedAt: number): boolean {
  const at = instantOf(event);
  if (at > arrivedAt + FUTURE_TOLERANCE_MS || at < arrivedAt - BATCH_MEMORY_MS || !VARIANT.test(event.variant))
    return false;
  const value = event.kind === 'outcome' ? event.value : undefined;
  return value === undefined || Math.abs(value) <= LARGEST_VALUE;
}

/** The amounts an event adds to: everybody's, and those of each observed segment that it lists. */
function amountsFor(
  event: MetricEvent,
  start: number,
  observed: Observed,
  environment: string,
  deltas: Deltas,
  targets: Map<string, Targets>,
): Map<string, number>[] {
  const { flag, rollout, transition, variant } = event;
  const group = `${start} ${transition} ${variant} ${flag} ${rollout}`;
  let bySegment = targets.get(group);
  if (bySegment === undefined) targets.set(group, (bySegment = new Map<string, Map<string, number>>()));
  const names = new Set(event.segments?.filter((segment) => observed.segments.includes(segment)));
  return [ALL_USERS, ...names].map((segment) => {
    let amounts = bySegment.get(segment);
    if (amounts !== undefined) return amounts;
    const { windowMs } = observed;
    const key: WindowKey = { environment, flag, rollout, transition, variant, segment, windowStartAt: start, windowMs };
    amounts = amountsOf(deltas, key);
    bySegment.set(segment, amounts);
    return amounts;
  });
}

function addExposure(amounts: Map<string, number>, event: ExposureEvent, cell: number): void {
  addAmount(amounts, 'exposures', 1);
  addAmount(amounts, pathAt(EXPOSURE_CELL_PATHS, cell), 1);
  if (event.mixed === true) addAmount(amounts, 'mixed', 1);
}

function addOutcome(amounts: Map<string, number>, event: OutcomeEvent, cell: number, paths: EventPaths): void {
  const { value } = event;
  addAmount(amounts, paths.count, 1);
  addAmount(amounts, pathAt(paths.cellCount, cell), 1);
  if (event.first === true) addAmount(amounts, 'withOutcome', 1);
  if (event.error === true) {
    addAmount(amounts, paths.errors, 1);
    addAmount(amounts, pathAt(paths.cellErrors, cell), 1);
  }
  if (value === undefined) return;
  if (event.open === true) {
    addAmount(amounts, paths.open, 1);
    addAmount(amounts, pathAt(paths.cellOpen, cell), 1);
  }
  for (const { threshold, over, cellOver } of paths.thresholds) {
    if (value <= threshold) continue;
    addAmount(amounts, over, 1);
    addAmount(amounts, pathAt(cellOver, cell), 1);
  }
  // What an open request has taken so far is a bound and no measurement of it.
  if (event.open === true) return;
  addAmount(amounts, paths.valueCount, 1);
  addAmount(amounts, pathAt(paths.cellValueCount, cell), 1);
  addAmount(amounts, paths.sum, value);
  addAmount(amounts, pathAt(paths.cellSum, cell), value);
  addAmount(amounts, paths.sumOfSquares, value * value);
  addAmount(amounts, value > 0 ? paths.bin(binOf(value)) : paths.zero, 1);
}

function pathAt(paths: readonly string[], cell: number): string {
  return paths[cell] ?? '';
}
