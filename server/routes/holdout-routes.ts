import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { Holdout, HoldoutRecord, HoldoutSet, type HoldoutAction } from '../../flags/document/holdout';
import { EnvironmentName, HoldoutKey } from '../../flags/document/identifiers';
import { findHoldout, withCoverage, withEnd, withNewHoldout } from '../../flags/edit/holdout-rules';
import { isCovered } from '../../flags/evaluator/holdout';
import type { ServerContext } from '../context';
import { actorOf, type Caller } from '../http/authenticate';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, limitOf, NoBody, Nothing, ReasonText } from './parameters';

const tag = 'holdouts';
const MAX_ATTEMPTS = 20;
/** Named in a view; how many there are stands beside. */
const MAX_NAMED = 200;
const HoldoutPath = z.strictObject({ env: EnvironmentName, holdout: HoldoutKey });
const CreateBody = Holdout.omit({ createdAt: true, endedAt: true, salt: true }).extend({
  /** Give the same salt to hold the same keys out of another environment; when omitted, it is drawn. */
  salt: Holdout.shape.salt.optional(),
  reason: ReasonText,
});
const View = Holdout.extend({
  /** Flags that it covers now, by key; the first 200. */
  coveredFlags: z.array(z.string()),
  coveredCount: z.int(),
});
const oneHoldout = { description: 'The holdout.', schema: View };

/** Holdouts: reading, creating, other flags for one, ending, their records. They need the database alone. */
export function addHoldoutRoutes(routes: RouteTable, context: ServerContext): void {
  const { holdouts, flags } = context;
  const viewOf = async (env: string, set: HoldoutSet, key: string): Promise<z.infer<typeof View>> => {
    const holdout = findHoldout(set.holdouts, key);
    const covered = holdout.endedAt === undefined ? await flags.list(env) : [];
    const keys = covered.filter((flag) => isCovered(holdout, flag)).map((flag) => flag.key);
    return { ...holdout, coveredFlags: keys.slice(0, MAX_NAMED), coveredCount: keys.length };
  };

  /** One swap, decided afresh until it lands; a decision for nothing writes nothing. */
  const write = async (
    env: string,
    action: HoldoutAction,
    { caller, reason }: { readonly caller: Caller; readonly reason: string },
    decide: (set: HoldoutSet, at: string) => Holdout[] | null,
  ): Promise<HoldoutSet> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const standing = await holdouts.get(env);
      const at = new Date(context.databaseNowMs()).toISOString();
      const next = decide(standing, at);
      if (next === null) return standing;
      const edit = { actor: actorOf(caller), reason, at };
      const written = await holdouts.put(env, next, standing.revision, action, edit);
      if (written === null) continue;
      context.snapshots.invalidate(env);
      context.changes.changed(env);
      return written;
    }
    throw new HeadgateError(ErrorCode.RevisionConflict, 'holdouts are being edited too often to be written', {
      retryable: true,
    });
  };
  const flagKeys = async (env: string): Promise<(key: string) => boolean> => {
    const keys = new Set((await flags.list(env)).map(({ key }) => key));
    return (key) => keys.has(key);
  };

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/holdouts',
    id: 'listHoldouts',
    tag,
    summary: 'All holdouts of an environment, live and ended, oldest first',
    role: 'viewer',
    params: EnvironmentPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'The holdouts.', schema: HoldoutSet } },
    handle: ({ params }) => holdouts.get(params.env),
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/holdouts/:holdout',
    id: 'getHoldout',
    tag,
    summary: 'One holdout, with the flags that it covers now',
    role: 'viewer',
    params: HoldoutPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: oneHoldout },
    handle: async ({ params: { env, holdout } }) => viewOf(env, await holdouts.get(env), holdout),
  });

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/holdouts',
    id: 'createHoldout',
    tag,
    summary: 'Holds a share of the targeting keys out of new features; the same holdout again changes nothing',
    role: 'operator',
    params: EnvironmentPath,
    query: Nothing,
    body: CreateBody,
    answers: { 200: oneHoldout },
    async handle({ params: { env }, body: { reason, salt, ...rest }, caller, log }) {
      const isFlag = await flagKeys(env);
      const wanted = { ...rest, salt: salt ?? randomUUID() };
      const set = await write(env, 'holdout.create', { caller, reason }, (standing, at) =>
        withNewHoldout(standing.holdouts, wanted, at, isFlag),
      );
      log.info({ environment: env, holdout: wanted.key, weight: wanted.weight }, 'holdout created');
      return viewOf(env, set, wanted.key);
    },
  });

  routes.add({
    method: 'PUT',
    path: '/v1/environments/:env/holdouts/:holdout',
    id: 'editHoldout',
    tag,
    summary: 'Lets a holdout cover other flags; who is held out stays the same',
    role: 'operator',
    params: HoldoutPath,
    query: Nothing,
    body: z.strictObject({ covers: Holdout.shape.covers, reason: ReasonText }),
    answers: { 200: oneHoldout },
    async handle({ params: { env, holdout: key }, body: { covers, reason }, caller, log }) {
      const isFlag = await flagKeys(env);
      const set = await write(env, 'holdout.edit', { caller, reason }, (standing) =>
        withCoverage(standing.holdouts, key, covers, isFlag),
      );
      log.info({ environment: env, holdout: key }, 'holdout edited');
      return viewOf(env, set, key);
    },
  });

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/holdouts/:holdout/end',
    id: 'endHoldout',
    tag,
    summary: 'Ends a holdout: the keys it held out are served like all others, at once',
    role: 'operator',
    params: HoldoutPath,
    query: Nothing,
    body: z.strictObject({ reason: ReasonText }),
    answers: { 200: oneHoldout },
    async handle({ params: { env, holdout: key }, body: { reason }, caller, log }) {
      const set = await write(env, 'holdout.end', { caller, reason }, (standing, at) =>
        withEnd(standing.holdouts, key, at),
      );
      log.info({ environment: env, holdout: key }, 'holdout ended');
      return viewOf(env, set, key);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/holdout-history',
    id: 'holdoutHistory',
    tag,
    summary: 'The records of all holdouts, newest first',
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({ limit: limitOf(100, 1000) }),
    body: NoBody,
    answers: { 200: { description: 'The records.', schema: z.array(HoldoutRecord) } },
    handle: ({ params, query }) => holdouts.records(params.env, query.limit),
  });
}
