import { log, patched, proxyActivities } from '@temporalio/workflow';
import type { GroupActivities, GroupEvent } from '../../activities/group-activities';
import { messageOfCause } from '../rollout/run-failures';
import type { GroupStatus } from './status';

/** As with rollouts: tried for ten minutes and then given up. */
const notifying = proxyActivities<Pick<GroupActivities, 'tellGroup'>>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

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
