import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CauseSeriesConfig } from '../activities/read-cause-series';
import { SystemFeatureConfig } from '../activities/read-system-features';
import { ErrorCode, ValidationError } from '../core/errors';
import { PrometheusSourceConfig } from '../metrics/prometheus/source-config';

const webhook = z.strictObject({ url: z.url({ protocol: /^https?$/ }), secret: z.string().min(16) });

const jsonList = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(z.array(schema));

/** What a worker process reads from its environment, once. */
export const WorkerConfig = z.object({
  HEADGATE_MONGODB_URL: z.string().min(1),
  HEADGATE_MONGODB_DATABASE: z.string().min(1).default('headgate'),
  HEADGATE_TEMPORAL_ADDRESS: z.string().min(1),
  HEADGATE_TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  /** Shared with the server: messages signed by another key count as unverified. */
  HEADGATE_SIGNING_KEY: z.string().min(32),
  /** JSON list of `{ "url", "secret" }` that notifications go to. */
  HEADGATE_WEBHOOKS: jsonList(webhook).default([]),
  /**
   * JSON list of the Prometheus servers that plans may name, see docs/prometheus.md. Secrets stand in files or
   * variables of their own.
   */
  HEADGATE_PROMETHEUS_SOURCES: jsonList(PrometheusSourceConfig)
    .refine((sources) => new Set(sources.map(({ name }) => name)).size === sources.length, 'has two of one name')
    .default([]),
  /** JSON list of series of dependencies and machines that may be causes, see docs/causes.md. */
  HEADGATE_CAUSE_SERIES: jsonList(CauseSeriesConfig).default([]),
  /** JSON list of what of the systems is known before a start, see docs/prediction.md. */
  HEADGATE_SYSTEM_FEATURES: jsonList(SystemFeatureConfig)
    .refine((all) => new Set(all.map(({ feature }) => feature)).size === all.length, 'has two of one feature')
    .default([]),
  /** Where Prometheus scrapes this worker, without a token; without a port, nowhere. 0 takes any free one. */
  HEADGATE_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  HEADGATE_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /** Where Prometheus scrapes Temporal's SDK of this worker, as `127.0.0.1:9465`; nowhere when omitted. */
  HEADGATE_TEMPORAL_METRICS_ADDRESS: z
    .string()
    .regex(/^\S+:\d{1,5}$/, 'is an address such as 127.0.0.1:9465')
    .optional(),
  /** A workflow bundle built before; without it the worker builds one at start. */
  HEADGATE_WORKFLOW_BUNDLE: z.string().optional(),
  HEADGATE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Where the workflow bundle is kept between starts: the user's own cache folder, since what lies there is executed. */
  XDG_CACHE_HOME: z.string().min(1).default(join(homedir(), '.cache')),
  /** How many rollouts a worker keeps in memory; others are replayed when they are looked at. */
  HEADGATE_MAX_CACHED_ROLLOUTS: z.coerce.number().int().min(10).max(20_000).default(1_500),
  /** How often orphaned rollouts are looked for, in seconds. */
  HEADGATE_RECONCILE_SECONDS: z.coerce.number().int().min(5).max(3600).default(300),
  /** How often models learn from ended rollouts, in hours; 0 for never by themselves. */
  HEADGATE_TRAIN_HOURS: z.coerce.number().int().min(0).max(8760).default(24),
  /**
   * Bucket that trained models are kept in, see docs/prediction.md; the database when omitted. The keys to it are the
   * AWS SDK's own affair.
   */
  HEADGATE_ARTEFACTS_S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket')
    .optional(),
  /** Put before every key in it, such as `headgate/`. */
  HEADGATE_ARTEFACTS_S3_PREFIX: z
    .string()
    .max(200)
    .regex(/^([\w.-]+\/)*$/, 'consists of folders, each followed by /')
    .default(''),
  /** Address of a store other than Amazon's. */
  HEADGATE_ARTEFACTS_S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  HEADGATE_ARTEFACTS_S3_REGION: z.string().min(1).default('us-east-1'),
});
export type WorkerConfig = z.infer<typeof WorkerConfig>;

/**
 * Reads a worker's configuration.
 *
 * @throws {ValidationError} INVALID_CONFIG, naming every variable that is missing or wrong; never shows a value
 */
export function readWorkerConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  const parsed = WorkerConfig.safeParse(environment);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }));
  throw new ValidationError(ErrorCode.InvalidConfig, "the worker's environment", issues);
}
