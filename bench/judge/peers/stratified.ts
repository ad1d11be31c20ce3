import { BINS } from '../traces/trace';
import { logSum, runningMax, type Minutes } from './minutes';

/** Rate ratios that mixtures run over. */
const RATIOS = Array.from({ length: 18 }, (_, index) => Math.exp(Math.log(1.15) + (index / 17) * Math.log(12 / 1.15)));
const LOG_RATIOS = RATIOS.map(Math.log);
/** Weight of errors, and of requests above the pooled p50, p90 and p99 of their minute. */
const WEIGHTS = [0.4, 0.2, 0.2, 0.2];
const LEVELS = [0.5, 0.9, 0.99];

/** One minute as a table of two by two: what the candidate had of all events, and of all requests. */
export interface Table {
  readonly own: number;
  readonly all: number;
  readonly ownRequests: number;
  readonly requests: number;
}

/** Errors, and requests above each pooled quantile, as tables by minute. */
export function tablesOf({ length, control, candidate }: Minutes): Table[][] {
  const minute = (index: number): Table[] => {
    const ownRequests = candidate.requests[index] as number;
    const requests = ownRequests + (control.requests[index] as number);
    const own = candidate.errors[index] as number;
    const errors = { own, all: own + (control.errors[index] as number), ownRequests, requests };
    const ownBins = candidate.bins[index] as readonly number[];
    const pooled = ownBins.map((count, bin) => count + ((control.bins[index] as readonly number[])[bin] as number));
    return [errors, ...LEVELS.map((level) => ({ ...above(ownBins, pooled, level), ownRequests, requests }))];
  };
  const byMinute = Array.from({ length }, (_, index) => minute(index));
  return WEIGHTS.map((_, metric) => byMinute.map((tables) => tables[metric] as Table));
}

function above(own: readonly number[], pooled: readonly number[], level: number): { own: number; all: number } {
  const total = pooled.reduce((sum, count) => sum + count, 0);
  let below = 0;
  let cut = 0;
  for (; cut < BINS - 1; cut++) {
    below += pooled[cut] as number;
    if (below >= level * total) break;
  }
  const sumFrom = (counts: readonly number[]): number => counts.slice(cut + 1).reduce((sum, count) => sum + count, 0);
  return { own: sumFrom(own), all: sumFrom(pooled) };
}

/** Log evidence of one minute for each ratio: both bounds are of the hypergeometric's moments (Hoeffding 1963). */
export function increments({ own, all, ownRequests, requests }: Table): number[] {
  const rate = all / Math.max(requests, 1);
  const share = ownRequests / Math.max(requests, 1);
  return RATIOS.map((ratio, index) => {
    const byRequests = ownRequests * Math.log1p(rate * (ratio - 1));
    const byEvents = all * Math.log1p(share * (ratio - 1));
    return own * (LOG_RATIOS[index] as number) - Math.min(byRequests, byEvents);
  });
}

/** Evidence added up over minutes, each divided by its dispersion, as the log of the mixture over ratios. */
export function mixture(byMinute: readonly (readonly number[])[]): number[] {
  const sums = RATIOS.map(() => 0);
  return byMinute.map((increment) => {
    for (const [index, value] of increment.entries()) sums[index]! += value;
    return logSum(sums) - Math.log(RATIOS.length);
  });
}

/** The weighted mean of the metrics' e-values, as its log, and its highest so far. */
export function combine(metrics: readonly (readonly number[])[]): number[] {
  const length = metrics[0]?.length ?? 0;
  return runningMax(
    Array.from({ length }, (_, minute) =>
      logSum(metrics.map((logs, metric) => (logs[minute] as number) + Math.log(WEIGHTS[metric] as number))),
    ),
  );
}

/** Two-by-two e-process stratified by minute: errors and requests above the pooled p50, p90 and p99 of their minute. */
export function stratE(minutes: Minutes): number[] {
  return combine(tablesOf(minutes).map((tables) => mixture(tables.map(increments))));
}

/**
 * The same, each minute's evidence divided by the dispersion of the minutes before it.
 *
 * @param skip - first minutes whose latency is not used
 */
export function stratERobust(minutes: Minutes, skip = 0): number[] {
  return combine(
    tablesOf(minutes).map((tables, metric) => {
      const dispersion = dispersions(tables);
      return mixture(
        tables.map((table, minute) => {
          if (metric > 0 && minute < skip) return RATIOS.map(() => 0);
          return increments(table).map((value) => value / (dispersion[minute] as number));
        }),
      );
    }),
  );
}

function dispersions(tables: readonly Table[]): number[] {
  let squares = 0;
  let seen = 0;
  let before = 0;
  const known = tables.map((table, minute) => {
    const { z, isInformative } = standardised(table, 1e-9);
    const now = isInformative ? z : 0;
    if (minute > 0) {
      squares += 0.5 * (now - before) ** 2;
      if (isInformative) seen += 1;
    }
    before = now;
    return Math.max(1, (6 * 1.5 + squares) / (6 + seen));
  });
  return [1.5, ...known.slice(0, -1)];
}

/** How far the candidate's events are from their expectation, in standard deviations of independent requests. */
export function standardised(
  { own, all, ownRequests, requests }: Table,
  floor: number,
): { z: number; isInformative: boolean } {
  const rate = all / Math.max(requests, 1);
  const share = ownRequests / Math.max(requests, 1);
  const variance = Math.max(ownRequests * rate * (1 - rate) * (1 - share), floor);
  return { z: (own - all * share) / Math.sqrt(variance), isInformative: variance > 0.05 };
}

/** Errors alone: given all errors of a minute, each was the candidate's with the chance of its share of requests. */
export function conditionalBinomial(minutes: Minutes): number[] {
  const [errors = []] = tablesOf(minutes);
  const logs = mixture(
    errors.map(({ own, all, ownRequests, requests }) => {
      const share = ownRequests / Math.max(requests, 1);
      return RATIOS.map((ratio, index) => own * (LOG_RATIOS[index] as number) - all * Math.log1p(share * (ratio - 1)));
    }),
  );
  return runningMax(logs);
}

/** CUSUM of the log likelihood ratio, for twice the errors and 1.5 times the slow requests; the highest of the four. */
export function cusum(minutes: Minutes): number[] {
  const series = tablesOf(minutes).map((tables, metric) => {
    const aim = metric === 0 ? 2 : 1.5;
    const nearest = RATIOS.reduce(
      (best, ratio, index) => (Math.abs(ratio - aim) < Math.abs((RATIOS[best] as number) - aim) ? index : best),
      0,
    );
    let sum = 0;
    return tables.map((table) => (sum = Math.max(0, sum + (increments(table)[nearest] as number))));
  });
  return runningMax(
    Array.from({ length: minutes.length }, (_, minute) => Math.max(...series.map((one) => one[minute] as number))),
  );
}
