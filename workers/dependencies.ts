import type { Client } from '@temporalio/client';
import type { ReconcilerDependencies, RolloutActivityDependencies } from '../activities';
import { MongoAnalysisStatesRepository } from '../store/analysis-states-repository';
import type { Database } from '../store/database';
import type { DatabaseClock } from '../store/database-clock';
import { MongoDecisionsRepository } from '../store/decisions-repository';
import { MongoFlagsRepository } from '../store/flags-repository';
import { MongoLeasesRepository } from '../store/leases-repository';
import { MongoRolloutsRepository } from '../store/rollouts-repository';
import { MongoSegmentsRepository } from '../store/segments-repository';
import { MongoWindowsRepository } from '../store/windows-repository';
import { rolloutWorkflowId } from '../workflows/rollout/messages';
import type { WorkerConfig } from './config';

/** Everything activities reach, made of one database and one Temporal client. */
export function createDependencies(
  { db }: Database,
  clock: DatabaseClock,
  client: Client,
  config: Pick<WorkerConfig, 'HEADGATE_SIGNING_KEY' | 'HEADGATE_WEBHOOKS'>,
  log: RolloutActivityDependencies['log'] = () => undefined,
): RolloutActivityDependencies & ReconcilerDependencies {
  const nowMs = (): number => clock.nowMs();
  const windows = new MongoWindowsRepository(db, clock);
  return {
    flags: new MongoFlagsRepository(db, nowMs),
    segments: new MongoSegmentsRepository(db),
    decisions: new MongoDecisionsRepository(db),
    leases: new MongoLeasesRepository(db, clock),
    rollouts: new MongoRolloutsRepository(db, nowMs),
    states: new MongoAnalysisStatesRepository(db),
    windows,
    source: windows,
    clock,
    client,
    workflowIdOf: rolloutWorkflowId,
    signingKey: config.HEADGATE_SIGNING_KEY,
    webhooks: config.HEADGATE_WEBHOOKS,
    fetch,
    now: Date.now,
    log,
  };
}
