import { Context } from '@temporalio/activity';
import { CATALOGUE_VERSION } from '../changes/features/catalogue';
import { comparePredictions } from '../ml/prediction/compare-predictions';
import { measure } from '../ml/prediction/evaluate-predictor';
import { loadPredictor } from '../ml/prediction/load-predictor';
import type { Predictor } from '../ml/prediction/predictor';
import { trainPredictor } from '../ml/prediction/train-predictor';
import { sliceTable } from '../ml/tables/table';
import type { ArtefactRef, ArtefactStore } from '../store/artefacts/artefact-store';
import type { DatabaseClock } from '../store/database-clock';
import type { DeploymentsRepository } from '../store/deployments-repository';
import type { FeaturesRepository } from '../store/features-repository';
import { FAILURE_MODEL, type ModelsRepository } from '../store/models-repository';
import { knownRollouts } from '../store/training-rows';
import type { RolloutsRepository } from '../store/rollouts-repository';
import type { CandidateKind } from '../workflows/training/messages';
import { withSortedFailures } from './failures';
import { recordDeployments } from './record-deployments';
import { packRows, tableOf, unpackRows, type TrainingRow } from './training-rows';

/** Labelled rollouts of one's own below which nothing is learned from them. */
export const LEAST_OWN_ROLLOUTS = 50;
/** Share of the rows, the latest, that no candidate learns from: they decide between candidates and champion. */
const HELD_OUT_SHARE = 0.2;

/** What training works with. */
export interface TrainingDependencies {
  readonly rollouts: Pick<RolloutsRepository, 'ended'>;
  readonly deployments: DeploymentsRepository;
  readonly features: FeaturesRepository;
  readonly models: ModelsRepository;
  readonly artefacts: ArtefactStore;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly codeVersion: string;
}

/** Rows to learn from, kept as an artefact so that every step of a training sees the same ones. */
export interface PreparedRows {
  readonly count: number;
  readonly failures: number;
  readonly needed: number;
  /** Null when there are too few. */
  readonly artefact: ArtefactRef | null;
  /** The newest model was made of these very rows. */
  readonly isKnown: boolean;
}

/** One trained kind and how it did on the held-out rows. */
export interface TrainedCandidate {
  readonly kind: CandidateKind;
  readonly artefact: ArtefactRef;
  readonly metrics: Readonly<Record<string, number>>;
  readonly features: readonly string[];
}

/** Everything a training may do. Each is idempotent: artefacts are kept by their content, and a model is registered once. */
export interface TrainingActivities {
  prepareTrainingRows(): Promise<PreparedRows>;
  trainCandidate(request: {
    readonly rows: ArtefactRef;
    readonly kind: CandidateKind;
    readonly seed: number;
  }): Promise<TrainedCandidate>;
  registerCandidate(request: {
    readonly rows: ArtefactRef;
    readonly candidates: readonly TrainedCandidate[];
    readonly startedBy: string;
    readonly seed: number;
    readonly promotes: boolean;
  }): Promise<{ readonly version: string; readonly isChampion: boolean; readonly reason: string }>;
}

/** The activities of training. */
export function createTrainingActivities(dependencies: TrainingDependencies): TrainingActivities {
  return withSortedFailures({
    prepareTrainingRows: () => prepareRows(dependencies),

    async trainCandidate({ rows: artefact, kind, seed }): Promise<TrainedCandidate> {
      const context = Context.current();
      context.heartbeat({ kind, stage: 'reading' });
      const { table, labels, times } = tableOf(unpackRows(await dependencies.artefacts.get(artefact)).rows);
      const until = heldOutFrom(table.rows);
      context.heartbeat({ kind, stage: 'training' });
      const predictor = trainPredictor({
        table: sliceTable(table, 0, until),
        labels: labels.subarray(0, until),
        times: times.subarray(0, until),
        kind,
        seed,
      });
      context.heartbeat({ kind, stage: 'measuring' });
      const figures = measure(
        predictor.predictAll(sliceTable(table, until, table.rows)),
        labels.subarray(until),
        null,
        seed,
      );
      const metrics = {
        heldOutRows: figures.rows,
        heldOutFailures: figures.failures,
        auc: figures.auc.value,
        prAuc: figures.prAuc.value,
        brier: figures.brier.value,
        ece: figures.ece.value,
      };
      const kept = await dependencies.artefacts.put(Buffer.from(JSON.stringify(predictor)));
      return { kind, artefact: kept, metrics: onlyNumbers(metrics), features: predictor.features };
    },

    registerCandidate: (request) => registerBest(dependencies, request),
  });
}

async function prepareRows(dependencies: TrainingDependencies): Promise<PreparedRows> {
  const { rollouts, deployments, features, models, artefacts, clock } = dependencies;
  const now = new Date(clock.nowMs());
  await recordDeployments(rollouts, deployments, new Date(0));
  const known = await knownRollouts(deployments, features, null, now);
  const rows = known.map(({ id, startedAt, failed, values }): TrainingRow => ({
    id,
    atMs: startedAt.getTime(),
    failed,
    values,
  }));
  const failures = rows.filter(({ failed }) => failed).length;
  const counted = { count: rows.length, failures, needed: LEAST_OWN_ROLLOUTS };
  if (rows.length < LEAST_OWN_ROLLOUTS) return { ...counted, artefact: null, isKnown: false };
  const artefact = await artefacts.put(packRows(rows, CATALOGUE_VERSION));
  const [newest] = await models.list(FAILURE_MODEL, 1);
  return { ...counted, artefact, isKnown: newest?.data.fingerprint === artefact.sha256 };
}

type Registration = Parameters<TrainingActivities['registerCandidate']>[0];

async function registerBest(
  dependencies: TrainingDependencies,
  { rows: artefact, candidates, startedBy, seed, promotes }: Registration,
): Promise<{ version: string; isChampion: boolean; reason: string }> {
  const { models, artefacts, clock, codeVersion } = dependencies;
  const { rows } = unpackRows(await artefacts.get(artefact));
  const best = bestOf(candidates);
  const version = await models.register({
    kind: FAILURE_MODEL,
    configuration: { model: best.kind },
    features: best.features,
    catalogueVersion: CATALOGUE_VERSION,
    data: {
      fingerprint: artefact.sha256,
      rows: rows.length,
      failures: rows.filter(({ failed }) => failed).length,
      artefact,
    },
    metrics: best.metrics,
    codeVersion,
    seed,
    trainedAt: new Date(clock.nowMs()),
    trainedBy: startedBy,
    artefact: best.artefact,
  });
  const { isBetter, reason, revision } = await judge(dependencies, best, rows, seed);
  if (!isBetter || !promotes) {
    return { version: version._id, isChampion: false, reason: isBetter ? `${reason}; a person decides` : reason };
  }
  const promotion = { version: version._id, by: startedBy, reason, at: new Date(clock.nowMs()) };
  await models.promote(FAILURE_MODEL, promotion, revision);
  return { version: version._id, isChampion: true, reason };
}

/** Best by Brier score; a later kind must be better, so that of equals the simplest is taken. */
function bestOf(candidates: readonly TrainedCandidate[]): TrainedCandidate {
  const [first, ...others] = candidates;
  if (first === undefined) throw new TypeError('there is no candidate');
  const brier = ({ metrics }: TrainedCandidate): number => metrics['brier'] ?? Number.POSITIVE_INFINITY;
  return others.reduce((best, candidate) => (brier(candidate) < brier(best) ? candidate : best), first);
}

/** Whether a candidate beats who decides now, on held-out rows that are later than what either has learned from. */
async function judge(
  { models, artefacts }: TrainingDependencies,
  best: TrainedCandidate,
  rows: readonly TrainingRow[],
  seed: number,
): Promise<{ readonly isBetter: boolean; readonly reason: string; readonly revision: number }> {
  const { current, revision } = await models.champion(FAILURE_MODEL);
  const candidate = await predictorAt(artefacts, best.artefact);
  const champion = current === null ? null : await models.get(current.version);
  const standing = champion === null ? null : await predictorAt(artefacts, champion.artefact);
  const learnedUntil = standing?.json.trainedOn.to ?? Number.NEGATIVE_INFINITY;
  const later = rows.slice(heldOutFrom(rows.length)).filter(({ atMs }) => atMs > learnedUntil);
  const labels = Float64Array.from(later, ({ failed }) => (failed ? 1 : 0));
  const predict = (predictor: Predictor): Float64Array =>
    Float64Array.from(later, ({ values }) => predictor.predict(predictor.rowOf(values)));
  // Without a champion it has to beat what needs no model: the share of failures so far.
  const before = standing === null ? labels.map(() => candidate.json.prior) : predict(standing);
  const comparison = comparePredictions(before, predict(candidate), labels, seed);
  const rival = champion === null ? 'the base rate' : champion._id;
  if (comparison === null) {
    return {
      isBetter: false,
      reason: `${later.length} later rollouts are too few to compare it with ${rival}`,
      revision,
    };
  }
  const { value, low, high } = comparison.gain;
  const gain = `its Brier score is ${value.toFixed(4)} lower (95 %: ${low.toFixed(4)} to ${high.toFixed(4)}) on ${comparison.rows} later rollouts`;
  const reason = comparison.isBetterBeyondNoise
    ? `it beats ${rival} beyond noise: ${gain}`
    : `it does not beat ${rival} beyond noise: ${gain}`;
  return { isBetter: comparison.isBetterBeyondNoise, reason, revision };
}

async function predictorAt(artefacts: ArtefactStore, ref: ArtefactRef): Promise<Predictor> {
  return loadPredictor(JSON.parse((await artefacts.get(ref)).toString('utf8')));
}

/** How many of the rows of a training, from the first on, its candidates learn from. */
export function heldOutFrom(rows: number): number {
  return Math.floor(rows * (1 - HELD_OUT_SHARE));
}

/** A figure that has no meaning on these rows is left out. */
function onlyNumbers(figures: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));
}
