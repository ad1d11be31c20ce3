import type { MatrixSeries, NativeHistogram } from './answer';
import type { Bucket } from './buckets';

/** Further apart than this, two samples say nothing about when their difference came about. Prometheus' own lookback. */
export const LONGEST_GAP_MS = 300_000;

/** What one series grew by between two scrapes. */
export interface Increase {
  readonly labels: Readonly<Record<string, string>>;
  /** When it was scraped before: exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a plain counter, and the count of a native histogram. */
  readonly amount: number;
  /** Of a native histogram. */
  readonly native: { readonly sum: number; readonly buckets: readonly Bucket[] } | null;
}

/** When each target was scraped, in time order: all series of one scrape carry its instant. */
export type ScrapeTimes = ReadonlyMap<string, readonly number[]>;

/** The scraped process that a series is of. Series without these labels count as one target's. */
export function targetOf(labels: Readonly<Record<string, string>>): string {
  return `${labels['job'] ?? ''}\n${labels['instance'] ?? ''}`;
}

/** Gathers when targets were scraped from all series that were read of them. */
export function scrapeTimes(series: readonly MatrixSeries[]): ScrapeTimes {
  const times = new Map<string, Set<number>>();
  for (const { metric, values, histograms } of series) {
    const target = targetOf(metric);
    const known = times.get(target) ?? new Set<number>();
    times.set(target, known);
    for (const [at] of values) known.add(toMs(at));
    for (const [at] of histograms) known.add(toMs(at));
  }
  return new Map([...times].map(([target, known]) => [target, [...known].sort((a, b) => a - b)]));
}

interface Sample {
  readonly atMs: number;
  readonly value: number;
  readonly histogram: NativeHistogram | null;
}

/**
 * What each counter grew by from scrape to scrape: whole numbers that add up, unlike `increase()`, which extrapolates
 * to the edges of its window.
 *
 * - A value below the one before is a restart: the counter began again at 0, so all of it is new.
 * - A series that shows up on a target that was scraped before without it was born at 0: all of it is new. That is how
 *   a first error looks.
 * - The first sample of a target never seen before is where counting begins: nothing says how old its counts are.
 * - Samples further apart than {@link LONGEST_GAP_MS} count nothing: when it came about is unknown.
 *
 * O(samples · log scrapes).
 */
export function increasesOf(series: readonly MatrixSeries[], scrapes: ScrapeTimes): Increase[] {
  return series.flatMap((one) => {
    const samples = samplesOf(one);
    return samples.flatMap((sample, index) => {
      const before = samples[index - 1] ?? bornAt(one.metric, sample, scrapes);
      if (before === null || sample.atMs - before.atMs > LONGEST_GAP_MS) return [];
      return [{ labels: one.metric, fromMs: before.atMs, toMs: sample.atMs, ...grown(before, sample) }];
    });
  });
}

function samplesOf({ values, histograms }: MatrixSeries): Sample[] {
  const samples: Sample[] = [
    ...values.map(([at, value]) => ({ atMs: toMs(at), value, histogram: null })),
    ...histograms.map(([at, histogram]) => ({ atMs: toMs(at), value: histogram.count, histogram })),
  ];
  return samples.filter(({ value }) => Number.isFinite(value)).sort((a, b) => a.atMs - b.atMs);
}

/** The scrape before a series' first sample, at which it was not there: a sample of nothing. */
function bornAt(labels: Readonly<Record<string, string>>, first: Sample, scrapes: ScrapeTimes): Sample | null {
  const times = scrapes.get(targetOf(labels)) ?? [];
  const before = times.findLast((at) => at < first.atMs);
  return before === undefined ? null : { atMs: before, value: 0, histogram: null };
}

function grown(before: Sample, now: Sample): Pick<Increase, 'amount' | 'native'> {
  if (now.histogram === null) {
    return { amount: now.value < before.value ? now.value : now.value - before.value, native: null };
  }
  const isReset = before.histogram === null || hasReset(before.histogram, now.histogram);
  const base = isReset ? null : before.histogram;
  const buckets = subtract(now.histogram, base);
  return {
    amount: now.histogram.count - (base?.count ?? 0),
    native: { sum: now.histogram.sum - (base?.sum ?? 0), buckets },
  };
}

function hasReset(before: NativeHistogram, now: NativeHistogram): boolean {
  if (now.count < before.count) return true;
  const counts = new Map(now.buckets.map(([, lower, upper, count]) => [`${lower}/${upper}`, count]));
  // Bounds that are gone are a change of resolution, unless nothing of the new histogram covers them.
  return before.buckets.some(([, lower, upper, count]) => {
    const standing = counts.get(`${lower}/${upper}`);
    if (standing !== undefined) return standing < count;
    return !now.buckets.some(([, low, high]) => low <= lower && high >= upper);
  });
}

/** Bucket by bucket; buckets of a finer resolution before are taken from the coarser one that now covers them. */
function subtract(now: NativeHistogram, before: NativeHistogram | null): Bucket[] {
  return now.buckets.map(([, lower, upper, count]) => {
    const standing = (before?.buckets ?? []).reduce(
      (total, [, low, high, old]) => (low >= lower && high <= upper ? total + old : total),
      0,
    );
    return { lower, upper, count: Math.max(0, count - standing) };
  });
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000);
}
