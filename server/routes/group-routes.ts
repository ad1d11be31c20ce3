import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { resolveGroup } from '../../flags/group/resolve-group';
import { groupWorkflowId } from '../../workflows/group/messages';
import type { ServerContext } from '../context';
import { groupStatusOf, locateGroup, readGroup } from '../groups/group-directory';
import { sendGroupMessage } from '../groups/send-group-message';
import { checkGroup, orderOf, startGroup } from '../groups/start-group';
import type { RouteTable } from '../http/route';
import { QueuedView } from '../rollouts/rollout-views';
import { checkSameEnvironment, EnvironmentPath, limitOf, NoBody, Nothing, ReasonText, RolloutPath } from './parameters';

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
const MessagePath = RolloutPath.extend({ name: z.enum(['approve', 'abort']) });

/** Groups of rollouts: starting, listing, status, approval and abort. */
export function addGroupRoutes(routes: RouteTable, context: ServerContext): void {
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
      checkSameEnvironment('group', group.environment, env);
      const { levels } = await orderOf(context, group);
      const common = { workflowId: groupWorkflowId(env, group.key), levels };
      if (body.dryRun) return { outcome: 'dry_run', groupId: null, ...common, notes: await checkGroup(context, group) };
      const started = await startGroup(context, group, body, caller);
      log.info({ groupId: started.groupId, outcome: started.outcome }, 'group start asked for');
      if (started.outcome === 'started') void reply.code(201);
      const { outcome, groupId, notes } = started;
      const status = outcome === 'finished' ? groupStatusOf(started.projection) : undefined;
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
      return (await context.groups.list(params.env, query)).map(groupStatusOf);
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
      return readGroup(context, params.env, await locateGroup(context, params.env, params.id));
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
      202: { description: 'Left for when a worker is back.', schema: QueuedView },
    },
    async handle({ params: { env, id, name }, body, caller, reply, log }) {
      const group = await locateGroup(context, env, id);
      const message = { id: randomUUID(), ...body };
      const answer = await sendGroupMessage(context, env, group, name, message, caller);
      const isQueued = 'queued' in answer;
      log.info({ groupId: group.groupId, message: name, messageId: message.id, isQueued }, 'message sent');
      if (isQueued) void reply.code(202);
      return answer;
    },
  });
}
