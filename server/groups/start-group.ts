import { randomBytes } from 'node:crypto';
import { contentHash } from '../../core/signing';
import { ErrorCode, HeadgateError, ValidationError, type Issue } from '../../core/errors';
import { documentId } from '../../flags/document/identifiers';
import { orderMembers, type GroupOrder } from '../../flags/group/order-members';
import type { GroupPlan } from '../../flags/group/resolve-group';
import type { GroupProjection } from '../../store/groups-repository';
import type { GroupInput } from '../../workflows/group/messages';
import { initialStatus } from '../../workflows/group/state';
import type { ServerContext } from '../context';
import { actorOf, type Caller } from '../http/authenticate';
import { checkPlan } from '../rollouts/check-plan';
import { claimMembers, memberTaken, releaseMembers } from './claim-members';
import { newRolloutId, rolloutIdentity } from '../rollouts/rollout-identity';
import { experimentLive } from '../rollouts/start-rollout';

type Ordered = Extract<GroupOrder, { kind: 'ordered' }>;
type Context = Pick<
  ServerContext,
  'flags' | 'segments' | 'groups' | 'groupClaims' | 'groupWorkflows' | 'workflows' | 'databaseNowMs'
>;

/** What a start came to. */
export type GroupStart =
  | { readonly outcome: 'started' | 'attached'; readonly groupId: string; readonly notes: readonly string[] }
  | {
      readonly outcome: 'finished';
      readonly groupId: string;
      readonly notes: readonly [];
      readonly projection: GroupProjection;
    };

/**
 * Orders the members by the prerequisites of their flags, and by what the group names.
 *
 * @throws {ValidationError} INVALID_PLAN with the path of a circle
 */
export async function orderOf({ flags }: Pick<Context, 'flags'>, group: GroupPlan): Promise<Ordered> {
  const graph = await flags.withPrerequisites(group.environment);
  const order = orderMembers(
    group.members.map(({ plan, after }) => ({ flag: plan.flag, after })),
    graph,
  );
  if (order.kind === 'ordered') return order;
  const message = `members wait for each other: ${order.path.join(' → ')}`;
  throw new ValidationError(ErrorCode.InvalidPlan, 'the group', [{ field: 'members', message }]);
}

/**
 * Checks every member as a start of its own would.
 *
 * @returns what is worth knowing but no reason to refuse
 * @throws {ValidationError} INVALID_PLAN with every field that does not fit its flag
 * @throws {HeadgateError} ROLLOUT_LIVE, EXPERIMENT_LIVE, GROUP_LIVE with the id of what is in the way, FLAG_NOT_FOUND
 */
export async function checkGroup(context: Context, group: GroupPlan): Promise<string[]> {
  const { environment, members } = group;
  const [flags, segments] = await Promise.all([
    context.flags.many(members.map(({ plan }) => documentId(environment, plan.flag))),
    context.segments.list(environment),
  ]);
  const issues: Issue[] = [];
  const notes: string[] = [];
  for (const [index, { plan }] of members.entries()) {
    try {
      const flag = flags.find(({ key }) => key === plan.flag) ?? null;
      const found = checkPlan(plan, flag, (key) => segments.some((segment) => segment.key === key));
      notes.push(...found.map((note) => `${plan.flag}: ${note}`));
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      issues.push(...error.issues.map((issue) => ({ ...issue, field: `members[${index}].plan.${issue.field}` })));
    }
  }
  if (issues.length > 0) throw new ValidationError(ErrorCode.InvalidPlan, 'the group', issues);
  await refuseOtherGroups(context, group);
  for (const { plan } of members) {
    const found = await context.workflows.find({ environment, flagKey: plan.flag });
    if (found?.running !== true) continue;
    if (found.isExperiment === true) throw experimentLive(plan, found);
    throw new HeadgateError(
      ErrorCode.RolloutLive,
      `rollout '${found.rolloutId}' of member '${plan.flag}' is live already`,
      {
        remedy: `Wait for it, or end it: headgate rollout abort ${found.rolloutId}.`,
        details: { rolloutId: found.rolloutId },
      },
    );
  }
  return notes;
}

/** A group whose workflow was ended from outside does not count, though its projection never heard of it. */
async function refuseOtherGroups({ groups, groupWorkflows }: Context, group: GroupPlan): Promise<void> {
  const flags = new Set(group.members.map(({ plan }) => plan.flag));
  for (const other of await groups.live(group.environment)) {
    const shared = other.members.find(({ flag }) => flags.has(flag))?.flag;
    if (shared === undefined || other.key === group.key) continue;
    const found = await groupWorkflows.find(other.environment, other.key);
    if (found?.running !== true || found.groupId !== other._id) continue;
    throw memberTaken(shared, { groupId: other._id, key: other.key });
  }
}

/**
 * Starts a group, or finds the one that this start means: the same live one is attached to, a finished one answered
 * unless `again`.
 *
 * @throws {HeadgateError} GROUP_LIVE when another group of this key is live, and whatever {@link checkGroup} throws
 */
export async function startGroup(
  context: Context,
  group: GroupPlan,
  { again }: { readonly again: boolean },
  caller: Caller,
): Promise<GroupStart> {
  const { environment, key } = group;
  const identity = contentHash(group);
  const found = await context.groupWorkflows.find(environment, key);
  if (found?.running === true) return attach(found, identity, key);
  const [latest] = await context.groups.list(environment, { key, limit: 1 });
  if (!again && latest?.identity === identity && latest.outcome !== null) {
    return { outcome: 'finished', groupId: latest._id, notes: [], projection: latest };
  }
  const order = await orderOf(context, group);
  const notes = await checkGroup(context, group);
  const input = inputOf(group, order, identity, caller, context.databaseNowMs());
  // A start whose answer got lost keeps its claim: whether it has begun is asked of Temporal by whoever meets it.
  await claimMembers(context, input);
  if ((await context.groupWorkflows.start(input)) === 'started') {
    await saveFirstProjection(context, input);
    return { outcome: 'started', groupId: input.groupId, notes };
  }
  await releaseMembers(context, input);
  const raced = await context.groupWorkflows.find(environment, key);
  return attach(raced ?? { groupId: '', identity: '' }, identity, key);
}

/**
 * Lists show the group from now on, also while no worker runs. The workflow saves higher versions; failing here harms
 * nothing.
 */
async function saveFirstProjection({ groups }: Context, input: GroupInput): Promise<void> {
  const { groupId, ...status } = initialStatus(input);
  const summary = input.approval ? status.summary : 'started; waiting for a worker';
  const version = Date.parse(input.startedAt);
  const projection = { ...status, _id: groupId, identity: input.identity, summary, version };
  await groups.save(projection).catch(() => undefined);
}

function attach(found: { groupId: string; identity: string }, identity: string, key: string): GroupStart {
  if (found.identity === identity) return { outcome: 'attached', groupId: found.groupId, notes: [] };
  throw new HeadgateError(ErrorCode.GroupLive, `group '${found.groupId}' is live with other contents`, {
    remedy: `Wait for it, or end it: headgate group abort ${key}.`,
    details: { groupId: found.groupId },
  });
}

function inputOf(group: GroupPlan, order: Ordered, identity: string, caller: Caller, nowMs: number): GroupInput {
  const { environment, key, owner, approval, approvals, onRollback, sideBySide, members } = group;
  const startedBy = actorOf(caller);
  const inOrder = order.levels.flat().flatMap((flag) => members.filter(({ plan }) => plan.flag === flag));
  return {
    groupId: newRolloutId(key, randomBytes),
    environment,
    key,
    identity,
    ...(owner === undefined ? {} : { owner }),
    approval,
    approvals,
    onRollback,
    sideBySide,
    members: inOrder.map(({ plan }) => ({
      rollout: {
        rolloutId: newRolloutId(plan.flag, randomBytes),
        environment,
        flagKey: plan.flag,
        identity: rolloutIdentity(plan),
        plan,
        salt: randomBytes(12).toString('hex'),
        startedBy,
      },
      after: order.waitsFor.get(plan.flag) ?? [],
    })),
    startedBy,
    startedAt: new Date(nowMs).toISOString(),
  };
}
