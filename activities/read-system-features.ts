import { z } from 'zod';
import { FeatureSource } from '../changes/features/catalogue';
import { messageOf } from '../core/errors';
import { queryRange, type RangeSeries } from '../metrics/prometheus/range-query';
import { fill, quoteRegex } from '../metrics/prometheus/template';
import type { CauseClient } from './read-cause-series';
import { NOTHING_GATHERED, together, type Gathered } from './gathered';

const PLACEHOLDER = /\{\{\s*(\w*)\s*\}\}/g;
const PLACEHOLDERS = ['flag', 'environment', 'services', 'window'];
/** Values asked for over the window. */
const SAMPLES = 30;
/** Series that one expression may give; machines of a service, not its requests. */
const MOST_SERIES = 200;

/** One feature of the systems that a change runs on, and the PromQL that tells it. */
export const SystemFeatureConfig = z.strictObject({
  feature: z.enum(['cpu', 'memory', 'latencyMs', 'databaseMs', 'errorRate']),
  /** Name of one of the configured Prometheus servers. */
  source: z.string().min(1).max(60).default('default'),
  /**
   * PromQL of a level or rate in the feature's unit. `{{services}}` stands for the flag's services, in a matcher such
   * as `service=~"{{services}}"`.
   */
  expression: z
    .string()
    .min(1)
    .max(2000)
    .refine(
      (text) => [...text.matchAll(PLACEHOLDER)].every(([, name = '']) => PLACEHOLDERS.includes(name)),
      `holds a placeholder other than ${PLACEHOLDERS.map((name) => `{{${name}}}`).join(', ')}`,
    ),
  /** How long before the start is looked at, in milliseconds. */
  windowMs: z.int().min(60_000).max(86_400_000).default(900_000),
});
export type SystemFeatureConfig = z.infer<typeof SystemFeatureConfig>;

/** Whose systems are asked about, and up to when. */
export interface SystemRequest {
  readonly environment: string;
  readonly flagKey: string;
  readonly services: readonly string[];
  readonly atMs: number;
}

/** Where features of systems come from. */
export interface SystemFeatures {
  /** Names of the features that are configured, as in the catalogue. */
  readonly names: readonly string[];
  /** Never throws for trouble of a source: what is missing is said. */
  read(request: SystemRequest): Promise<Gathered>;
}

/** {@link SystemFeatures} from Prometheus, each by a query of its own. */
export function prometheusSystemFeatures(
  configs: readonly SystemFeatureConfig[],
  clients: ReadonlyMap<string, CauseClient>,
): SystemFeatures {
  return {
    names: configs.map(nameOf),
    async read(request) {
      return together(await Promise.all(configs.map((config) => readOne(config, clients, request))));
    },
  };
}

async function readOne(
  config: SystemFeatureConfig,
  clients: ReadonlyMap<string, CauseClient>,
  { environment, flagKey, services, atMs }: SystemRequest,
): Promise<Gathered> {
  const { source, expression, windowMs } = config;
  const client = clients.get(source);
  if (client === undefined || client.config.environments?.includes(environment) === false) {
    return unknown(config, `no Prometheus '${source}' is configured for environment '${environment}'`);
  }
  if (services.length === 0 && /\{\{\s*services\s*\}\}/.test(expression)) {
    return unknown(config, 'the flag names no services');
  }
  const text = fill(
    fill(expression, { flag: flagKey, environment, services: services.map(quoteRegex).join('|') }, quoteInText),
    { window: `${windowMs}ms` },
  );
  const stepMs = Math.ceil(windowMs / SAMPLES);
  // What is scraped later than the start is no part of it, and what a source has not got yet is not waited for.
  const span = { fromMs: atMs - windowMs + stepMs, toMs: atMs, stepMs };
  try {
    return summarised(config, await queryRange(client, { expression: text, ...span }));
  } catch (error) {
    return unknown(config, messageOf(error));
  }
}

/** The mean over the window of each series, and the largest of these means: the worst machine or service. */
function summarised(config: SystemFeatureConfig, series: readonly RangeSeries[]): Gathered {
  if (series.length > MOST_SERIES) {
    return unknown(config, `the expression gives ${series.length} series, more than ${MOST_SERIES}`);
  }
  const means = series
    .map(({ points }) => points.map(({ value }) => value).filter(Number.isFinite))
    // A machine that was there for less than half of the time says little of the window.
    .filter((values) => values.length >= SAMPLES / 2)
    .map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  if (means.length > 0) return { ...NOTHING_GATHERED, values: { [nameOf(config)]: Math.max(...means) } };
  const most = Math.max(0, ...series.map(({ points }) => points.length));
  return unknown(
    config,
    most === 0
      ? `no samples in the last ${config.windowMs / 1000} s`
      : `samples of ${most} of ${SAMPLES} parts of the last ${config.windowMs / 1000} s`,
  );
}

function unknown(config: SystemFeatureConfig, why: string): Gathered {
  return { values: { [nameOf(config)]: null }, missing: [`${nameOf(config)}: ${why}`] };
}

function nameOf({ feature }: SystemFeatureConfig): string {
  return `${FeatureSource.System}.${feature}`;
}

/** Values go into quoted text of PromQL, where a backslash or a quote would end it. */
function quoteInText(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? String.raw`\n` : `\\${character}`));
}
