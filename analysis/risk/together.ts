import type { Metric } from '../../flags/plan/metric';
import { trackAnomaly, type AnomalyTrack } from '../../ml/anomaly/track';
import { restAgainst, type VectorBaseline, type VectorWindow } from '../../ml/anomaly/vector-baseline';
import type { VectorRest } from '../../ml/anomaly/vector';
import type { BaselineProfile } from '../../ml/baseline/profile';
import type { Stratum } from '../../metrics/windows';
import { armSample, harmSign } from '../arm-sample';

/** What is usual for all metrics of one segment together. */
export interface TogetherBaseline extends Pick<VectorBaseline, 'metrics' | 'model'> {
  /** What is usual for each of them in this segment, by name. */
  readonly profiles: Readonly<Record<string, BaselineProfile>>;
}

/** How unusual all metrics of one segment together have been of late. Plain JSON. */
export interface TogetherTrack extends AnomalyTrack {
  /** The metric that parted from the others in the last unusual window; null before the first. */
  readonly leading: string | null;
}

/** A window in which the control parts from what is usual, too, is an incident and no anomaly of the feature. */
const SHARED = 0.05;

/**
 * Follows the new windows of each segment that has such a baseline, in place. A window counts as unusual only where a
 * metric that parts from the others does so for the worse, and is worse than the control's at the same time: metrics
 * that part for the better are no risk. O(new windows × metrics × components).
 */
export function followTogether(
  tracks: Record<string, TogetherTrack>,
  metrics: readonly Metric[],
  strata: readonly Stratum[],
  afterWindowAt: number | null,
  baselines: Readonly<Record<string, TogetherBaseline>>,
): void {
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  for (const [segment, windows] of newWindowsBySegment(strata, afterWindowAt, baselines)) {
    const baseline = baselines[segment] as TogetherBaseline;
    const ordered = baseline.metrics.map((name) => byName.get(name));
    // The plan has lost a metric since: what is left moves in another way.
    if (ordered.some((metric) => metric === undefined)) continue;
    for (const window of windows) {
      const seen = compare(baseline, ordered as Metric[], window);
      if (seen === null) continue;
      const leading = seen.tail < SHARED ? seen.leading : (tracks[segment]?.leading ?? null);
      tracks[segment] = { ...trackAnomaly(tracks[segment] ?? null, seen.tail), leading };
    }
  }
}

function newWindowsBySegment(
  strata: readonly Stratum[],
  afterWindowAt: number | null,
  baselines: Readonly<Record<string, TogetherBaseline>>,
): Map<string, readonly (readonly Stratum[])[]> {
  const bySegment = new Map<string, Map<number, Stratum[]>>();
  for (const stratum of strata) {
    const { segment, windowStartAt } = stratum;
    if (!Object.hasOwn(baselines, segment) || windowStartAt <= (afterWindowAt ?? Number.NEGATIVE_INFINITY)) continue;
    const windows = bySegment.get(segment) ?? new Map<number, Stratum[]>();
    bySegment.set(segment, windows.set(windowStartAt, [...(windows.get(windowStartAt) ?? []), stratum]));
  }
  return new Map(
    [...bySegment].map(([segment, windows]) => [
      segment,
      [...windows].sort(([a], [b]) => a - b).map(([, window]) => window),
    ]),
  );
}

/**
 * The chance of the candidate's window, 1 where it parts for the better or as the control does; null where nothing can
 * be told.
 */
function compare(
  baseline: TogetherBaseline,
  metrics: readonly Metric[],
  window: readonly Stratum[],
): { readonly tail: number; readonly leading: string | null } | null {
  const candidate = windowOf(metrics, window, 'candidate');
  const control = windowOf(metrics, window, 'control');
  const rest = candidate === null ? null : restAgainst(baseline, candidate, baseline.profiles);
  if (candidate === null || rest === null) return null;
  const shared = control === null ? null : restAgainst(baseline, control, baseline.profiles);
  const leading = leadingOf(metrics, rest, candidate, control);
  const isOwn = (shared?.tail ?? 1) >= SHARED && leading !== null;
  return { tail: isOwn ? rest.tail : 1, leading };
}

/**
 * The metric that parts most for the worse, among those that part about as much as any: of two metrics that usually go
 * together either may be said to have left the other.
 */
function leadingOf(
  metrics: readonly Metric[],
  { rests }: VectorRest,
  candidate: VectorWindow,
  control: VectorWindow | null,
): string | null {
  const largest = Math.max(...rests.map(Math.abs));
  let leading: { readonly name: string; readonly rest: number } | null = null;
  for (const [j, metric] of metrics.entries()) {
    const sign = harmSign(metric);
    const rest = sign * (rests[j] as number);
    const isWorse = control === null || sign * ((candidate.values[j] as number) - (control.values[j] as number)) > 0;
    if (isWorse && rest >= largest / 2 && rest > (leading?.rest ?? 0)) leading = { name: metric.name, rest };
  }
  return leading?.name ?? null;
}

/** One arm's values and units in a window; null unless every metric has units. */
function windowOf(
  metrics: readonly Metric[],
  window: readonly Stratum[],
  arm: 'candidate' | 'control',
): VectorWindow | null {
  const totals = metrics.map((metric) => {
    const samples = window.map((stratum) => armSample(metric, stratum[arm]));
    return {
      units: samples.reduce((sum, sample) => sum + sample.units, 0),
      sum: samples.reduce((sum, sample) => sum + sample.sum, 0),
    };
  });
  if (totals.some(({ units }) => !(units > 0))) return null;
  const atMs = window[0]?.windowStartAt ?? 0;
  return { atMs, values: totals.map(({ sum, units }) => sum / units), units: totals.map(({ units }) => units) };
}
