import { shippedFeaturesOfCatalogue } from '../changes/features/shipped-model-features';
import { messageOf } from '../core/errors';
import type { Reason } from '../flags/document/decision-record';
import { DEFAULT_PREDICTION, type Prediction } from '../flags/plan/prediction';
import { mainContributions, wordsOf } from '../ml/explanation/words';
import { defaultPredictor } from '../ml/prediction/default-predictor';
import { loadPredictor } from '../ml/prediction/load-predictor';
import type { Predictor } from '../ml/prediction/predictor';
import { rebase } from '../ml/prediction/rebase';
import type { ArtefactStore } from '../store/artefacts/artefact-store';
import type { FeaturesRepository } from '../store/features-repository';
import type { ModelsRepository } from '../store/models-repository';
import { FAILURE_MODEL } from './training-activities';

/** What a prediction is made from. */
export interface PredictionDependencies {
  readonly features: Pick<FeaturesRepository, 'asOf'>;
  readonly models: Pick<ModelsRepository, 'champion' | 'get'>;
  readonly artefacts: Pick<ArtefactStore, 'get'>;
}

/** A start waits this long for a prediction, and then goes on by evidence alone. */
const PATIENCE_MS = 1_000;
/** The shipped model knows commits that brought in bugs, not rollouts that failed: half of what it says is believed. */
const TRUST_IN_SHIPPED = 0.5;
/** Largest text of a reason. */
const MOST_CHARACTERS = 500;

interface Decider {
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
 * What the model that decides says of a rollout's change, for the record of its start. Undefined when nothing was told of the change, or the plan
 * asks no model. A model that is missing, broken or slow is said, and stops nobody.
 */
export async function predictFailure(
  dependencies: PredictionDependencies,
  request: PredictionRequest,
  nowMs: number,
): Promise<PredictedFailure | undefined> {
  if (request.prediction?.mode === 'off') return undefined;
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([predict(dependencies, request, nowMs), impatience]);
  } catch (error) {
    const text = `no prediction (${messageOf(error)}): it goes on by evidence alone`;
    const reason = { code: 'FAILURE_NOT_PREDICTED', text: text.slice(0, MOST_CHARACTERS) };
    return { reason, probability: null, acts: false };
  } finally {
    clearTimeout(timer);
  }
}

async function predict(
  { features, models, artefacts }: PredictionDependencies,
  { environment, rolloutId, prediction }: PredictionRequest,
  nowMs: number,
): Promise<PredictedFailure | undefined> {
  const values = await features.asOf(environment, { kind: 'rollout', id: rolloutId }, new Date(nowMs));
  if (Object.keys(values).length === 0) return undefined;
  const { name, predictor, isOwn } = await whoDecides(models, artefacts);
  const named = { ...values, ...shippedFeaturesOfCatalogue(values) };
  const { probability: said, rank, caveats } = predictor.score(named);
  const baseRate = prediction?.baseRate ?? DEFAULT_PREDICTION.baseRate;
  const probability = isOwn ? said : rebase(said, predictor.json.prior, baseRate, TRUST_IN_SHIPPED);
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

async function whoDecides(
  models: PredictionDependencies['models'],
  artefacts: PredictionDependencies['artefacts'],
): Promise<Decider> {
  const { current } = await models.champion(FAILURE_MODEL);
  const champion = current === null ? null : await models.get(current.version);
  if (champion === null) return { name: 'the shipped model', predictor: defaultPredictor(), isOwn: false };
  const json: unknown = JSON.parse((await artefacts.get(champion.artefact)).toString('utf8'));
  return { name: champion._id, predictor: loadPredictor(json), isOwn: true };
}
