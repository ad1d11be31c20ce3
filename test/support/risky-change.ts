import { CATALOGUE_VERSION } from '../../changes/features/catalogue';
import { DEFAULT_PREDICTION, type Prediction } from '../../flags/plan/prediction';
import { FeaturesRepository } from '../../store/features-repository';
import type { RolloutHarness } from './rollout-harness';

/** A large change by somebody new to the place. */
const RISKY = {
  'change.ns': 6,
  'change.nd': 12,
  'change.nf': 30,
  'change.entropy': 4.5,
  'change.la': 3_000,
  'change.ld': 400,
  'change.lt': 9_000,
  'change.fix': 0,
  'change.fileDevelopers': 9,
  'change.age': 20,
  'change.fileChanges': 300,
  'change.authorFileChanges': 0,
  'change.recentAuthorFileChanges': 0,
  'change.authorFilesInSubsystems': 0,
};

/** A plan's word on predictions that lets them act; whatever the shipped model says of such a change is above its threshold. */
export const ACTING: Prediction = {
  ...DEFAULT_PREDICTION,
  mode: 'act',
  baseRate: 0.05,
  approveAbove: 0.06,
  minimumConfidence: 0,
  limits: { firstWeight: 2, bakeFactor: 1.5, sampleFactor: 1, pace: true },
};

/** Tells of a risky change, as `rollout start --assess` does, a minute ago. */
export async function tellOfRiskyChange(
  harness: RolloutHarness,
  environment: string,
  rolloutId: string,
): Promise<void> {
  const known = new Date(Date.now() - 60_000);
  await new FeaturesRepository(harness.database.db).add({
    environment,
    entity: { kind: 'rollout', id: rolloutId },
    catalogueVersion: CATALOGUE_VERSION,
    at: known,
    recordedAt: known,
    values: RISKY,
  });
}
