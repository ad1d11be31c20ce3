import type { TrainingDependencies } from '../activities/training-activities';
import { version } from '../package.json';
import { GridFsArtefactStore } from '../store/artefacts/gridfs-artefact-store';
import type { Database } from '../store/database';
import type { DatabaseClock } from '../store/database-clock';
import { DeploymentsRepository } from '../store/deployments-repository';
import { FeaturesRepository } from '../store/features-repository';
import { ModelsRepository } from '../store/models-repository';
import { MongoRolloutsRepository } from '../store/rollouts-repository';

/** Everything training reaches, made of one database. */
export function trainingDependencies({ db }: Database, clock: DatabaseClock): TrainingDependencies {
  return {
    rollouts: new MongoRolloutsRepository(db, () => clock.nowMs()),
    deployments: new DeploymentsRepository(db),
    features: new FeaturesRepository(db),
    models: new ModelsRepository(db),
    artefacts: new GridFsArtefactStore(db),
    clock,
    codeVersion: version,
  };
}
