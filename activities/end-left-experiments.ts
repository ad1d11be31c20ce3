import type { Client } from '@temporalio/client';
import { documentId } from '../flags/document/identifiers';
import type { DatabaseClock } from '../store/database-clock';
import type { ExperimentsRepository } from '../store/experiments-repository';
import type { FlagsRepository } from '../store/flags-repository';
import { isClaimed } from './is-claimed';
import type { RunningWorkflows } from './list-running';

const ENDED = 'orphaned: no live workflow owns this experiment';

/** What ending projections of experiments needs. */
export interface LeftExperimentDependencies {
  readonly experiments: Pick<ExperimentsRepository, 'liveStartedBefore' | 'get' | 'save'>;
  readonly flags: Pick<FlagsRepository, 'get'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly client: Pick<Client, 'workflow'>;
  /** The workflow id of a flag's rollout, which is that of its experiment too. */
  readonly workflowIdOf: (environment: string, flagKey: string) => string;
}

/**
 * Ends the projections of experiments whose workflow was ended from outside, so that lists do not show them for ever.
 * Safe to repeat: an ended projection is not found again.
 *
 * @param running - who is listed in it is not asked for by itself
 * @param startedBefore - ISO 8601; one that was started later may not have reached its workflow's own record yet
 * @returns ids of those that it ended
 */
export async function endLeftExperiments(
  { experiments, flags, clock, client, workflowIdOf }: LeftExperimentDependencies,
  running: RunningWorkflows,
  startedBefore: string,
): Promise<string[]> {
  const ended: string[] = [];
  for (const { _id: id, environment, flag: flagKey } of await experiments.liveStartedBefore(startedBefore)) {
    const workflowId = workflowIdOf(environment, flagKey);
    if (running.claim(workflowId, 'rolloutId', id)) continue;
    if (await isClaimed(client, workflowId, 'rolloutId', id)) continue;
    // While the flag still carries its arms, taking them off comes first.
    const flag = await flags.get(documentId(environment, flagKey));
    // Read again: the workflow itself may have recorded its end a moment ago.
    const standing = await experiments.get(id);
    if (flag?.rollout?.id === id || standing === null || standing.outcome !== null) continue;
    const { updatedAt: _u, analysis: _a, analysedAtMs: _at, ...rest } = standing;
    const version = Math.max(rest.version + 1, clock.nowMs());
    const over = { phase: 'aborted' as const, outcome: 'aborted' as const, waitingFor: null, summary: ENDED };
    if (await experiments.save({ ...rest, ...over, version })) ended.push(id);
  }
  return ended;
}
