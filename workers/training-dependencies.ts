import type { TrainingDependencies } from '../activities/training-activities';
import { version } from '../package.json';
import type { Database } from '../store/database';
import type { DatabaseClock } from '../store/database-clock';
import { DeploymentsRepository } from '../store/deployments-repository';
import { FeaturesRepository } from '../store/features-repository';
import { ModelsRepository } from '../store/models-repository';
import { MongoRolloutsRepository } from '../store/rollouts-repository';
import { artefactStoreOf } from './artefact-store';
import type { WorkerConfig } from './config';

/** Everything training reaches, made of one database. */
export function trainingDependencies(
  { db }: Database,
  clock: DatabaseClock,
  config: Partial<WorkerConfig>,
): TrainingDependencies {
  return {
    rollouts: new MongoRolloutsRepository(db, () => clock.nowMs()),
    deployments: new DeploymentsRepository(db),
    features: new FeaturesRepository(db),
    models: new ModelsRepository(db),
    artefacts: artefactStoreOf(db, config),
    clock,
    codeVersion: version,
  };
}
