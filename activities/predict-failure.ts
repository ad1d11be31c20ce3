import { shippedFeaturesOfCatalogue } from '../changes/features/shipped-model-features';
import { messageOf } from '../core/errors';
import { answerWithin } from '../core/within';
import type { Reason } from '../flags/document/decision-record';
import { DEFAULT_PREDICTION, type Prediction } from '../flags/plan/prediction';
import { mainContributions, wordsOf } from '../ml/explanation/words';
import { defaultPredictor } from '../ml/prediction/default-predictor';
import type { Predictor } from '../ml/prediction/predictor';
import { bucketOf, thresholdOf } from '../flags/evaluator/bucket';
import type { FeaturesRepository } from '../store/features-repository';
import { FAILURE_MODEL, type Champion, type ModelsRepository } from '../store/models-repository';
import { predictInShadow, predictorOf, probabilityBy, SHIPPED, type ShadowDependencies } from './shadow-predictions';

/** What a prediction is made from. */
export interface PredictionDependencies extends ShadowDependencies {
  readonly features: Pick<FeaturesRepository, 'asAssessed'>;
  readonly models: Pick<ModelsRepository, 'champion' | 'get' | 'list'>;
}

/** A start waits this long for a prediction, and then goes on by evidence alone. */
const PATIENCE_MS = 1_000;
/** Largest text of a reason. */
const MOST_CHARACTERS = 500;

interface Decider {
  readonly version: string;
  /** In words. */
  readonly name: string;
  readonly predictor: Predictor;
  readonly isOwn: boolean;
}

/** A prediction for the record, and the probability where one was made. */
export interface PredictedFailure {
  readonly reason: Reason;
  readonly probability: number | null;
  /** Whether the probability may change anything of the rollout. */
  readonly acts: boolean;
}

/** Which rollout is asked about. */
export interface PredictionRequest {
  readonly environment: string;
  readonly rolloutId: string;
  /** What the plan says of predictions; when left out it is only recorded. */
  readonly prediction?: Prediction | undefined;
}

/**
 * What the model that decides says of a rollout's change, for the record of its start. Undefined when nothing is known
 * that the model knows, or the plan asks no model. A model that is missing, broken or slow is said, and stops nobody.
 */
export async function predictFailure(
  dependencies: PredictionDependencies,
  request: PredictionRequest,
  nowMs: number,
): Promise<PredictedFailure | undefined> {
  if (request.prediction?.mode === 'off') return undefined;
  try {
    return await answerWithin(PATIENCE_MS, predict(dependencies, request, nowMs), 'no answer');
  } catch (error) {
    const text = `no prediction (${messageOf(error)}): it goes on by evidence alone`;
    const reason = { code: 'FAILURE_NOT_PREDICTED', text: text.slice(0, MOST_CHARACTERS) };
    return { reason, probability: null, acts: false };
  }
}

async function predict(
  dependencies: PredictionDependencies,
  { environment, rolloutId, prediction }: PredictionRequest,
  nowMs: number,
): Promise<PredictedFailure | undefined> {
  const entity = { kind: 'rollout', id: rolloutId };
  const values = await dependencies.features.asAssessed(environment, entity, new Date(nowMs));
  if (Object.keys(values).length === 0) return undefined;
  const standing = await dependencies.models.champion(FAILURE_MODEL);
  const { version, name, predictor, isOwn } = await whoDecides(dependencies, standing, rolloutId);
  const named = { ...values, ...shippedFeaturesOfCatalogue(values) };
  // Of a change that was not measured the shipped model knows nothing, however much is known of the systems.
  if (!predictor.features.some((name) => named[name] != null)) return undefined;
  const { rank, caveats } = predictor.score(named);
  const baseRate = prediction?.baseRate ?? DEFAULT_PREDICTION.baseRate;
  const probability = probabilityBy(version, predictor, named, baseRate);
  // Nobody waits for the others: what they say is only kept.
  const decided = { environment, rolloutId, named, baseRate, standing, decidedBy: version, probability, atMs: nowMs };
  setImmediate(() => void predictInShadow(dependencies, decided));
  // An own model has learned from 50 rollouts at least; the shipped one knows commits, and acts only where a plan says so.
  const acts = prediction?.mode === 'act' || (prediction?.mode === 'auto' && isOwn);
  const reasons = mainContributions(predictor.contributions(predictor.rowOf(named))).map(wordsOf);
  const ranked = rank === null ? '' : `, riskier than ${Math.round(100 * rank)} % of the changes it knows`;
  const because = [...reasons, ...caveats].join('; ');
  const shadow = acts ? '' : ' Recorded only.';
  const text = `${name} predicts failure with ${Math.round(100 * probability)} %${ranked}: ${because}.`;
  const reason = {
    code: 'FAILURE_PREDICTED',
    text: `${text.slice(0, MOST_CHARACTERS - shadow.length)}${shadow}`,
    numbers: { probability, ...(rank === null ? {} : { rank }) },
  };
  return { reason, probability, acts };
}

/**
 * The champion, or for its share of the rollouts the challenger on trial; always the same for one rollout while nobody
 * decides anew.
 */
async function whoDecides(
  { models, artefacts }: PredictionDependencies,
  { current, trial }: Champion,
  rolloutId: string,
): Promise<Decider> {
  const isTried = trial !== undefined && isOnTrial(trial, rolloutId);
  const chosen = isTried ? trial : current;
  const model = chosen === null ? null : await models.get(chosen.version);
  if (model === null) {
    return { version: SHIPPED, name: 'the shipped model', predictor: defaultPredictor(), isOwn: false };
  }
  const predictor = await predictorOf(artefacts, model.artefact);
  const name = isTried ? `${model._id} (on trial for ${trial.share} % of the rollouts)` : model._id;
  return { version: model._id, name, predictor, isOwn: true };
}

/** Whether a rollout falls into a trial's share: a hash of version and rollout id alone. */
export function isOnTrial({ version, share }: { version: string; share: number }, rolloutId: string): boolean {
  return bucketOf(`trial/${version}`, rolloutId) < thresholdOf(share);
}
