import type { Metric } from '../../flags/plan/metric';
import {
  ALL_USERS,
  windowStartAt,
  type SourceTrouble,
  type StrataAnswer,
  type StrataQuery,
  type Stratum,
} from '../windows';
import type { Arm, PartQuery } from './metric-query';
import { armTotals, emptyParts, type PartTotals, type UnknownThreshold } from './part-totals';
import type { PartIncrease, ReadSpan } from './read-parts';

/** When a transition was in force. */
export interface TransitionSpan {
  readonly transition: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** SDKs take up a transition within about this time; what was counted across it belongs to no weight. */
const SETTLE_MS = 2_000;

/** What strata are made of. */
export interface StrataParts {
  readonly queries: ReadonlyMap<Metric, readonly PartQuery[]>;
  readonly read: ReadonlyMap<PartQuery, readonly PartIncrease[]>;
  readonly span: ReadSpan;
  readonly transitions: readonly TransitionSpan[];
  readonly query: Pick<StrataQuery, 'weights' | 'windowMs'>;
}

/** One stratum while it is added up. */
interface Growing {
  readonly windowStartAt: number;
  readonly transition: number;
  readonly segment: string;
  readonly arms: Readonly<Record<Arm, PartTotals>>;
}

/**
 * Puts each increase into the window it was scraped in and the transition it came about under, and makes strata of
 * them, one metric at a time. An increase that spans a change of the weight is left out.
 */
export function buildStrata({ queries, read, span, transitions, query }: StrataParts): StrataAnswer {
  const strata: Stratum[] = [];
  let trouble: SourceTrouble | null = null;
  for (const [metric, parts] of queries) {
    for (const growing of addUp(parts, read, span, transitions)) {
      const { transition, segment, arms } = growing;
      const weight = Object.hasOwn(query.weights, String(transition)) ? query.weights[String(transition)] : undefined;
      if (weight === undefined) continue;
      const control = armTotals(metric, arms.control);
      const candidate = armTotals(metric, arms.candidate);
      const unknown = control.unknown ?? candidate.unknown;
      if (unknown !== null) {
        trouble ??= { quality: 'label_missing', metric: metric.name, detail: describe(unknown) };
        continue;
      }
      strata.push({
        windowStartAt: growing.windowStartAt,
        windowMs: query.windowMs,
        transition,
        weight,
        segment,
        control: control.totals,
        candidate: candidate.totals,
      });
    }
  }
  return { strata, trouble };
}

function addUp(
  parts: readonly PartQuery[],
  read: ReadonlyMap<PartQuery, readonly PartIncrease[]>,
  { fromMs, toMs, windowMs }: ReadSpan,
  transitions: readonly TransitionSpan[],
): Iterable<Growing> {
  const growing = new Map<string, Growing>();
  for (const part of parts) {
    for (const increase of read.get(part) ?? []) {
      // A scrape at the very end of a window tells of that window.
      const start = windowStartAt(increase.toMs - 1, windowMs);
      if (start < fromMs || start + windowMs > toMs) continue;
      const transition = transitionOf(increase, transitions);
      if (transition === null) continue;
      for (const segment of increase.segments) {
        const id = `${start}/${transition}/${segment}`;
        const standing = growing.get(id) ?? {
          windowStartAt: start,
          transition,
          segment,
          arms: { control: emptyParts(), candidate: emptyParts() },
        };
        growing.set(id, standing);
        add(standing.arms[increase.arm], part, increase);
      }
    }
  }
  return growing.values();
}

function transitionOf({ fromMs, toMs }: PartIncrease, transitions: readonly TransitionSpan[]): number | null {
  const standing = transitions.findLast((span) => span.fromMs < toMs);
  if (standing === undefined || fromMs < standing.fromMs + SETTLE_MS || toMs > standing.toMs) return null;
  return standing.transition;
}

function add(totals: PartTotals, { part }: PartQuery, { amount, native, classic }: PartIncrease): void {
  if (native !== null) {
    const standing = (totals.native ??= { sum: 0, buckets: [] });
    standing.sum += native.sum;
    standing.buckets.push(...native.buckets);
  } else if (classic !== null) {
    const byLe = totals.classic.get(classic.series) ?? new Map<string, number>();
    totals.classic.set(classic.series, byLe.set(classic.le, (byLe.get(classic.le) ?? 0) + amount));
  } else {
    totals.amounts.set(part, (totals.amounts.get(part) ?? 0) + amount);
  }
}

function describe({ thresholdInSource, lower, upper }: UnknownThreshold): string {
  const bounds = [lower, upper].filter((bound) => bound > 0 && Number.isFinite(bound)).join(' and ');
  return `The threshold is le="${Number(thresholdInSource.toPrecision(6))}", and the histogram has no such bucket, only ${bounds}. Add it to the service, or take one of these.`;
}

/** Joins strata of several metrics and sources: those of one window, transition and segment become one. */
export function joinStrata(strata: readonly Stratum[]): Stratum[] {
  const joined = new Map<string, Stratum>();
  for (const stratum of strata) {
    const id = `${stratum.windowStartAt}/${stratum.transition}/${stratum.segment}`;
    const standing = joined.get(id);
    joined.set(id, standing === undefined ? stratum : join(standing, stratum));
  }
  return [...joined.values()].sort(
    (a, b) => a.windowStartAt - b.windowStartAt || a.transition - b.transition || compareSegments(a.segment, b.segment),
  );
}

/** Exposures are Headgate's own alone, so at most one of the two has any. */
function join(a: Stratum, b: Stratum): Stratum {
  const arm = (own: Stratum['control'], other: Stratum['control']): Stratum['control'] => ({
    ...(own.exposures > 0 || own.exposureCells.length > 0 ? own : other),
    events: { ...own.events, ...other.events },
  });
  return { ...a, control: arm(a.control, b.control), candidate: arm(a.candidate, b.candidate) };
}

function compareSegments(a: string, b: string): number {
  if (a === b) return 0;
  if (a === ALL_USERS || b === ALL_USERS) return a === ALL_USERS ? -1 : 1;
  return a < b ? -1 : 1;
}
