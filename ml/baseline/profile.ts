import { fTail } from '../distributions/tails';
import { median } from '../robust/median';

/** One window of one metric of one segment: totals only, nothing of any user. */
export interface BaselinePoint {
  /** Start of the window, milliseconds since the epoch. */
  readonly atMs: number;
  /** The metric's value in its own unit. */
  readonly value: number;
  /** Requests, exposures or what else it is per; more units make a steadier value. */
  readonly units: number;
}

/**
 * What is usual for one metric of one segment, by hour of day and day of week (UTC). Plain JSON, about 1 kB, whatever
 * it learned from.
 */
export interface BaselineProfile {
  readonly version: 1;
  /** Hours of data it has learned. */
  readonly blocks: number;
  /** For each hour of the day its level and how many such hours were seen. */
  readonly hours: readonly { readonly value: number; readonly count: number }[];
  /** For each day of the week, Sunday first, how far it lies above the hours' levels. */
  readonly days: readonly { readonly value: number; readonly count: number }[];
  /** Standard deviation of an hour's level around what was expected. */
  readonly between: number;
  /** Standard deviation of a window around its hour's level, at `units`. */
  readonly within: number;
  /** Typical units of a window. */
  readonly units: number;
}

/** What a profile expects. */
export interface Expectation {
  readonly value: number;
  /** Standard deviation of a window of typical units around `value`. */
  readonly scale: number;
  /** How many such hours it has seen; 0 when it can only tell the overall level. */
  readonly count: number;
}

const HOUR_MS = 3_600_000;
/** A profile that has learned fewer hours than this expects nothing. */
const ENOUGH_BLOCKS = 6;
/** An hour counts as this many at least: older ones fade, so that a lasting change is followed in some weeks. */
const HOUR_MEMORY = 20;
const SPREAD_MEMORY = 200;
/** Hours further off than so many deviations count as this far: one incident does not become what is usual. */
const HUBER = 3;
const EMPTY: BaselineProfile = {
  version: 1,
  blocks: 0,
  hours: Array.from({ length: 24 }, () => ({ value: 0, count: 0 })),
  days: Array.from({ length: 7 }, () => ({ value: 0, count: 0 })),
  between: 0,
  within: 0,
  units: 0,
};

/**
 * Refines a profile with windows seen since. Windows of an hour enter by their median, so single bursts do not move it;
 * hours far off count only in part. O(n log n).
 *
 * Assumes hour of day and day of week to add up; says so by a wide `between` where they do not.
 *
 * @param points - in time order; those without units or with a value that is not finite are left out
 */
export function learnProfile(profile: BaselineProfile | null, points: readonly BaselinePoint[]): BaselineProfile {
  return blocksOf(points).reduce(learnBlock, profile ?? EMPTY);
}

/** What is usual at an instant; null while fewer than six hours are known. */
export function expectAt(profile: BaselineProfile, atMs: number): Expectation | null {
  if (profile.blocks < ENOUGH_BLOCKS) return null;
  const value = levelAt(profile, atMs);
  const scale = Math.sqrt(profile.between ** 2 + profile.within ** 2);
  return { value, scale, count: profile.hours[hourOf(atMs)]?.count ?? 0 };
}

/**
 * How far a window lies from what is usual, in standard deviations of such a window: positive is higher. A window with
 * few units is allowed more. Null while too little is known, for a window without units, and where nothing ever varied.
 */
export function residualAgainst(profile: BaselineProfile, { atMs, value, units }: BaselinePoint): number | null {
  const expected = expectAt(profile, atMs);
  if (expected === null || !(units > 0) || !Number.isFinite(value)) return null;
  // An hour never seen at this time of the day is judged by the overall level, with the spread of the hours added.
  const unknown = expected.count === 0 ? spreadOfHours(profile) : 0;
  const variance = profile.between ** 2 + profile.within ** 2 * (profile.units / units) + unknown ** 2;
  return variance > 0 ? (value - expected.value) / Math.sqrt(variance) : null;
}

/**
 * Chance of a residual so large, two-sided, by Student's t with as many degrees of freedom as hours known, at most 30.
 * Null as above.
 */
export function tailAgainst(profile: BaselineProfile, atMs: number, value: number, units: number): number | null {
  const residual = residualAgainst(profile, { atMs, value, units });
  return residual === null ? null : fTail(residual * residual, 1, Math.min(30, profile.blocks - 1));
}

interface Block {
  readonly atMs: number;
  readonly level: number;
  /** Mean squared deviation of its windows at typical units; null with one window. */
  readonly variance: number | null;
  readonly units: number;
}

function blocksOf(points: readonly BaselinePoint[]): Block[] {
  const byHour = new Map<number, BaselinePoint[]>();
  for (const point of points) {
    if (!(point.units > 0) || !Number.isFinite(point.value)) continue;
    const hour = Math.floor(point.atMs / HOUR_MS);
    const known = byHour.get(hour);
    if (known === undefined) byHour.set(hour, [point]);
    else known.push(point);
  }
  return [...byHour.entries()].sort(([a], [b]) => a - b).map(([hour, inside]) => blockOf(hour * HOUR_MS, inside));
}

function blockOf(atMs: number, points: readonly BaselinePoint[]): Block {
  const level = median(points.map(({ value }) => value));
  const units = median(points.map((point) => point.units));
  if (points.length < 3) return { atMs, level, variance: null, units };
  // Each deviation is brought to typical units first. 1.4826 makes the median absolute deviation a standard deviation.
  const spread = 1.4826 * median(points.map((point) => Math.abs(point.value - level) * Math.sqrt(point.units / units)));
  return { atMs, level, variance: spread * spread, units };
}

function learnBlock(profile: BaselineProfile, { atMs, level, variance, units }: Block): BaselineProfile {
  const hour = hourOf(atMs);
  const day = dayOf(atMs);
  const known = profile.hours[hour] as { value: number; count: number };
  const ofDay = profile.days[day] as { value: number; count: number };
  const isFirst = known.count === 0;
  const raw = isFirst ? 0 : level - known.value - ofDay.value;
  const limit = profile.blocks >= 24 && profile.between > 0 ? HUBER * profile.between : Number.POSITIVE_INFINITY;
  const residual = Math.max(-limit, Math.min(limit, raw));
  const hourStep = isFirst ? 1 : 1 / (1 + Math.min(known.count, HOUR_MEMORY));
  // A day's own level is learned slowly: a whole day of hours is worth about one opinion.
  const dayStep = isFirst ? 0 : 1 / (24 + 24 * Math.min(ofDay.count / 24, 8));
  const value = isFirst ? level - ofDay.value : known.value + residual * hourStep * (1 - dayStep);
  const blocks = profile.blocks + 1;
  return {
    version: 1,
    blocks,
    hours: replaced(profile.hours, hour, { value, count: known.count + 1 }),
    days: replaced(profile.days, day, { value: ofDay.value + residual * dayStep, count: ofDay.count + 1 }),
    between: isFirst ? profile.between : spreadAfter(profile.between, residual ** 2, blocks),
    within: variance === null ? profile.within : spreadAfter(profile.within, variance, blocks),
    units: profile.units + (units - profile.units) / Math.min(blocks, SPREAD_MEMORY),
  };
}

/** A running root mean square. The first value stands for itself. */
function spreadAfter(spread: number, square: number, count: number): number {
  const step = spread === 0 ? 1 : 1 / Math.min(count, SPREAD_MEMORY);
  return Math.sqrt(spread ** 2 + (square - spread ** 2) * step);
}

function levelAt(profile: BaselineProfile, atMs: number): number {
  const hour = profile.hours[hourOf(atMs)];
  const day = profile.days[dayOf(atMs)]?.value ?? 0;
  if (hour !== undefined && hour.count > 0) return hour.value + day;
  return median(profile.hours.filter(({ count }) => count > 0).map(({ value }) => value)) + day;
}

function spreadOfHours({ hours }: BaselineProfile): number {
  const values = hours.filter(({ count }) => count > 0).map(({ value }) => value);
  const middle = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1));
}

function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) % 24;
}

/** 1 January 1970 was a Thursday. */
function dayOf(atMs: number): number {
  return (Math.floor(atMs / (24 * HOUR_MS)) + 4) % 7;
}

function replaced<T>(values: readonly T[], index: number, value: T): T[] {
  return values.map((old, i) => (i === index ? value : old));
}
