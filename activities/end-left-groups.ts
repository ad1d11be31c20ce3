import type { Client } from '@temporalio/client';
import type { DatabaseClock } from '../store/database-clock';
import type { GroupProjection, GroupsRepository } from '../store/groups-repository';
import type { RolloutsRepository } from '../store/rollouts-repository';
import type { GroupMember } from '../workflows/group/status';
import { isClaimed } from './is-claimed';
import type { RunningWorkflows } from './list-running';

const ENDED = 'its workflow was ended from outside: live members go on by themselves, completed ones stay';

/** What ending projections of groups needs. */
export interface LeftGroupDependencies {
  readonly groups: Pick<GroupsRepository, 'liveStartedBefore' | 'get' | 'save'>;
  readonly rollouts: Pick<RolloutsRepository, 'get'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly client: Pick<Client, 'workflow'>;
  /** The workflow id of a group. */
  readonly groupWorkflowIdOf: (environment: string, key: string) => string;
}

/**
 * Ends the projections of groups whose workflow was ended from outside, so that lists do not show them for ever.
 * Members keep what their rollouts have come to. Safe to repeat: an ended projection is not found again.
 *
 * @param running - who is listed in it is not asked for by itself
 * @param startedBefore - ISO 8601; one that was started later may not have reached its workflow's own record yet
 * @returns ids of the groups that it ended
 */
export async function endLeftGroups(
  dependencies: LeftGroupDependencies,
  running: RunningWorkflows,
  startedBefore: string,
): Promise<string[]> {
  const { groups, client, groupWorkflowIdOf } = dependencies;
  const ended: string[] = [];
  for (const { _id: groupId, environment, key } of await groups.liveStartedBefore(startedBefore)) {
    const workflowId = groupWorkflowIdOf(environment, key);
    if (running.claim(workflowId, 'groupId', groupId)) continue;
    if (await isClaimed(client, workflowId, 'groupId', groupId)) continue;
    // Read again: the workflow itself may have recorded its end a moment ago.
    const standing = await groups.get(groupId);
    if (standing === null || standing.outcome !== null) continue;
    if (await end(dependencies, standing)) ended.push(groupId);
  }
  return ended;
}

async function end({ groups, rollouts, clock }: LeftGroupDependencies, standing: GroupProjection): Promise<boolean> {
  const { updatedAt: _u, ...group } = standing;
  const members = await Promise.all(
    group.members.map(async (member): Promise<GroupMember> => {
      if (member.state !== 'pending' && member.state !== 'live') return member;
      const rollout = await rollouts.get(member.rolloutId);
      if (rollout === null) {
        const why = 'not started: the workflow of its group was ended from outside';
        return { ...member, state: 'skipped', summary: why };
      }
      if (rollout.outcome !== null) return { ...member, state: rollout.outcome, summary: rollout.summary };
      return { ...member, state: 'detached', summary: 'goes on by itself: the workflow of its group was ended' };
    }),
  );
  const version = Math.max(group.version + 1, clock.nowMs());
  const line = { at: new Date(clock.nowMs()).toISOString(), text: `aborted: ${ENDED}` };
  const over = { phase: 'aborted' as const, outcome: 'aborted' as const, waitingFor: null, summary: ENDED };
  return groups.save({ ...group, ...over, members, record: [...group.record, line], version });
}
