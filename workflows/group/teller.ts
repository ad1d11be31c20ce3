import { log, patched, proxyActivities } from '@temporalio/workflow';
import type { GroupActivities, GroupEvent } from '../../activities/group-activities';
import { NOTIFYING } from '../rollout/activity-options';
import { messageOfCause } from '../rollout/run-failures';
import type { GroupStatus } from './status';

const notifying = proxyActivities<Pick<GroupActivities, 'tellGroup'>>(NOTIFYING);

/** Tells people of a group, beside the main path: no receiver holds it up before its end. */
export class GroupTeller {
  /** Groups that began before there were notifications send none. */
  private readonly isTelling = patched('group-notifications');

  /** Sends one notification; each event happens at most once in a group's life, so its name makes the id. */
  async tell({ groupId, environment, key, owner, summary, members }: GroupStatus, event: GroupEvent): Promise<void> {
    if (!this.isTelling) return;
    const flags = members.map(({ flag, state, takenBack }) => ({ flag, state, takenBack }));
    const told = { group: groupId, environment, key, event, text: summary, members: flags };
    try {
      await notifying.tellGroup({ ...told, ...(owner === undefined ? {} : { owner }) });
    } catch (error) {
      log.warn('a notification was given up', { event, why: messageOfCause(error) });
    }
  }
}
