import { z } from 'zod';
import type { AlignedSeries } from '../analysis/attribution/attribution';
import { messageOf } from '../core/errors';
import type { PrometheusClient } from '../metrics/prometheus/prometheus-client';
import { queryRange, type RangeSeries } from '../metrics/prometheus/range-query';

/** A series that may be a cause: processor time, memory, database time, a dependency's errors. */
export const CauseSeriesConfig = z.strictObject({
  /** What people call it; labels are added when the expression gives several series. */
  name: z.string().min(1).max(60),
  kind: z.enum(['dependency', 'infrastructure']),
  /** Name of one of the configured Prometheus servers. */
  source: z.string().min(1),
  /** PromQL of a level or rate, such as `rate(process_cpu_seconds_total[1m])`. */
  expression: z.string().min(1).max(2000),
});
export type CauseSeriesConfig = z.infer<typeof CauseSeriesConfig>;

/** A Prometheus server and whose it is. */
export type CauseClient = Pick<PrometheusClient, 'range'> & {
  readonly config: Pick<PrometheusClient['config'], 'environments'>;
};

/** Which windows the series are wanted for, and for which environment's rollout. */
export interface CauseSpan {
  readonly environment: string;
  readonly fromMs: number;
  readonly stepMs: number;
  readonly windows: number;
}

/** Where series of dependencies and machines come from. */
export interface CauseSeriesSource {
  /** One value for each window, at its end. Never throws for trouble of a source: what is missing is said. */
  read(span: CauseSpan): Promise<{ readonly series: AlignedSeries[]; readonly missing: string[] }>;
  /** The first series of each expression, in order; null where none came. */
  readEach(
    configs: readonly CauseSeriesConfig[],
    span: CauseSpan,
  ): Promise<{ readonly values: (readonly number[] | null)[]; readonly missing: string[] }>;
}

/** Series that one expression may give; further ones are left out and said to be. */
const MAX_PER_EXPRESSION = 12;

/** {@link CauseSeriesSource} from Prometheus. */
export function prometheusCauseSeries(
  configs: readonly CauseSeriesConfig[],
  clients: ReadonlyMap<string, CauseClient>,
): CauseSeriesSource {
  return {
    async read(span) {
      const answers = await Promise.all(configs.map((config) => readOne(config, clients.get(config.source), span)));
      return { series: answers.flatMap(({ series }) => series), missing: answers.flatMap(({ missing }) => missing) };
    },
    async readEach(asked, span) {
      const answers = await Promise.all(asked.map((config) => readOne(config, clients.get(config.source), span)));
      return {
        values: answers.map(({ series }) => series[0]?.values ?? null),
        missing: answers.flatMap(({ missing }) => missing),
      };
    },
  };
}

async function readOne(
  { name, kind, source, expression }: CauseSeriesConfig,
  client: CauseClient | undefined,
  { environment, fromMs, stepMs, windows }: CauseSpan,
): Promise<{ series: AlignedSeries[]; missing: string[] }> {
  if (client === undefined || client.config.environments?.includes(environment) === false) {
    return {
      series: [],
      missing: [`${name}: no Prometheus '${source}' is configured for environment '${environment}'`],
    };
  }
  try {
    // The value at a window's end is that of the window.
    const span = { fromMs: fromMs + stepMs, toMs: fromMs + windows * stepMs, stepMs };
    const found = await queryRange(client, { expression, ...span });
    if (!found.some(({ points }) => points.some(({ value }) => Number.isFinite(value)))) {
      // An expression of counters that are scraped less often than it looks back has no values and no error.
      return { series: [], missing: [`${name}: the expression has no values`] };
    }
    const several = found.length > 1;
    const left = found.length - MAX_PER_EXPRESSION;
    return {
      series: found.slice(0, MAX_PER_EXPRESSION).map(({ labels, points }) => ({
        name: several ? `${name} ${textOf(labels)}`.trim() : name,
        kind,
        values: alignedTo(points, { fromMs, stepMs, windows }),
      })),
      missing: left > 0 ? [`${name}: ${left} more series than the ${MAX_PER_EXPRESSION} looked at`] : [],
    };
  } catch (error) {
    return { series: [], missing: [`${name}: ${messageOf(error)}`] };
  }
}

function alignedTo(
  points: RangeSeries['points'],
  { fromMs, stepMs, windows }: Omit<CauseSpan, 'environment'>,
): number[] {
  const values = new Array<number>(windows).fill(Number.NaN);
  for (const { atMs, value } of points) {
    const index = Math.round((atMs - fromMs) / stepMs) - 1;
    if (index >= 0 && index < windows && Number.isFinite(value)) values[index] = value;
  }
  return values;
}

function textOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([label]) => label !== '__name__')
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
}
