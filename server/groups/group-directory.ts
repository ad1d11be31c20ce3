import { ErrorCode, HeadgateError } from '../../core/errors';
import type { GroupProjection, GroupsRepository } from '../../store/groups-repository';
import type { RolloutsRepository } from '../../store/rollouts-repository';
import type { GroupMember, GroupStatus } from '../../workflows/group/status';
import type { GroupWorkflows } from '../temporal/group-workflows';

/** A group that a request named. */
export interface LocatedGroup {
  readonly groupId: string;
  readonly key: string;
  /** What the database knows of it; null when nothing of it could be saved yet. */
  readonly projection: GroupProjection | null;
}

/** What looking a group up needs. */
export interface GroupDirectoryDependencies {
  readonly groups: Pick<GroupsRepository, 'get' | 'list'>;
  readonly groupWorkflows: Pick<GroupWorkflows, 'find' | 'status'>;
  readonly rollouts: Pick<RolloutsRepository, 'get'>;
}

/**
 * Finds the group a path names: by group id, or by key, which means the latest of it.
 *
 * @throws {HeadgateError} GROUP_NOT_FOUND; TEMPORAL_UNAVAILABLE when only Temporal could know
 */
export async function locateGroup(
  { groups, groupWorkflows }: GroupDirectoryDependencies,
  environment: string,
  idOrKey: string,
): Promise<LocatedGroup> {
  const byId = await groups.get(idOrKey);
  const projection =
    byId?.environment === environment ? byId : (await groups.list(environment, { key: idOrKey, limit: 1 }))[0];
  if (projection !== undefined) return { groupId: projection._id, key: projection.key, projection };
  // Started while the database was away: Temporal may know one that the projection does not.
  const found = await groupWorkflows.find(environment, idOrKey);
  if (found?.running === true) return { groupId: found.groupId, key: idOrKey, projection: null };
  throw new HeadgateError(ErrorCode.GroupNotFound, `there is no group '${idOrKey}' in '${environment}'`, {
    remedy: 'Give a group id or a key; list them with: headgate group list',
  });
}

/**
 * Reads where a group stands: of a live one from the workflow, of an ended one from the projection, with members that
 * go on by themselves as they stand by now. When no worker answers, the projection is given with `fromProjection`.
 *
 * @throws {HeadgateError} TEMPORAL_UNAVAILABLE when neither the workflow answers nor the projection exists
 */
export async function readGroup(
  { groupWorkflows, rollouts }: Pick<GroupDirectoryDependencies, 'groupWorkflows' | 'rollouts'>,
  environment: string,
  { groupId, key, projection }: LocatedGroup,
): Promise<GroupStatus & { readonly fromProjection?: true }> {
  if (projection !== null && projection.outcome !== null) {
    return followDetached(rollouts, groupStatusOf(projection));
  }
  const live = await groupWorkflows.status(environment, key);
  if (live?.groupId === groupId) return live;
  if (projection !== null) return { ...groupStatusOf(projection), fromProjection: true };
  throw new HeadgateError(ErrorCode.TemporalUnavailable, `group '${groupId}' does not answer yet`, {
    retryable: true,
    remedy: 'Check that workers run, and try again.',
  });
}

/**
 * Members whose group was ended from outside go on without it, so nobody writes their end into its projection: their
 * own rollouts tell it.
 */
async function followDetached(rollouts: Pick<RolloutsRepository, 'get'>, status: GroupStatus): Promise<GroupStatus> {
  const members = await Promise.all(
    status.members.map(async (member): Promise<GroupMember> => {
      if (member.state !== 'detached') return member;
      const rollout = await rollouts.get(member.rolloutId);
      if (rollout === null || rollout.outcome === null) return member;
      return { ...member, state: rollout.outcome, summary: `by itself, after its group: ${rollout.summary}` };
    }),
  );
  return { ...status, members };
}

/** The projection in the words of the status query. */
export function groupStatusOf({
  _id,
  identity: _i,
  version: _v,
  updatedAt: _u,
  ...rest
}: GroupProjection): GroupStatus {
  return { groupId: _id, ...rest };
}
