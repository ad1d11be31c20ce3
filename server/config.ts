import { z } from 'zod';
import { ErrorCode, ValidationError } from '../core/errors';

const variables = z.object({
  HEADGATE_HTTP_HOST: z.string().min(1).default('127.0.0.1'),
  HEADGATE_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(7070),
  HEADGATE_MONGODB_URL: z.string().regex(/^mongodb(\+srv)?:\/\//, 'is an address that starts with mongodb://'),
  HEADGATE_MONGODB_DATABASE: z.string().min(1).max(63).default('headgate'),
  HEADGATE_TEMPORAL_ADDRESS: z.string().min(1),
  HEADGATE_TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  HEADGATE_TEMPORAL_UI_URL: z.url().optional(),
  HEADGATE_SIGNING_KEY: z.string().min(32, 'has at least 32 characters; make one with: openssl rand -hex 32'),
  HEADGATE_CORS_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((origin) => origin !== ''))
    .pipe(
      z.array(
        z.union([z.literal('*'), z.string().regex(/^https?:\/\/[^/]+$/, 'holds origins such as https://shop.example')]),
      ),
    ),
  HEADGATE_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  HEADGATE_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  HEADGATE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** What the server process is told by its environment. */
export interface ServerConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly mongodbUrl: string;
  readonly mongodbDatabase: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  /** Address of the Temporal Web UI for links; none are given without it. */
  readonly temporalUiUrl: string | undefined;
  /** Signs the actors of messages; workers hold the same. */
  readonly signingKey: string;
  /** Web pages of these origins may evaluate flags here; `*` for all, none when empty. */
  readonly crossOrigin: ReadonlySet<string>;
  /** Where Prometheus scrapes without a token; nowhere when omitted. `GET /metrics` with a token always answers. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  readonly logLevel: z.infer<typeof variables>['HEADGATE_LOG_LEVEL'];
}

/**
 * Reads the environment, once, at start-up. Variables set to nothing count as not set.
 *
 * @throws {ValidationError} INVALID_CONFIG naming every variable that is missing or wrong, never its value
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ServerConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
    throw new ValidationError(ErrorCode.InvalidConfig, 'the environment', issues);
  }
  const { data } = parsed;
  return {
    host: data.HEADGATE_HTTP_HOST,
    port: data.HEADGATE_HTTP_PORT,
    mongodbUrl: data.HEADGATE_MONGODB_URL,
    mongodbDatabase: data.HEADGATE_MONGODB_DATABASE,
    temporalAddress: data.HEADGATE_TEMPORAL_ADDRESS,
    temporalNamespace: data.HEADGATE_TEMPORAL_NAMESPACE,
    temporalUiUrl: data.HEADGATE_TEMPORAL_UI_URL,
    signingKey: data.HEADGATE_SIGNING_KEY,
    crossOrigin: new Set(data.HEADGATE_CORS_ORIGINS),
    ...(data.HEADGATE_METRICS_PORT === undefined
      ? {}
      : { metrics: { host: data.HEADGATE_METRICS_HOST, port: data.HEADGATE_METRICS_PORT } }),
    logLevel: data.HEADGATE_LOG_LEVEL,
  };
}
