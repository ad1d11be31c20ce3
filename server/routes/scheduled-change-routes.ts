import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseDuration } from '../../core/duration';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { Actor } from '../../flags/document/decision-record';
import { documentId, EnvironmentName, FlagKey } from '../../flags/document/identifiers';
import { FlagInput } from '../../flags/edit/flag-input';
import { resolveExperiment } from '../../flags/experiment/resolve-experiment';
import { resolvePlan } from '../../flags/plan/resolve-plan';
import { changeInWords, type ScheduledChange } from '../../store/scheduled-changes-repository';
import type { ServerContext } from '../context';
import { checkExperiment } from '../experiments/check-experiment';
import { experimentIdentity } from '../experiments/start-experiment';
import type { RouteTable } from '../http/route';
import { checkPlan } from '../rollouts/check-plan';
import { newRolloutId, rolloutIdentity } from '../rollouts/rollout-identity';
import { knownChange, scheduleChange, unscheduleChange, type WantedChange } from '../scheduled/schedule-change';
import { EnvironmentPath, FlagPath, limitOf, NoBody, Nothing, ReasonText } from './parameters';

const tag = 'scheduled changes';
const HOUR_MS = 3_600_000;
const SHORTEST_EXPIRY_MS = 60_000;
const LONGEST_EXPIRY_MS = 30 * 24 * HOUR_MS;

const ChangeBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('switch'), enabled: z.boolean() }),
  /** A whole document, for the revision that it names or that stands now. */
  z.strictObject({ kind: z.literal('edit'), flag: FlagInput }),
  z.strictObject({ kind: z.literal('archive') }),
  /** A plan as written, resolved when it is scheduled. */
  z.strictObject({
    kind: z.literal('rollout'),
    plan: z.record(z.string(), z.json()),
    again: z.boolean().default(false),
  }),
  /** An experiment as written, resolved when it is scheduled. */
  z.strictObject({
    kind: z.literal('experiment'),
    experiment: z.record(z.string(), z.json()),
    again: z.boolean().default(false),
  }),
]);
type ChangeBody = z.infer<typeof ChangeBody>;

const ScheduleBody = z.strictObject({
  /** ISO 8601 with its zone; to come, and within 366 days. */
  at: z.iso.datetime({ offset: true }),
  /** How late it may still be made after an outage: 1m to 30d. */
  expiresAfter: z.string().max(20).default('1d'),
  reason: ReasonText,
  change: ChangeBody,
});
const Status = z.enum(['scheduled', 'making', 'made', 'conflict', 'refused', 'expired', 'cancelled']);
const ChangePath = z.strictObject({ env: EnvironmentName, id: z.string().regex(/^[0-9a-f]{12}$/) });

/** A scheduled change as the API shows it. */
const ScheduledChangeView = z.strictObject({
  id: z.string(),
  environment: z.string(),
  flag: z.string(),
  kind: z.enum(['switch', 'edit', 'archive', 'rollout', 'experiment']),
  /** What is to happen, in a few words. */
  what: z.string(),
  at: z.string(),
  expiresAfterMs: z.number(),
  reason: z.string(),
  askedBy: Actor,
  askedAt: z.string(),
  status: Status,
  outcome: z
    .strictObject({
      at: z.string(),
      text: z.string(),
      code: z.enum(ErrorCode).optional(),
      revision: z.number().optional(),
      rolloutId: z.string().optional(),
      experimentId: z.string().optional(),
      by: z.string().optional(),
    })
    .nullable(),
});
type ScheduledChangeView = z.infer<typeof ScheduledChangeView>;

/** Scheduled changes: what is to happen to a flag at a time. */
export function addScheduledChangeRoutes(routes: RouteTable, context: ServerContext): void {
  const { scheduledChanges, timers, flags, segments, databaseNowMs: nowMs } = context;
  const dependencies = { scheduledChanges, timers, flags, segments, nowMs };
  const one = { description: 'The scheduled change.', schema: ScheduledChangeView };

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/flags/:key/scheduled-changes',
    id: 'scheduleChange',
    tag,
    summary: 'Says what is to happen to a flag at a time: switch, edit, archive, or start a rollout or an experiment',
    role: 'operator',
    params: FlagPath,
    query: Nothing,
    body: ScheduleBody,
    bodyLimit: 512 * 1024,
    answers: { 201: one },
    async handle({ params: { env, key }, body, caller, reply, log }) {
      const request = {
        environment: env,
        flagKey: key,
        change: await wantedChange(context, env, key, body.change),
        atMs: Date.parse(body.at),
        expiresAfterMs: expiryOf(body.expiresAfter),
        reason: body.reason,
      };
      const change = await scheduleChange(dependencies, request, caller);
      log.info({ flag: key, scheduledChange: change._id, dueAt: change.dueAt }, 'change scheduled');
      void reply.code(201);
      return viewOf(change);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/scheduled-changes',
    id: 'listScheduledChanges',
    tag,
    summary: 'Changes that wait for their time, soonest first; with `ended=true` the others too, latest first',
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({
      flag: FlagKey.optional(),
      ended: z.enum(['true', 'false']).default('false'),
      limit: limitOf(100, 1000),
    }),
    body: NoBody,
    answers: { 200: { description: 'The scheduled changes.', schema: z.array(ScheduledChangeView) } },
    async handle({ params, query: { flag: flagKey, ended, limit } }) {
      const query = { environment: params.env, flagKey, ended: ended === 'true', limit };
      return (await scheduledChanges.list(query)).map(viewOf);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/scheduled-changes/:id',
    id: 'getScheduledChange',
    tag,
    summary: 'One scheduled change and what came of it',
    role: 'viewer',
    params: ChangePath,
    query: Nothing,
    body: NoBody,
    answers: { 200: one },
    async handle({ params }) {
      return viewOf(await knownChange(scheduledChanges, params.env, params.id));
    },
  });

  routes.add({
    method: 'DELETE',
    path: '/v1/environments/:env/scheduled-changes/:id',
    id: 'unscheduleChange',
    tag,
    summary: 'Takes back a change that waits for its time; works with Temporal down',
    role: 'operator',
    params: ChangePath,
    query: z.strictObject({ reason: ReasonText }),
    body: NoBody,
    answers: { 200: one },
    async handle({ params, query, caller, log }) {
      const target = { environment: params.env, id: params.id, reason: query.reason };
      const change = await unscheduleChange(dependencies, target, caller);
      log.info({ flag: change.flagKey, scheduledChange: change._id }, 'change unscheduled');
      return viewOf(change);
    },
  });
}

/** A plan is resolved and checked now: what it would be refused for by hand today it is refused for today. */
async function wantedChange(
  context: ServerContext,
  environment: string,
  key: string,
  body: ChangeBody,
): Promise<WantedChange> {
  if (body.kind === 'edit' && body.flag.key !== undefined && body.flag.key !== key) {
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      `the document is flag '${body.flag.key}', the path names '${key}'`,
    );
  }
  if (body.kind !== 'rollout' && body.kind !== 'experiment') return body;
  const [flag, segments] = await Promise.all([
    context.flags.get(documentId(environment, key)),
    context.segments.list(environment),
  ]);
  const hasSegment = (segment: string): boolean => segments.some((known) => known.key === segment);
  const made = {
    rolloutId: newRolloutId(key, randomBytes),
    salt: randomBytes(12).toString('hex'),
    again: body.again,
  };
  if (body.kind === 'rollout') {
    const plan = resolvePlan(body.plan, { environment });
    checkPlace('plan', plan, { environment, key });
    checkPlan(plan, flag, hasSegment);
    return { kind: 'rollout', start: { ...made, identity: rolloutIdentity(plan), plan } };
  }
  const plan = resolveExperiment(body.experiment, { environment });
  checkPlace('experiment', plan.base, { environment, key });
  // It may be switched on until then.
  checkExperiment(plan, flag === null ? null : { ...flag, enabled: true }, hasSegment);
  return { kind: 'experiment', start: { ...made, identity: experimentIdentity(plan), plan } };
}

function checkPlace(
  what: string,
  plan: { readonly environment: string; readonly flag: string },
  { environment, key }: { readonly environment: string; readonly key: string },
): void {
  if (plan.environment === environment && plan.flag === key) return;
  throw new HeadgateError(
    ErrorCode.InvalidPlan,
    `the ${what} is for '${plan.flag}' in '${plan.environment}', the path names '${key}' in '${environment}'`,
  );
}

function expiryOf(text: string): number {
  const ms = parseDuration(text);
  if (ms >= SHORTEST_EXPIRY_MS && ms <= LONGEST_EXPIRY_MS) return ms;
  throw new HeadgateError(ErrorCode.InvalidArgument, `expiresAfter is ${text}; it may be from 1m to 30d`);
}

function viewOf(scheduled: ScheduledChange): ScheduledChangeView {
  const { _id, environment, flagKey, change, dueAt, askedBy, outcome, ...rest } = scheduled;
  const { expiresAfterMs, reason, askedAt, status } = rest;
  const what = changeInWords(change);
  const { kind } = change;
  const shown = { expiresAfterMs, reason, askedAt, status, outcome };
  return { id: _id, environment, flag: flagKey, kind, what, at: dueAt, askedBy: askedBy.actor, ...shown };
}
