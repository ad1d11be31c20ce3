import type { Client } from '@temporalio/client';
import type { ReconcilerDependencies, RolloutActivityDependencies, ScheduledChangeDependencies } from '../activities';
import { prometheusCauseSeries } from '../activities/read-cause-series';
import { prometheusSystemFeatures } from '../activities/read-system-features';
import { MongoAnalysisStatesRepository } from '../store/analysis-states-repository';
import { PrometheusClient } from '../metrics/prometheus/prometheus-client';
import { PrometheusMetricSource } from '../metrics/prometheus/prometheus-source';
import { MongoAttributionsRepository } from '../store/attributions-repository';
import { MongoBaselinesRepository, MongoVectorBaselinesRepository } from '../store/baselines-repository';
import type { Database } from '../store/database';
import type { DatabaseClock } from '../store/database-clock';
import { MongoDecisionsRepository, type DecisionsRepository } from '../store/decisions-repository';
import { DeploymentsRepository } from '../store/deployments-repository';
import { ExperimentsRepository } from '../store/experiments-repository';
import { FeaturesRepository } from '../store/features-repository';
import { ModelDriftRepository } from '../store/model-drift-repository';
import { ModelsRepository } from '../store/models-repository';
import { PredictionsRepository } from '../store/predictions-repository';
import { MongoFlagsRepository } from '../store/flags-repository';
import { GroupsRepository } from '../store/groups-repository';
import { MongoHoldoutsRepository } from '../store/holdouts-repository';
import { MongoKillSwitchesRepository } from '../store/kill-switches-repository';
import { MongoLeasesRepository } from '../store/leases-repository';
import { RolloutUsersRepository } from '../store/rollout-users-repository';
import { MongoRolloutsRepository } from '../store/rollouts-repository';
import { MongoSegmentsRepository } from '../store/segments-repository';
import { ScheduledChangesRepository } from '../store/scheduled-changes-repository';
import { MongoTokensRepository } from '../store/tokens-repository';
import { MongoWindowsRepository } from '../store/windows-repository';
import { groupWorkflowId } from '../workflows/group/messages';
import { rolloutWorkflowId } from '../workflows/rollout/messages';
import { artefactStoreOf } from './artefact-store';
import type { WorkerConfig } from './config';
import { listTimers, liveRollout, startTimer, timerState } from './scheduled-changes';

/** Everything activities reach, made of one database and one Temporal client. */
export function createDependencies(
  { db }: Database,
  clock: DatabaseClock,
  client: Client,
  config: Pick<WorkerConfig, 'HEADGATE_SIGNING_KEY' | 'HEADGATE_WEBHOOKS'> & Partial<WorkerConfig>,
  log: RolloutActivityDependencies['log'] = () => undefined,
): RolloutActivityDependencies & ReconcilerDependencies & ScheduledChangeDependencies {
  const nowMs = (): number => clock.nowMs();
  const windows = new MongoWindowsRepository(db, clock);
  const decisions = new MongoDecisionsRepository(db);
  const sources = config.HEADGATE_PROMETHEUS_SOURCES ?? [];
  const clients = new Map(sources.map((source) => [source.name, new PrometheusClient(source)]));
  return {
    flags: new MongoFlagsRepository(db, nowMs),
    segments: new MongoSegmentsRepository(db),
    killSwitches: new MongoKillSwitchesRepository(db),
    holdouts: new MongoHoldoutsRepository(db),
    decisions,
    leases: new MongoLeasesRepository(db, clock),
    rollouts: new MongoRolloutsRepository(db, nowMs),
    scheduledChanges: new ScheduledChangesRepository(db),
    tokens: new MongoTokensRepository(db),
    liveRollout: (environment, flagKey) => liveRollout(client, environment, flagKey),
    startTimer: (change) => startTimer(client, change),
    timerState: (change) => timerState(client, change),
    listTimers: () => listTimers(client),
    nowMs,
    groups: new GroupsRepository(db, nowMs),
    experiments: new ExperimentsRepository(db, nowMs),
    deployments: new DeploymentsRepository(db),
    features: new FeaturesRepository(db),
    models: new ModelsRepository(db),
    predictions: new PredictionsRepository(db),
    drift: new ModelDriftRepository(db),
    artefacts: artefactStoreOf(db, config),
    states: new MongoAnalysisStatesRepository(db),
    users: new RolloutUsersRepository(db, clock),
    windows,
    source: windows,
    prometheus: prometheusSource(clients, decisions),
    attributions: new MongoAttributionsRepository(db),
    baselines: new MongoBaselinesRepository(db),
    vectorBaselines: new MongoVectorBaselinesRepository(db),
    causeSeries: prometheusCauseSeries(config.HEADGATE_CAUSE_SERIES ?? [], clients),
    systemFeatures: prometheusSystemFeatures(config.HEADGATE_SYSTEM_FEATURES ?? [], clients),
    prometheusClients: clients,
    clock,
    client,
    workflowIdOf: rolloutWorkflowId,
    groupWorkflowIdOf: groupWorkflowId,
    signingKey: config.HEADGATE_SIGNING_KEY,
    webhooks: config.HEADGATE_WEBHOOKS,
    fetch,
    now: Date.now,
    log,
  };
}

function prometheusSource(
  clients: ReadonlyMap<string, PrometheusClient>,
  decisions: Pick<DecisionsRepository, 'byRollout'>,
): PrometheusMetricSource {
  return new PrometheusMetricSource({
    clients,
    transitionsOf: async (rolloutId) =>
      (await decisions.byRollout(rolloutId)).flatMap(({ transition, at }) =>
        transition === undefined ? [] : [{ transition, atMs: Date.parse(at) }],
      ),
  });
}
