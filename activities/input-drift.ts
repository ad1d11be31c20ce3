import { ErrorCode, HeadgateError } from '../core/errors';
import { sha256 } from '../core/signing';
import { populationStability, rankEvidence } from '../ml/evaluation/input-drift';
import { mulberry32 } from '../ml/random/mulberry32';
import type { ArtefactStore } from '../store/artefacts/artefact-store';
import type { FeaturesRepository } from '../store/features-repository';
import type { FeatureDrift, InputDrift } from '../store/model-drift-repository';
import type { ModelVersion } from '../store/models-repository';
import type { RolloutPrediction } from '../store/predictions-repository';
import { heldOutFrom } from './training-activities';
import { unpackRows, type TrainingRow } from './training-rows';

/** Changes since a training below which nothing is said of them. */
export const LEAST_CHANGES = 30;
/** Chance that any feature is ever called drifted while none has, however often one looks. */
const FALSE_ALARMS = 0.05;
/** Latest changes that the size of a drift is measured on. */
const LATEST = 200;
/** Stability index beyond chance at which a shift is large enough to be called; what was called stays so down to the lower one. */
const CALLED_FROM = 0.1;
const CALLED_DOWN_TO = 0.05;
/** Features that are told of beside those that have drifted. */
const MOST_TOLD = 10;

/** What the comparison reads. */
export interface InputDriftDependencies {
  readonly features: Pick<FeaturesRepository, 'asOfEach'>;
  readonly artefacts: Pick<ArtefactStore, 'get'>;
}

/**
 * Compares what a model has learned from with the changes it was asked about since, feature by feature. A feature has drifted when its evidence reaches the bar that all features share
 * (Bonferroni on e-values, so that the chance of any false alarm is 5 % over all features and looks) and its latest values lie apart enough to matter. Cost: the rows of one training, one
 * read for five hundred changes, and about a millisecond for each feature and hundred changes.
 *
 * @param asked - predictions, in any order
 * @param called - features that were called drifted before, of the same model
 */
export async function inputDriftOf(
  { features, artefacts }: InputDriftDependencies,
  model: ModelVersion | null,
  asked: readonly RolloutPrediction[],
  called: ReadonlySet<string>,
): Promise<InputDrift> {
  const evidenceNeeded = (model?.features.length ?? 1) / FALSE_ALARMS;
  const nothing = { changes: 0, needed: LEAST_CHANGES, evidenceNeeded, features: [] };
  const learned = model === null ? null : await learnedRows(artefacts, model);
  if (model === null || learned === null) return { status: 'no_rows', ...nothing };
  const learnedUntil = learned[learned.length - 1]?.atMs ?? Number.POSITIVE_INFINITY;
  const since = asked
    .filter(({ at }) => at.getTime() > learnedUntil)
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a._id < b._id ? -1 : 1));
  const changes = since.length;
  if (changes < LEAST_CHANGES) return { status: 'too_few', ...nothing, changes };
  const values = await features.asOfEach(
    'rollout',
    since.map(({ environment, _id: id, at }) => ({ environment, id, asOf: at })),
  );
  const found: FeatureDrift[] = [];
  for (const feature of model.features) {
    // Looks of rollouts may come between.
    await new Promise((resolve) => setImmediate(resolve));
    found.push(driftOf(feature, learned, values, evidenceNeeded, called.has(feature)));
  }
  found.sort((a, b) => b.evidence - a.evidence || (a.feature < b.feature ? -1 : 1));
  const told = found.filter(({ isDrifted }, index) => isDrifted || index < MOST_TOLD);
  return { status: 'watched', changes, needed: LEAST_CHANGES, evidenceNeeded, features: told };
}

/** The rows that a model has learned from, in order of time; null when they were not kept, are missing or altered. */
async function learnedRows(
  artefacts: InputDriftDependencies['artefacts'],
  { data }: ModelVersion,
): Promise<readonly TrainingRow[] | null> {
  if (data.artefact === undefined) return null;
  try {
    const { rows } = unpackRows(await artefacts.get(data.artefact));
    return rows.slice(0, heldOutFrom(rows.length));
  } catch (error) {
    if (error instanceof HeadgateError && error.code === ErrorCode.ArtefactCorrupt) return null;
    throw error;
  }
}

function driftOf(
  feature: string,
  learned: readonly TrainingRow[],
  values: readonly Readonly<Record<string, number | null>>[],
  needed: number,
  wasCalled: boolean,
): FeatureDrift {
  const reference = Float64Array.from(learned, (row) => row.values[feature] ?? Number.NaN);
  const later = Float64Array.from(values, (row) => row[feature] ?? Number.NaN);
  // A seed by name, so that the same changes always give the same evidence and features do not share their luck.
  const evidence = rankEvidence(reference, later, mulberry32(Number.parseInt(sha256(feature).slice(0, 8), 16)));
  const { index, byChance } = populationStability(reference, later.subarray(-LATEST));
  const stability = Math.max(0, index - byChance);
  const isDrifted = evidence >= needed && stability >= (wasCalled ? CALLED_DOWN_TO : CALLED_FROM);
  return { feature, evidence, stability, isDrifted };
}
