import { within } from '../core/within';
import { loadPredictor } from '../ml/prediction/load-predictor';
import { defaultPredictor } from '../ml/prediction/default-predictor';
import type { Predictor } from '../ml/prediction/predictor';
import { rebase } from '../ml/prediction/rebase';
import type { ArtefactRef, ArtefactStore } from '../store/artefacts/artefact-store';
import { FAILURE_MODEL, type Champion, type ModelsRepository } from '../store/models-repository';
import type { PredictionsRepository, RolloutPrediction } from '../store/predictions-repository';

/** Name of the model that comes with Headgate among versions. */
export const SHIPPED = 'shipped';
/** The shipped model knows commits that brought in bugs, not rollouts that failed: half of what it says is believed. */
const TRUST_IN_SHIPPED = 0.5;
/** Other models that are asked of each rollout. */
const MOST_IN_SHADOW = 5;
/** In all; nobody waits for it. */
const SHADOW_PATIENCE_MS = 5_000;
/** Predictors kept in memory, a few hundred kilobytes each. */
const MOST_LOADED = 8;

/** What models in the shadow are read from and written to. */
export interface ShadowDependencies {
  readonly models: Pick<ModelsRepository, 'get' | 'list'>;
  readonly artefacts: Pick<ArtefactStore, 'get'>;
  readonly predictions: Pick<PredictionsRepository, 'record'>;
}

/** What was asked of the model that decides, and what it said. */
export interface DecidedPrediction {
  readonly environment: string;
  readonly rolloutId: string;
  /** Features by every name that a model may know them by. */
  readonly named: Readonly<Record<string, number | null>>;
  readonly baseRate: number;
  readonly standing: Champion;
  readonly decidedBy: string;
  readonly probability: number;
  readonly atMs: number;
}

const loaded = new WeakMap<object, Map<string, Promise<Predictor>>>();

/** A predictor of the registry, from memory when it was loaded before. One that fails to load is tried anew the next time. */
export async function predictorOf(artefacts: Pick<ArtefactStore, 'get'>, ref: ArtefactRef): Promise<Predictor> {
  const known = loaded.get(artefacts) ?? new Map<string, Promise<Predictor>>();
  loaded.set(artefacts, known);
  const standing = known.get(ref.sha256);
  if (standing !== undefined) return standing;
  const predictor = artefacts.get(ref).then((bytes) => loadPredictor(JSON.parse(bytes.toString('utf8'))));
  known.set(ref.sha256, predictor);
  const [oldest] = known.keys();
  if (known.size > MOST_LOADED && oldest !== undefined) known.delete(oldest);
  predictor.catch(() => known.delete(ref.sha256));
  return predictor;
}

/** Probability by a model; the shipped one is carried over to the base rate and believed by half. */
export function probabilityBy(
  version: string,
  predictor: Predictor,
  named: DecidedPrediction['named'],
  baseRate: number,
): number {
  const said = predictor.predict(predictor.rowOf(named));
  return version === SHIPPED ? rebase(said, predictor.json.prior, baseRate, TRUST_IN_SHIPPED) : said;
}

/**
 * Asks every other model of the same rollout and keeps what all have said. Bounded in number and time; a model that is
 * broken or slow is left out, and nothing of it reaches the rollout.
 *
 * @returns whether anything new was kept; never throws
 */
export async function predictInShadow(dependencies: ShadowDependencies, decided: DecidedPrediction): Promise<boolean> {
  const { environment, rolloutId: _id, standing, decidedBy, probability, atMs } = decided;
  const until = performance.now() + SHADOW_PATIENCE_MS;
  try {
    const said: RolloutPrediction['said'][number][] = [{ version: decidedBy, probability }];
    for (const version of await othersOf(dependencies.models, decided)) {
      const asked = probabilityOf(dependencies, decided, version).catch(() => null);
      const other = await within(until - performance.now(), asked, null);
      if (other !== null) said.push({ version, probability: other });
    }
    const isTrial = decidedBy === standing.trial?.version;
    const prediction = { _id, kind: FAILURE_MODEL, environment, at: new Date(atMs), decidedBy, isTrial, said };
    return await dependencies.predictions.record(prediction);
  } catch {
    return false;
  }
}

/** Champion and trial first, as they are compared; then the newest. */
async function othersOf(
  models: ShadowDependencies['models'],
  { standing, decidedBy }: DecidedPrediction,
): Promise<readonly string[]> {
  const newest = await models.list(FAILURE_MODEL, MOST_IN_SHADOW + 2);
  const { trial, current } = standing;
  const named = [current?.version ?? SHIPPED, ...(trial === undefined ? [] : [trial.version])];
  const others = new Set([...named, ...newest.map((model) => model._id)]);
  others.delete(decidedBy);
  return [...others].slice(0, MOST_IN_SHADOW);
}

async function probabilityOf(
  { models, artefacts }: ShadowDependencies,
  { named, baseRate }: DecidedPrediction,
  version: string,
): Promise<number | null> {
  if (version === SHIPPED) return probabilityBy(version, defaultPredictor(), named, baseRate);
  const model = await models.get(version);
  return model === null ? null : probabilityBy(version, await predictorOf(artefacts, model.artefact), named, baseRate);
}
