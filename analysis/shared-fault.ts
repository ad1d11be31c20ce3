import type { Metric } from '../flags/plan/metric';
import { robustLevel } from '../ml/robust/median';
import { harmSign, type ArmSample } from './arm-sample';

/** Windows of control's own past that make its baseline, and the fewest that do. */
const PAST_WINDOWS = 60;
const FEWEST_WINDOWS = 12;
/** Windows in a row that make a fault. */
const RECENT_WINDOWS = 3;
/** A fault that a raise made begins so soon after it: a shared resource is short as soon as the load is there. */
const SOON_MS = 180_000;
const SOON_WINDOWS = 3;
/**
 * A fault that began later in the bake is laid to the raise only once it has lasted so long, or half as long as it
 * takes to become the level.
 */
const LASTING_MS = 900_000;
const LASTING_WINDOWS = PAST_WINDOWS / 2;
const SPREADS = 5;

type Sums = Pick<ArmSample, 'units' | 'sum'>;

interface RecentWindow {
  at: number;
  candidateUnits: number;
  candidateSum: number;
  controlUnits: number;
  controlSum: number;
}

/** What is remembered of the common level of a metric. */
export interface CommonLevel {
  /** Control's level in past windows, oldest first. */
  past: number[];
  recent: RecentWindow[];
  /** Start of the first window of the open fault; null when there is none. */
  faultSince: number | null;
  faultWindows: number;
}

/** A common level nobody has seen yet. */
export function emptyLevel(): CommonLevel {
  return { past: [], recent: [], faultSince: null, faultWindows: 0 };
}

/**
 * Adds one window and opens or closes a fault of both arms: three windows in which control stands above its own past by
 * the margin and by five robust spreads, while the candidate stands above it too. The past does not learn from a fault;
 * one that outlasts it becomes the level. In place.
 */
export function addLevel(level: CommonLevel, metric: Metric, at: number, candidate: Sums, control: Sums): void {
  if (!(control.units > 0)) return;
  level.recent.push({
    at,
    candidateUnits: candidate.units,
    candidateSum: candidate.sum,
    controlUnits: control.units,
    controlSum: control.sum,
  });
  if (level.recent.length > RECENT_WINDOWS) {
    const oldest = level.recent.shift() as RecentWindow;
    if (level.faultSince === null) level.past.push(oldest.controlSum / oldest.controlUnits);
    if (level.past.length > PAST_WINDOWS) level.past.shift();
  }
  const since = raisedSince(level, metric);
  if (since === null) {
    level.faultSince = null;
    level.faultWindows = 0;
    return;
  }
  level.faultSince ??= since;
  level.faultWindows += 1;
  if (level.faultWindows > PAST_WINDOWS) Object.assign(level, emptyLevel());
}

/**
 * Whether a fault of both arms may be laid to a raise: the first one that is open began with the raise or soon after
 * it, or within one bake and has lasted. Within a bake alone says little, since a plan that raises after each bake is
 * always within one. O(1).
 *
 * @param since - start of the first window of the fault
 */
export function followsRaise(
  { since, lastAt, windowMs }: { readonly since: number; readonly lastAt: number; readonly windowMs: number },
  { raisedAt, bakeMs }: { readonly raisedAt: number; readonly bakeMs: number },
): boolean {
  // A window that ended before the raise knows nothing of it.
  if (since + windowMs <= raisedAt || since - raisedAt > bakeMs) return false;
  const isSoon = since - raisedAt <= Math.max(SOON_MS, SOON_WINDOWS * windowMs);
  return isSoon || lastAt + windowMs - since >= Math.min(LASTING_MS, LASTING_WINDOWS * windowMs);
}

/** Start of the first recent window of a fault; null without one. */
function raisedSince({ past, recent }: CommonLevel, metric: Metric): number | null {
  if (past.length < FEWEST_WINDOWS || recent.length < RECENT_WINDOWS) return null;
  const sign = harmSign(metric);
  const { absolute, relative } = metric.margin;
  const levelOf = ({ controlSum, controlUnits }: RecentWindow): number => (sign * controlSum) / controlUnits;
  let lowest = Number.POSITIVE_INFINITY;
  for (let index = 0; index < recent.length; index++) {
    lowest = Math.min(lowest, levelOf(recent[index] as RecentWindow));
  }
  // Cheap first: most windows are not above the margin of most of the past, which half of it shows.
  let notBelow = 0;
  for (let index = 0; index < past.length; index++) {
    const value = past[index] as number;
    if (lowest - sign * value > absolute + relative * Math.abs(value)) continue;
    notBelow += 1;
    if (notBelow * 2 >= past.length) return null;
  }
  const levels = recent.map(levelOf);
  const { level, spread } = robustLevel(past);
  const margin = absolute + relative * Math.abs(level);
  const total = (of: (window: RecentWindow) => number): number => recent.reduce((sum, window) => sum + of(window), 0);
  const isAbove = (sum: number, units: number, spreads: number): boolean => {
    const chance = metric.kind === 'mean_value' ? 0 : Math.sqrt(Math.max(Math.abs(level), 1 / units) / units);
    return units > 0 && sign * (sum / units - level) > Math.max(margin, SPREADS * spread * spreads, SPREADS * chance);
  };
  const isFault =
    isAbove(
      total((window) => window.controlSum),
      total((window) => window.controlUnits),
      1,
    ) &&
    isAbove(
      total((window) => window.candidateSum),
      total((window) => window.candidateUnits),
      0,
    );
  if (!isFault) return null;
  // The three windows may hold calm ones from before the fault: it began in the first that is nearer to the worst than
  // to the past.
  const half = (Math.max(...levels) + sign * level) / 2;
  return (recent[levels.findIndex((each) => each >= half)] as RecentWindow).at;
}
