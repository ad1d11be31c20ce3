import { median, robustLevel } from '../../ml/robust/median';
import type { ServiceNode } from './service-graph';

/** Share of the peak from which an interval counts as affected. */
const AFFECTED_FROM = 0.25;
/** Standard errors that a mean must be above its reference. */
const NOISE_FACTOR = 2;

/** What a node shows beyond its reference. */
export interface NodeExcess {
  /** Harm per request above the reference, times requests, averaged over the affected intervals; 0 within noise. */
  readonly excess: number;
  /** The same in each interval of the window; NaN where the node was not measured or the target not affected. */
  readonly byInterval: readonly number[];
  /** In robust standard deviations of normal times. */
  readonly deviation: number;
  /** Index of the first interval with at least a quarter of the node's peak; null without an excess. */
  readonly onset: number | null;
  /**
   * Whether the node was there before: a node without a value in normal times and calm intervals is one that somebody
   * began to call.
   */
  readonly isNew: boolean;
  /** Whether the window holds any value of it. */
  readonly isMeasured: boolean;
}

/**
 * Which intervals of the window the target's trouble covers: those with at least a quarter of its peak. The base is the
 * window's own least value when the trouble began or ended within the window, so that a level that has moved since
 * normal times does no harm, else normal times.
 *
 * @returns one claim an interval; null where the target was not measured: such an interval is evidence of nothing
 */
export function affectedIntervals(target: ServiceNode): (boolean | null)[] {
  const values = present(target.harm.window);
  if (values.length === 0) return target.harm.window.map(() => null);
  const { level } = robustLevel(present(target.harm.normal));
  const peak = Math.max(...values);
  const least = Math.min(...values);
  const base = peak - least >= (peak - level) / 2 ? least : level;
  return target.harm.window.map((value) =>
    Number.isFinite(value) ? peak > base && value - base >= AFFECTED_FROM * (peak - base) : null,
  );
}

/**
 * How much more harm a node shows in the affected intervals than in the calm ones of the same window or, where all are
 * affected, than in normal times. A change that was there before the trouble, such as another version since the normal
 * times were measured, so cancels.
 *
 * @param affected - what `affectedIntervals` says of the target
 */
export function nodeExcess(node: ServiceNode, affected: readonly (boolean | null)[]): NodeExcess {
  const { harm, requests } = node;
  const normal = robustLevel(present(harm.normal));
  const hot = present(harm.window.filter((_, index) => affected[index] === true));
  const calm = present(harm.window.filter((_, index) => affected[index] === false));
  const isNew = present(harm.normal).length === 0 && calm.length === 0;
  const isMeasured = hot.length + calm.length > 0;
  const none = { excess: 0, byInterval: [], onset: null, isNew, isMeasured };
  if (hot.length === 0) return { ...none, deviation: 0 };
  const mean = average(hot);
  const deviation =
    (mean - normal.level) / Math.max(normal.spread, spreadOf(harm.normal), 1e-9 * Math.abs(normal.level), 1e-12);
  const reference = calm.length > 0 ? median(calm) : normal.level;
  const noise = normal.spread * Math.sqrt(1 / hot.length + 1 / Math.max(1, calm.length)) + rangeOf(calm) / 2;
  if (mean - reference <= NOISE_FACTOR * noise) return { ...none, deviation };
  const usual = requests === undefined ? 1 : average(present(requests.window));
  const byInterval = harm.window.map((value, index) => {
    const volume = requests?.window[index] ?? usual;
    return affected[index] === true ? (value - reference) * (Number.isFinite(volume) ? volume : usual) : Number.NaN;
  });
  const peak = Math.max(...hot) - reference;
  const onset = harm.window.findIndex((value) => value - reference >= AFFECTED_FROM * peak);
  return { excess: Math.max(0, average(present(byInterval))), byInterval, deviation, onset, isNew, isMeasured };
}

/**
 * The share of one node's excess that another's can explain, 0 to 1, over the intervals in which both were measured; 0
 * when there is none.
 */
export function shareExplained(caller: NodeExcess, callee: NodeExcess): number {
  let above = 0;
  let below = 0;
  for (const [index, own] of caller.byInterval.entries()) {
    const theirs = callee.byInterval[index] ?? Number.NaN;
    if (!Number.isFinite(own) || !Number.isFinite(theirs)) continue;
    above += own;
    below += theirs;
  }
  if (!(above > 0)) return 0;
  return Math.min(1, Math.max(0, below / above));
}

function present(values: readonly number[]): number[] {
  return values.filter(Number.isFinite);
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rangeOf(values: readonly number[]): number {
  return values.length < 2 ? 0 : Math.max(...values) - Math.min(...values);
}

/** The plain standard deviation: the robust one is 0 where more than half of the values are the same, as with availability. */
function spreadOf(values: readonly number[]): number {
  const kept = present(values);
  const mean = average(kept);
  return Math.sqrt(average(kept.map((value) => (value - mean) ** 2)));
}
