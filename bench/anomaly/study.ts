import { SeriesDetector } from '../../ml/anomaly/series-detector';
import { NAB_PROFILES, scoreAt, scoreCorpus, sweep, type LabelledSeries, type NabResult } from './nab-score';

/** A corpus scored by the detector, each series on its own and online. */
export interface StudiedCorpus {
  readonly series: readonly LabelledSeries[];
  readonly scores: readonly Float64Array[];
  readonly microsecondsPerPoint: number;
}

/** Runs a fresh detector over each series. */
export function study(series: readonly LabelledSeries[], nowMs: () => number): StudiedCorpus {
  const startedAt = nowMs();
  const scores = series.map(({ atMs, values }) => {
    const detector = new SeriesDetector();
    return Float64Array.from(values, (value, i) => detector.see(value, atMs[i] as number).score);
  });
  const points = series.reduce((sum, { values }) => sum + values.length, 0);
  return { series, scores, microsecondsPerPoint: ((nowMs() - startedAt) * 1000) / Math.max(1, points) };
}

/** The benchmark's own figures: for each profile the threshold that is best in hindsight for the whole corpus. */
export function inHindsight({ series, scores }: StudiedCorpus): NabResult[] {
  const swept = series.map(sweep);
  return NAB_PROFILES.map((profile) => scoreCorpus(swept, scores, profile));
}

/** The corpus at one threshold that was fixed before. */
export function atThreshold({ series, scores }: StudiedCorpus, threshold: number): NabResult[] {
  const swept = series.map(sweep);
  return NAB_PROFILES.map((profile) => scoreAt(swept, scores, profile, threshold));
}

/** Each group of files scored at the threshold that is best for the other groups, and the whole of it. */
export function leavingGroupsOut({
  series,
  scores,
}: StudiedCorpus): { groups: readonly { group: string; result: NabResult }[]; score: number }[] {
  const swept = series.map(sweep);
  const groups = [...new Set(series.map(groupOf))];
  return NAB_PROFILES.map((profile) => {
    const results = groups.map((group) => {
      const inside = indexesWhere(series, (one) => groupOf(one) === group);
      const outside = indexesWhere(series, (one) => groupOf(one) !== group);
      const { threshold } = scoreCorpus(pick(swept, outside), pick(scores, outside), profile);
      return { group, result: scoreAt(pick(swept, inside), pick(scores, inside), profile, threshold) };
    });
    const total = results.reduce((sum, { result }) => sum + result.raw, 0);
    const windows = results.reduce((sum, { result }) => sum + result.windows, 0);
    const nothing = -profile.falseNegative * windows;
    return { groups: results, score: (100 * (total - nothing)) / (profile.truePositive * windows - nothing) };
  });
}

function groupOf({ name }: LabelledSeries): string {
  // The artificial files without anomalies teach a threshold nothing by themselves.
  return (name.split('/')[0] ?? '').replace(/^artificial.*/u, 'artificial');
}

function indexesWhere(series: readonly LabelledSeries[], holds: (one: LabelledSeries) => boolean): number[] {
  return series.flatMap((one, index) => (holds(one) ? [index] : []));
}

function pick<T>(values: readonly T[], indexes: readonly number[]): T[] {
  return indexes.map((index) => values[index] as T);
}
