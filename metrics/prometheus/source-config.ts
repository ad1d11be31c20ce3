import { z } from 'zod';

const secret = {
  /** Path of a file that holds the secret; read again at each look, so that it may be rotated. */
  file: z.string().min(1).optional(),
  /** Name of the environment variable that holds it. */
  env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional(),
};

/** Where a secret lies: never the secret itself, so that a configuration can be shown and logged. */
export const SecretReference = z
  .strictObject(secret)
  .refine(({ file, env }) => (file === undefined) !== (env === undefined), 'names either a file or an env variable');
export type SecretReference = z.infer<typeof SecretReference>;

/** One Prometheus that plans may name. It stands in the worker's environment: a plan brings neither address nor credentials. */
export const PrometheusSourceConfig = z
  .strictObject({
    /** What plans call it. */
    name: z
      .string()
      .max(60)
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/)
      .default('default'),
    /** Base address, with a path prefix where it has one; never with credentials. */
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => new URL(url).username === '' && new URL(url).password === '', 'must not carry credentials'),
    /** Environments whose plans may use it. When omitted, all. */
    environments: z.array(z.string().min(1)).min(1).optional(),
    /** Sent as `Authorization: Bearer`. */
    bearerToken: SecretReference.optional(),
    basic: z.strictObject({ username: z.string().min(1), password: SecretReference }).optional(),
    /** Further request headers that are no secret, such as a tenant: `{ "X-Scope-OrgID": "checkout" }`. */
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).default({}),
    /** PEM file of the authorities to trust instead of the system's. Certificates are always verified. */
    caFile: z.string().min(1).optional(),
    /** For one look's queries together. */
    timeoutMs: z.int().min(100).max(4_000).default(2_500),
    /** Larger answers are refused, in bytes before they are parsed. */
    maxAnswerBytes: z.int().min(1_000).max(64_000_000).default(4_000_000),
    /** How much later than its instant a sample can be read, for agents and remote writes that lag behind. */
    delayMs: z.int().min(0).max(300_000).default(0),
  })
  .refine(({ bearerToken, basic }) => bearerToken === undefined || basic === undefined, {
    error: 'has both bearerToken and basic; write one',
    path: ['basic'],
  })
  .refine(({ url, bearerToken, basic }) => (bearerToken ?? basic) === undefined || isPrivate(url), {
    error: 'sends credentials over plain http to another machine; use https',
    path: ['url'],
  });
export type PrometheusSourceConfig = z.infer<typeof PrometheusSourceConfig>;

/** Whether what is sent to an address stays unread on the way: encrypted, or never leaving this machine. */
function isPrivate(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
