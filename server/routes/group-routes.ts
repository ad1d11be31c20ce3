import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { sign, signedPart } from '../../core/signing';
import { resolveGroup } from '../../flags/group/resolve-group';
import type { GroupProjection } from '../../store/groups-repository';
import { groupWorkflowId } from '../../workflows/group/messages';
import type { GroupStatus } from '../../workflows/group/status';
import type { ServerContext } from '../context';
import { checkGroup, orderOf, startGroup } from '../groups/start-group';
import type { RouteTable } from '../http/route';
import { EnvironmentPath, limitOf, NoBody, Nothing, ReasonText, RolloutPath } from './parameters';

const tag = 'groups';
const StartBody = z.strictObject({
  /** The group as written, every plan inline; defaults are filled in by the server. */
  group: z.record(z.string(), z.json()),
  /** Start anew although the same group has ended. */
  again: z.boolean().default(false),
  /** Only check, resolve and order it. */
  dryRun: z.boolean().default(false),
});
const Member = z.object({
  flag: z.string(),
  candidate: z.string(),
  rolloutId: z.string(),
  after: z.array(z.string()),
  state: z.string(),
  summary: z.string(),
  takenBack: z.enum(['taken_back', 'kept']).nullable(),
});
const GroupView = z.object({
  groupId: z.string(),
  environment: z.string(),
  key: z.string(),
  phase: z.enum(['waiting', 'progressing', 'taking_back', 'completed', 'rolled_back', 'aborted']),
  outcome: z.enum(['completed', 'rolled_back', 'aborted']).nullable(),
  waitingFor: z.enum(['approval']).nullable(),
  summary: z.string(),
  members: z.array(Member),
  record: z.array(z.object({ at: z.string(), text: z.string() })),
  startedAt: z.string(),
  startedBy: z.string(),
  owner: z.string().optional(),
  fromProjection: z.literal(true).optional(),
});
const StartAnswer = z.object({
  outcome: z.enum(['started', 'attached', 'finished', 'dry_run']),
  groupId: z.string().nullable(),
  workflowId: z.string(),
  /** Members in the order in which they may start, level by level. */
  levels: z.array(z.array(z.string())),
  notes: z.array(z.string()),
  status: GroupView.optional(),
});
const MessageAnswer = z.object({ accepted: z.boolean(), text: z.string(), state: z.string() });
const Queued = z.object({ queued: z.literal(true), id: z.string() });
const MessagePath = RolloutPath.extend({ name: z.enum(['approve', 'abort']) });

function viewOf({ _id, identity: _i, version: _v, updatedAt: _u, ...rest }: GroupProjection): GroupStatus {
  return { groupId: _id, ...rest };
}

/** Groups of rollouts: starting, listing, status, approval and abort. */
export function addGroupRoutes(routes: RouteTable, context: ServerContext): void {
  const { groups, groupWorkflows } = context;

  /** By group id, or by key: the latest of it. */
  async function located(environment: string, id: string): Promise<GroupProjection> {
    const byId = await groups.get(id);
    const found = byId?.environment === environment ? byId : (await groups.list(environment, { key: id, limit: 1 }))[0];
    if (found !== undefined) return found;
    throw new HeadgateError(ErrorCode.GroupNotFound, `there is no group '${id}' in '${environment}'`, {
      remedy: 'Give a group id or a key; list them with: headgate group list',
    });
  }

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/groups',
    id: 'startGroup',
    tag,
    summary:
      'Starts a group of rollouts, attaches to the same live one, or answers the same finished one. 201 when started',
    role: 'operator',
    params: EnvironmentPath,
    query: Nothing,
    body: StartBody,
    bodyLimit: 1024 * 1024,
    timeoutMs: 60_000,
    answers: {
      200: { description: 'Attached, finished or a dry run.', schema: StartAnswer },
      201: { description: 'Started.', schema: StartAnswer },
    },
    async handle({ params: { env }, body, caller, reply, log }) {
      const group = resolveGroup(body.group, { environment: env });
      if (group.environment !== env) {
        const message = `the group is for '${group.environment}', the path names '${env}'`;
        throw new HeadgateError(ErrorCode.InvalidPlan, message);
      }
      const { levels } = await orderOf(context, group);
      const common = { workflowId: groupWorkflowId(env, group.key), levels };
      if (body.dryRun) return { outcome: 'dry_run', groupId: null, ...common, notes: await checkGroup(context, group) };
      const started = await startGroup(context, group, body, caller);
      log.info({ groupId: started.groupId, outcome: started.outcome }, 'group start asked for');
      if (started.outcome === 'started') void reply.code(201);
      const { outcome, groupId, notes } = started;
      const status = outcome === 'finished' ? viewOf(started.projection) : undefined;
      return { outcome, groupId, ...common, notes, status };
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/groups',
    id: 'listGroups',
    tag,
    summary: 'Groups, latest first, as last saved',
    role: 'viewer',
    params: EnvironmentPath,
    query: z.strictObject({ limit: limitOf(50, 500) }),
    body: NoBody,
    answers: { 200: { description: 'Their statuses.', schema: z.array(GroupView) } },
    async handle({ params, query }) {
      return (await groups.list(params.env, query)).map(viewOf);
    },
  });

  routes.add({
    method: 'GET',
    path: '/v1/environments/:env/groups/:id',
    id: 'getGroup',
    tag,
    summary: 'Where a group stands; `:id` is a group id, or a key for its latest group',
    role: 'viewer',
    params: RolloutPath,
    query: Nothing,
    body: NoBody,
    answers: { 200: { description: 'Its status.', schema: GroupView } },
    async handle({ params }) {
      const projection = await located(params.env, params.id);
      if (projection.outcome !== null) return viewOf(projection);
      const live = await groupWorkflows.status(params.env, projection.key);
      return live?.groupId === projection._id ? live : { ...viewOf(projection), fromProjection: true };
    },
  });

  routes.add({
    method: 'POST',
    path: '/v1/environments/:env/groups/:id/messages/:name',
    id: 'sendGroupMessage',
    tag,
    summary: 'Approves or aborts a live group, signed with its sender. 202 when no worker answers and it is queued',
    role: 'operator',
    params: MessagePath,
    query: Nothing,
    body: z.strictObject({ reason: ReasonText }),
    answers: {
      200: { description: 'What it came to.', schema: MessageAnswer },
      202: { description: 'Left for when a worker is back.', schema: Queued },
    },
    async handle({ params: { env, id, name }, body, caller, reply, log }) {
      const { key, _id: groupId } = await located(env, id);
      const found = await groupWorkflows.find(env, key);
      const rejected = (why: string): HeadgateError =>
        new HeadgateError(ErrorCode.MessageRejected, `${name} was not accepted: ${why}`);
      if (found?.running !== true || found.groupId !== groupId) throw rejected(`group '${groupId}' has ended`);
      const unsigned = { id: randomUUID(), ...body, actor: { name: caller.name, role: caller.role, signature: '' } };
      const part = signedPart(groupWorkflowId(env, key), groupId, name, unsigned);
      const message = { ...unsigned, actor: { ...unsigned.actor, signature: sign(context.signingKey, part) } };
      const sent = await groupWorkflows.send({ ...found, environment: env, key }, name, message);
      log.info({ groupId, message: name, messageId: message.id, came: sent.kind }, 'message sent');
      if (sent.kind === 'rejected') throw rejected(sent.why);
      if (sent.kind === 'answered') {
        if (!sent.result.accepted) throw rejected(sent.result.text);
        return sent.result;
      }
      void reply.code(202);
      return { queued: true, id: message.id };
    },
  });
}
