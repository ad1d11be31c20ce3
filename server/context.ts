import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../core/clock';
import type { EventBatch } from '../metrics/events';
import type { AttributionsRepository } from '../store/attributions-repository';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { DeploymentsRepository } from '../store/deployments-repository';
import type { ExperimentsRepository } from '../store/experiments-repository';
import type { FeaturesRepository } from '../store/features-repository';
import type { FlagsRepository } from '../store/flags-repository';
import type { GroupClaimsRepository } from '../store/group-claims-repository';
import type { GroupsRepository } from '../store/groups-repository';
import type { HoldoutsRepository } from '../store/holdouts-repository';
import type { KillSwitchesRepository } from '../store/kill-switches-repository';
import type { ModelDriftRepository } from '../store/model-drift-repository';
import type { ModelsRepository } from '../store/models-repository';
import type { PredictionsRepository } from '../store/predictions-repository';
import type { RolloutsRepository } from '../store/rollouts-repository';
import type { ScheduledChangesRepository } from '../store/scheduled-changes-repository';
import type { SegmentsRepository } from '../store/segments-repository';
import type { TokensRepository } from '../store/tokens-repository';
import type { WindowsRepository } from '../store/windows-repository';
import type { CrossOrigin } from './ofrep/cross-origin';
import type { SnapshotCache } from './snapshot/snapshot-cache';
import type { ChangeHub } from './streams/change-hub';
import type { ChangeTimers } from './temporal/change-timers';
import type { ExperimentWorkflows } from './temporal/experiment-workflows';
import type { GroupWorkflows } from './temporal/group-workflows';
import type { RolloutWorkflows } from './temporal/rollout-workflows';
import type { TrainingWorkflows } from './temporal/training-workflows';

/** Where event batches go; the server's ingestion, or a port of a test. */
export interface EventSink {
  accept(
    environment: string,
    batch: EventBatch,
  ): Promise<{ readonly accepted: number; readonly duplicate: boolean; readonly ignored: number }>;
}

/** Everything the routes work with. */
export interface ServerContext {
  readonly flags: FlagsRepository;
  readonly segments: SegmentsRepository;
  readonly killSwitches: KillSwitchesRepository;
  readonly holdouts: HoldoutsRepository;
  readonly decisions: DecisionsRepository;
  readonly attributions: Pick<AttributionsRepository, 'byRollout'>;
  readonly rollouts: RolloutsRepository;
  readonly experiments: ExperimentsRepository;
  readonly groups: GroupsRepository;
  readonly groupClaims: GroupClaimsRepository;
  readonly tokens: TokensRepository;
  readonly windows: Pick<WindowsRepository, 'readCompacted' | 'readRecorded'>;
  readonly deployments: DeploymentsRepository;
  readonly features: FeaturesRepository;
  readonly models: ModelsRepository;
  readonly predictions: Pick<PredictionsRepository, 'scores'>;
  readonly drift: Pick<ModelDriftRepository, 'get'>;
  readonly workflows: RolloutWorkflows;
  readonly experimentWorkflows: ExperimentWorkflows;
  readonly groupWorkflows: GroupWorkflows;
  readonly training: TrainingWorkflows;
  readonly scheduledChanges: ScheduledChangesRepository;
  readonly timers: ChangeTimers;
  readonly events: EventSink;
  readonly snapshots: SnapshotCache;
  /** Tells when an environment has changed. */
  readonly changes: ChangeHub;
  /** Origins of web pages that may evaluate here. */
  readonly crossOrigin: CrossOrigin;
  readonly clock: Clock;
  /** Milliseconds since the epoch by the database's clock, as well as this process knows it. */
  readonly databaseNowMs: () => number;
  /** Whether the database answers now. */
  readonly databaseAnswers: () => Promise<boolean>;
  readonly signingKey: string;
  readonly temporalUiUrl: string | undefined;
  readonly temporalNamespace: string;
}

/** How the server logs: Fastify's logger, so that every line of a request carries its id. */
export type Log = FastifyBaseLogger;
