import { ErrorCode, HeadgateError } from '../core/errors';
import { sha256 } from '../core/signing';
import { shippedFeaturesOfCatalogue } from '../changes/features/shipped-model-features';
import { populationStability, rankEvidence } from '../ml/evaluation/input-drift';
import { pointsOf } from '../ml/evaluation/input-sketch';
import { defaultPredictor } from '../ml/prediction/default-predictor';
import { mulberry32 } from '../ml/random/mulberry32';
import type { ArtefactStore } from '../store/artefacts/artefact-store';
import type { FeaturesRepository } from '../store/features-repository';
import type { FeatureDrift, InputDrift } from '../store/model-drift-repository';
import type { ModelVersion } from '../store/models-repository';
import type { RolloutPrediction } from '../store/predictions-repository';
import { heldOutFrom } from './training-activities';
import { unpackRows } from './training-rows';

/** Changes since a training below which nothing is said of them. */
export const LEAST_CHANGES = 30;
/** Chance that any feature is ever called drifted while none has, however often one looks. */
const FALSE_ALARMS = 0.05;
/** Latest changes that the size of a drift is measured on. */
const LATEST = 200;
/**
 * Stability index beyond chance at which a shift is large enough to be called; what was called stays so down to the
 * lower one.
 */
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
 * Compares what a model has learned from with the changes it was asked about since, feature by feature. A feature has
 * drifted when its evidence reaches the bar that all features share (Bonferroni on e-values, so that the chance of any
 * false alarm is 5 % over all features and looks) and its latest values lie apart enough to matter. Cost: the rows of
 * one training, one read for five hundred changes, and about a millisecond for each feature and hundred changes.
 *
 * @param model - null for the one that ships with Headgate, which carries a sketch of the rows it has learned from
 * @param asked - predictions, in any order
 * @param called - features that were called drifted before, of the same model
 */
export async function inputDriftOf(
  { features, artefacts }: InputDriftDependencies,
  model: ModelVersion | null,
  asked: readonly RolloutPrediction[],
  called: ReadonlySet<string>,
): Promise<InputDrift> {
  const evidenceNeeded = (model ?? defaultPredictor()).features.length / FALSE_ALARMS;
  const nothing = { changes: 0, needed: LEAST_CHANGES, evidenceNeeded, features: [] };
  const learned = model === null ? learnedByShipped() : await learnedBy(artefacts, model);
  if (learned === null) return { status: 'no_rows', ...nothing };
  const since = asked
    .filter(({ at }) => at.getTime() > learned.untilMs)
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a._id < b._id ? -1 : 1));
  const changes = since.length;
  if (changes < LEAST_CHANGES) return { status: 'too_few', ...nothing, changes };
  const values = await features.asOfEach(
    'rollout',
    since.map(({ environment, _id: id, at }) => ({ environment, id, asOf: at })),
  );
  const found: FeatureDrift[] = [];
  const read = values.map(learned.read);
  for (const [feature, reference] of learned.columns) {
    // Looks of rollouts may come between.
    await new Promise((resolve) => setImmediate(resolve));
    const later = Float64Array.from(read, (row) => row[feature] ?? Number.NaN);
    found.push(driftOf(feature, reference, later, evidenceNeeded, called.has(feature)));
  }
  found.sort((a, b) => b.evidence - a.evidence || (a.feature < b.feature ? -1 : 1));
  const told = found.filter(({ isDrifted }, index) => isDrifted || index < MOST_TOLD);
  return { status: 'watched', changes, needed: LEAST_CHANGES, evidenceNeeded, features: told };
}

type Values = Readonly<Record<string, number | null>>;

/** What a model has learned from. */
interface Learned {
  /** Values of each feature; NaN is missing. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** When the last of it was, in milliseconds since 1970. */
  readonly untilMs: number;
  /** A change's values by the names of the columns. */
  readonly read: (values: Values) => Values;
}

/**
 * What the model that ships with Headgate has learned from, by its sketch; its changes are of other projects, so all
 * that it is asked of come after them.
 */
function learnedByShipped(): Learned | null {
  const { features, inputs, trainedOn } = defaultPredictor().json;
  if (inputs === undefined) return null;
  const columns = new Map(inputs.map((sketch, index) => [features[index] as string, pointsOf(sketch)]));
  return { columns, untilMs: trainedOn.to ?? Number.NEGATIVE_INFINITY, read: shippedFeaturesOfCatalogue };
}

/** The rows that a model has learned from; null when they were not kept, are missing or altered. */
async function learnedBy(
  artefacts: InputDriftDependencies['artefacts'],
  { data, features }: ModelVersion,
): Promise<Learned | null> {
  if (data.artefact === undefined) return null;
  try {
    const { rows } = unpackRows(await artefacts.get(data.artefact));
    const learned = rows.slice(0, heldOutFrom(rows.length));
    const columnOf = (feature: string): Float64Array =>
      Float64Array.from(learned, (row) => row.values[feature] ?? Number.NaN);
    return {
      columns: new Map(features.map((feature) => [feature, columnOf(feature)])),
      untilMs: learned[learned.length - 1]?.atMs ?? Number.POSITIVE_INFINITY,
      read: (values) => values,
    };
  } catch (error) {
    if (error instanceof HeadgateError && error.code === ErrorCode.ArtefactCorrupt) return null;
    throw error;
  }
}

function driftOf(
  feature: string,
  reference: Float64Array,
  later: Float64Array,
  needed: number,
  wasCalled: boolean,
): FeatureDrift {
  // A seed by name, so that the same changes always give the same evidence and features do not share their luck.
  const evidence = rankEvidence(reference, later, mulberry32(Number.parseInt(sha256(feature).slice(0, 8), 16)));
  const { index, byChance } = populationStability(reference, later.subarray(-LATEST));
  const stability = Math.max(0, index - byChance);
  const isDrifted = evidence >= needed && stability >= (wasCalled ? CALLED_DOWN_TO : CALLED_FROM);
  return { feature, evidence, stability, isDrifted };
}
