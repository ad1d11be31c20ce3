import { randomUUID } from 'node:crypto';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { Flag } from '../../flags/document/flag';
import { buildServer } from '../../server/build-server';
import type { ServerConfig } from '../../server/config';
import type { ServerContext } from '../../server/context';
import { createEventSink } from '../../server/events/create-event-sink';
import { openContext, type ClosableSink } from '../../server/open-context';
import { createToken } from '../../server/tokens/create-token';
import type { Role } from '../../server/tokens/role';

/** A server on the stack's real database and Temporal, reached without a socket. */
export interface ServerUnderTest {
  readonly app: FastifyInstance;
  readonly context: ServerContext;
  readonly config: ServerConfig;
  /** Calls a route; `as` is a token's text. */
  call(method: 'GET' | 'PUT' | 'POST' | 'DELETE', url: string, options?: CallOptions): Promise<LightMyRequestResponse>;
  token(role: Role, environment?: string): Promise<string>;
  close(): Promise<void>;
}

export interface CallOptions {
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface ServerOptions {
  readonly temporalAddress?: string;
  readonly database?: string;
  /** Where events go; `real` for ingestion itself. When omitted, everything is accepted. */
  readonly sink?: ClosableSink | 'real';
  readonly taskQueue?: string;
}

/** Nothing listens on the discard port of a test machine. */
export const DEAD_ADDRESS = '127.0.0.1:9';

export const SIGNING_KEY = 'a-signing-key-for-tests-of-40-characters';

const acceptingSink: ClosableSink = {
  accept: async (_environment, { events }) => ({ accepted: events.length, duplicate: false, ignored: 0 }),
  close: async () => undefined,
};

export function newDatabaseName(): string {
  return `server-${randomUUID().slice(0, 8)}`;
}

export async function givenServer(options: ServerOptions = {}): Promise<ServerUnderTest> {
  const config: ServerConfig = {
    host: '127.0.0.1',
    port: 0,
    mongodbUrl: process.env['HEADGATE_MONGODB_URL'] ?? '',
    mongodbDatabase: options.database ?? newDatabaseName(),
    temporalAddress: options.temporalAddress ?? process.env['HEADGATE_TEMPORAL_ADDRESS'] ?? '',
    temporalNamespace: 'default',
    temporalUiUrl: 'http://127.0.0.1:8233',
    signingKey: SIGNING_KEY,
    crossOrigin: new Set(),
    logLevel: 'silent',
  };
  const { sink = acceptingSink, taskQueue } = options;
  const rethrow = (error: unknown): void => {
    throw error;
  };
  const { context, close } = await openContext(
    config,
    (parts) => (sink === 'real' ? createEventSink(parts, rethrow) : sink),
    taskQueue,
  );
  const app = buildServer(context);
  return {
    app,
    context,
    config,
    async call(method, url, { as, body, headers = {} } = {}) {
      return app.inject({
        method,
        url,
        headers: { ...headers, ...(as === undefined ? {} : { authorization: `Bearer ${as}` }) },
        ...(body === undefined ? {} : { payload: body as object }),
      });
    },
    async token(role, environment) {
      const wish = { name: `${role}-token`, role, ...(environment === undefined ? {} : { environment }) };
      return (await createToken(context.tokens, wish, 'test', context.databaseNowMs())).text;
    },
    async close() {
      await app.close();
      await close();
    },
  };
}

/** Installs a rollout block on a flag, as the workflow's activities do; answers the rollout's id. */
export async function givenRolloutBlock({ context }: ServerUnderTest, flagId: string): Promise<string> {
  const before = await context.flags.get(flagId);
  if (before === null) throw new Error(`there is no flag ${flagId}`);
  const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = before;
  const id = `${before.key}-abcdefgh`;
  const rollout: NonNullable<Flag['rollout']> = {
    id,
    place: { kind: 'default' },
    control: 'off',
    candidate: 'on',
    weight: 5,
    transition: 1,
    salt: 'salt',
    excludedSegments: [],
    onLapse: 'control',
    leaseMs: 300_000,
    observe: { windowMs: 10_000, segments: [], thresholds: {} },
  };
  await context.flags.swap({
    before,
    after: { ...body, rollout },
    draft: {
      actor: { kind: 'workflow', name: 'test', verified: true },
      action: 'rollout.start',
      reason: 'a test',
      rolloutId: id,
      transition: 1,
    },
  });
  return id;
}

/** A boolean flag as people write it. */
export function givenFlagBody(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'boolean',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    offVariant: 'off',
    ...overrides,
  };
}
