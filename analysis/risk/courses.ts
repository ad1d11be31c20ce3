import type { Metric } from '../../flags/plan/metric';
import { trackAnomaly, type AnomalyTrack } from '../../ml/anomaly/track';
import { residualAgainst, type BaselineProfile } from '../../ml/baseline/profile';
import { watchAfterCompletion, type WatchState } from '../../ml/baseline/watch';
import { fTail } from '../../ml/distributions/tails';
import { median } from '../../ml/robust/median';
import { ALL_USERS, type Stratum } from '../../metrics/windows';
import { armSample, harmSign } from '../arm-sample';

/** One window of a metric, as forecasts read it: `[start, weight, candidate, control, candidate's units]`. */
export type CoursePoint = readonly [atMs: number, weight: number, value: number, reference: number, units: number];

/** How one metric of everybody has gone of late. Plain JSON, bounded. */
export interface MetricCourse {
  track: AnomalyTrack | null;
  /** The newest windows with both arms, oldest first. */
  points: CoursePoint[];
  /** The candidate's last values before everybody was served: what the watch compares with where no baseline is known. */
  before: number[];
  watch: WatchState | null;
}

/** What a course is followed by. */
export interface CourseSetting {
  readonly baselines: Readonly<Record<string, BaselineProfile>>;
  /** Percent from which on everybody is served and the course is watched; null when nobody looks on. */
  readonly watchFrom: number | null;
}

/** Windows that a forecast looks back on. */
const FORECAST_WINDOWS = 120;
const BEFORE_WINDOWS = 60;
const FEWEST_BEFORE = 12;
const WEEK_MS = 7 * 86_400_000;

/** A metric nothing is known of. */
export function emptyCourse(): MetricCourse {
  return { track: null, points: [], before: [], watch: null };
}

/** Follows a metric through the new windows of everybody, in place. O(windows). */
export function followCourse(
  course: MetricCourse,
  metric: Metric,
  windows: readonly (readonly Stratum[])[],
  setting: CourseSetting,
): void {
  for (const window of windows) followWindow(course, metric, window, setting);
}

/** Everybody's new strata by window, in time order. */
export function windowsOfEverybody(strata: readonly Stratum[], afterWindowAt: number | null): Stratum[][] {
  const byStart = new Map<number, Stratum[]>();
  for (const stratum of strata) {
    if (stratum.segment !== ALL_USERS || stratum.windowStartAt <= (afterWindowAt ?? Number.NEGATIVE_INFINITY)) continue;
    const window = byStart.get(stratum.windowStartAt);
    if (window === undefined) byStart.set(stratum.windowStartAt, [stratum]);
    else window.push(stratum);
  }
  return [...byStart.entries()].sort(([a], [b]) => a - b).map(([, window]) => window);
}

function followWindow(
  course: MetricCourse,
  metric: Metric,
  window: readonly Stratum[],
  { baselines, watchFrom }: CourseSetting,
): void {
  const [first] = window;
  if (first === undefined) return;
  const candidate = totalOf(metric, window, 'candidate');
  if (candidate === null) return;
  const control = totalOf(metric, window, 'control');
  const { windowStartAt: atMs, windowMs } = first;
  const weight = Math.max(...window.map((stratum) => stratum.weight));
  if (control !== null) {
    course.points = [...course.points, [atMs, weight, candidate.value, control.value, candidate.units] as const].slice(
      -FORECAST_WINDOWS,
    );
  }
  const sign = harmSign(metric);
  const profile = baselines[metric.name];
  const z = profile === undefined ? null : residualOf(profile, atMs, candidate, sign);
  if (profile !== undefined && z !== null) {
    course.track = trackAnomaly(course.track, tailBeyondControl(profile, atMs, candidate, control, sign));
  }
  if (watchFrom === null || weight < watchFrom) {
    course.before = [...course.before, candidate.value].slice(-BEFORE_WINDOWS);
    return;
  }
  const residual = z ?? residualOfBefore(course.before, candidate.value, sign);
  course.watch = watchAfterCompletion(course.watch, { z: residual }, { averageRunLength: WEEK_MS / windowMs });
}

interface ArmTotal {
  readonly value: number;
  readonly units: number;
}

function totalOf(metric: Metric, window: readonly Stratum[], arm: 'candidate' | 'control'): ArmTotal | null {
  let units = 0;
  let sum = 0;
  for (const stratum of window) {
    const sample = armSample(metric, stratum[arm]);
    units += sample.units;
    sum += sample.sum;
  }
  return units > 0 ? { value: sum / units, units } : null;
}

function residualOf(profile: BaselineProfile, atMs: number, { value, units }: ArmTotal, sign: 1 | -1): number | null {
  const residual = residualAgainst(profile, { atMs, value, units });
  return residual === null ? null : sign * residual;
}

/**
 * Chance of what is worse than usual in the candidate alone: what control shares is an incident and no anomaly of the
 * feature.
 */
function tailBeyondControl(
  profile: BaselineProfile,
  atMs: number,
  candidate: ArmTotal,
  control: ArmTotal | null,
  sign: 1 | -1,
): number {
  const own = residualOf(profile, atMs, candidate, sign) ?? 0;
  const shared = control === null ? 0 : Math.max(0, residualOf(profile, atMs, control, sign) ?? 0);
  const beyond = own - shared;
  // Student's t with as many degrees of freedom as hours known, as the profile itself reckons.
  return beyond <= 0 ? 1 : fTail(beyond * beyond, 1, Math.max(1, Math.min(30, profile.blocks - 1)));
}

/**
 * How far a value lies from the candidate's own past, in robust standard deviations; null while that past is short or
 * never varied.
 */
function residualOfBefore(before: readonly number[], value: number, sign: 1 | -1): number | null {
  if (before.length < FEWEST_BEFORE) return null;
  const level = median(before);
  // 1.4826 makes the median absolute deviation a standard deviation.
  const spread = 1.4826 * median(before.map((one) => Math.abs(one - level)));
  const floor = 0.01 * Math.abs(level);
  const scale = Math.max(spread, floor);
  return scale > 0 ? (sign * (value - level)) / scale : null;
}
