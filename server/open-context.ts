import { systemClock } from '../core/clock';
import { within } from '../core/within';
import { connectDatabase, type Database } from '../store/database';
import { DatabaseClock } from '../store/database-clock';
import { MongoAttributionsRepository } from '../store/attributions-repository';
import { MongoDecisionsRepository } from '../store/decisions-repository';
import { DeploymentsRepository } from '../store/deployments-repository';
import { ExperimentsRepository } from '../store/experiments-repository';
import { FeaturesRepository } from '../store/features-repository';
import { MongoFlagsRepository } from '../store/flags-repository';
import { GroupClaimsRepository } from '../store/group-claims-repository';
import { GroupsRepository } from '../store/groups-repository';
import { MongoHoldoutsRepository } from '../store/holdouts-repository';
import { MongoKillSwitchesRepository } from '../store/kill-switches-repository';
import { MongoLeasesRepository } from '../store/leases-repository';
import { ModelDriftRepository } from '../store/model-drift-repository';
import { ModelsRepository } from '../store/models-repository';
import { PredictionsRepository } from '../store/predictions-repository';
import { MongoRolloutsRepository } from '../store/rollouts-repository';
import { ensureSchema } from '../store/schema';
import { ScheduledChangesRepository } from '../store/scheduled-changes-repository';
import { MongoSegmentsRepository } from '../store/segments-repository';
import { MongoTokensRepository } from '../store/tokens-repository';
import { MongoWindowsRepository } from '../store/windows-repository';
import type { ServerConfig } from './config';
import type { EventSink, ServerContext } from './context';
import { SnapshotCache } from './snapshot/snapshot-cache';
import { storeReads } from './snapshot/store-reads';
import { ChangeHub } from './streams/change-hub';
import { followChanges } from '../store/change-feed';
import { TemporalChangeTimers } from './temporal/temporal-change-timers';
import { TemporalExperimentWorkflows } from './temporal/temporal-experiment-workflows';
import { TemporalGroupWorkflows } from './temporal/temporal-group-workflows';
import { TemporalRolloutWorkflows } from './temporal/temporal-rollout-workflows';
import { TemporalTrainingWorkflows } from './temporal/temporal-training-workflows';

/** An event sink that has something to flush when the server ends. */
export interface ClosableSink extends EventSink {
  close(): Promise<void>;
}

/** What of the database a sink may be made of. */
export interface SinkParts {
  readonly db: Database['db'];
  readonly clock: DatabaseClock;
  readonly snapshots: SnapshotCache;
}

/** An open context, and how to close all of it. */
export interface OpenContext {
  readonly context: ServerContext;
  /** Flushes events, then closes Temporal and the database. */
  close(): Promise<void>;
}

/** For the readiness probe: an orchestrator asks every few seconds and wants an answer before its own time-out. */
const PING_MS = 1_000;

/**
 * Opens everything a server works with. The database must answer; Temporal is connected to when it is first needed.
 *
 * @throws {HeadgateError} DATABASE_UNAVAILABLE
 */
export async function openContext(
  config: ServerConfig,
  makeSink: (parts: SinkParts) => ClosableSink,
  /** Task queue of the workers; tests have their own. */
  taskQueue?: string,
): Promise<OpenContext> {
  const database = await connectDatabase({ url: config.mongodbUrl, name: config.mongodbDatabase });
  const { db } = database;
  try {
    const clock = await new DatabaseClock(db).start();
    const databaseNowMs = (): number => clock.nowMs();
    await ensureSchema(db, databaseNowMs);
    const flags = new MongoFlagsRepository(db, databaseNowMs);
    const segments = new MongoSegmentsRepository(db);
    const leases = new MongoLeasesRepository(db, clock);
    const killSwitches = new MongoKillSwitchesRepository(db);
    const holdouts = new MongoHoldoutsRepository(db);
    const workflows = new TemporalRolloutWorkflows(config.temporalAddress, config.temporalNamespace, taskQueue);
    const snapshots = new SnapshotCache(
      storeReads(flags, segments, leases, killSwitches, holdouts, databaseNowMs),
      systemClock,
    );
    const changes = new ChangeHub(snapshots, databaseNowMs, systemClock);
    const feed = followChanges(db, (environment) => changes.changed(environment));
    const events = makeSink({ db, clock, snapshots });
    const context: ServerContext = {
      flags,
      segments,
      killSwitches,
      holdouts,
      decisions: new MongoDecisionsRepository(db),
      attributions: new MongoAttributionsRepository(db),
      rollouts: new MongoRolloutsRepository(db, databaseNowMs),
      experiments: new ExperimentsRepository(db, databaseNowMs),
      groups: new GroupsRepository(db, databaseNowMs),
      groupClaims: new GroupClaimsRepository(db),
      tokens: new MongoTokensRepository(db),
      windows: new MongoWindowsRepository(db, clock),
      deployments: new DeploymentsRepository(db),
      features: new FeaturesRepository(db),
      models: new ModelsRepository(db),
      predictions: new PredictionsRepository(db),
      drift: new ModelDriftRepository(db),
      workflows,
      scheduledChanges: new ScheduledChangesRepository(db),
      timers: new TemporalChangeTimers(workflows.client, taskQueue),
      experimentWorkflows: new TemporalExperimentWorkflows(workflows.client, taskQueue),
      groupWorkflows: new TemporalGroupWorkflows(workflows.client, taskQueue),
      training: new TemporalTrainingWorkflows(workflows.client),
      events,
      snapshots,
      changes,
      crossOrigin: config.crossOrigin,
      clock: systemClock,
      databaseNowMs,
      databaseAnswers: () => answers(db),
      signingKey: config.signingKey,
      temporalUiUrl: config.temporalUiUrl,
      temporalNamespace: config.temporalNamespace,
    };
    return {
      context,
      async close() {
        changes.close();
        await feed.close();
        await events.close();
        clock.stop();
        await workflows.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function answers(db: Database['db']): Promise<boolean> {
  const ping = db.command({ ping: 1 }).then(
    () => true,
    () => false,
  );
  return within(PING_MS, ping, false);
}
