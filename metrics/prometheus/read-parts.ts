import type { MatrixSeries } from './answer';
import type { Bucket } from './buckets';
import { increasesOf, LONGEST_GAP_MS, scrapeTimes, type Increase } from './increases';
import { armOf, segmentsOf, type Arm, type ExpressionQuery, type PartQuery, type SelectorQuery } from './metric-query';
import type { PrometheusClient } from './prometheus-client';
import { ALL_USERS } from '../windows';

/** Which time is read: whole windows from `fromMs` up to `toMs`. */
export interface ReadSpan {
  readonly fromMs: number;
  /** End of the last window that may be judged. */
  readonly toMs: number;
  readonly nowMs: number;
  readonly windowMs: number;
}

/** What a part of a metric grew by, in one arm, for the segments named. */
export interface PartIncrease {
  readonly arm: Arm;
  readonly segments: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly amount: number;
  readonly native: { readonly sum: number; readonly buckets: readonly Bucket[] } | null;
  /** Of a classic histogram: the bucket, and all other labels as one text. */
  readonly classic: { readonly le: string; readonly series: string } | null;
}

/** Queries under way at once, so that one look is no burden. */
const AT_ONCE = 4;

/**
 * Asks for all parts, each query once however many metrics share it, and takes the increases.
 *
 * @throws {HeadgateError} SOURCE_UNAVAILABLE when any of them fails: a part read without its others would be a change
 *   that never happened
 */
export async function readParts(
  client: PrometheusClient,
  queries: readonly PartQuery[],
  span: ReadSpan,
  segments: readonly string[],
  signal: AbortSignal,
): Promise<Map<PartQuery, PartIncrease[]>> {
  const asked = new Map<string, Promise<MatrixSeries[]>>();
  const free = semaphore(AT_ONCE);
  const once = (text: string, ask: () => Promise<MatrixSeries[]>): Promise<MatrixSeries[]> => {
    const standing = asked.get(text) ?? free(ask);
    asked.set(text, standing);
    return standing;
  };
  const rangeMs = span.nowMs - span.fromMs + LONGEST_GAP_MS;
  const samples = (query: SelectorQuery): Promise<MatrixSeries[]> =>
    once(query.selector, () => client.samples(`${query.selector}[${rangeMs}ms]`, span.nowMs, signal));
  const values = (text: string): Promise<MatrixSeries[]> =>
    once(text, () => client.range(text, { fromMs: firstEnd(span), toMs: span.toMs, stepMs: span.windowMs }, signal));

  const raw = await Promise.all(
    queries.map(async (query) =>
      query.kind === 'selector'
        ? { kind: 'samples' as const, query, series: await samples(query) }
        : {
            kind: 'values' as const,
            query,
            control: await valuesIf(span, values, query, 'control'),
            candidate: await valuesIf(span, values, query, 'candidate'),
          },
    ),
  );
  const scrapes = scrapeTimes(raw.flatMap((answer) => (answer.kind === 'samples' ? answer.series : [])));
  const parts = new Map<PartQuery, PartIncrease[]>();
  for (const answer of raw) {
    if (answer.kind === 'samples') {
      parts.set(answer.query, ofSelector(answer.query, increasesOf(answer.series, scrapes), segments));
    } else {
      const { query, control, candidate } = answer;
      parts.set(query, [
        ...ofExpression('control', control, span.windowMs),
        ...ofExpression('candidate', candidate, span.windowMs),
      ]);
    }
  }
  return parts;
}

function firstEnd({ fromMs, windowMs }: ReadSpan): number {
  return fromMs + windowMs;
}

async function valuesIf(
  span: ReadSpan,
  values: (text: string) => Promise<MatrixSeries[]>,
  query: ExpressionQuery,
  arm: Arm,
): Promise<MatrixSeries[]> {
  return firstEnd(span) > span.toMs ? [] : values(query.byArm[arm]);
}

function ofSelector(query: SelectorQuery, increases: readonly Increase[], observed: readonly string[]): PartIncrease[] {
  return increases.flatMap(({ labels, fromMs, toMs, amount, native }) => {
    const arm = armOf(query, labels);
    if (arm === null) return [];
    const le = labels['le'];
    const classic = query.isClassicHistogram && le !== undefined ? { le, series: seriesOf(labels) } : null;
    return [{ arm, segments: segmentsOf(query, labels, observed), fromMs, toMs, amount, native, classic }];
  });
}

/** Each value of an expression is the amount of the window that ends at its instant. */
function ofExpression(arm: Arm, series: readonly MatrixSeries[], windowMs: number): PartIncrease[] {
  return series.flatMap(({ metric, values, histograms }) => {
    const le = metric['le'];
    const common = { arm, segments: [ALL_USERS] };
    const at = (seconds: number) => ({
      fromMs: Math.round(seconds * 1000) - windowMs,
      toMs: Math.round(seconds * 1000),
    });
    const plain = values
      .filter(([, value]) => Number.isFinite(value) && value >= 0)
      .map(([seconds, amount]) => ({
        ...common,
        ...at(seconds),
        amount,
        native: null,
        classic: le === undefined ? null : { le, series: seriesOf(metric) },
      }));
    const native = histograms.map(([seconds, { count, sum, buckets }]) => ({
      ...common,
      ...at(seconds),
      amount: count,
      native: { sum, buckets: buckets.map(([, lower, upper, inBucket]) => ({ lower, upper, count: inBucket })) },
      classic: null,
    }));
    return [...plain, ...native];
  });
}

/** All labels but the bucket's. */
function seriesOf(labels: Readonly<Record<string, string>>): string {
  const others = Object.entries(labels).filter(([label]) => label !== 'le');
  return JSON.stringify(others.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Lets at most so many run at once; the others wait their turn. */
function semaphore(limit: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
