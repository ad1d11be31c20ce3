import { sha256 } from '../core/signing';
import { areaUnderRoc } from '../ml/evaluation/auc';
import { bootstrap, type Interval } from '../ml/evaluation/bootstrap';
import { calibrationEvidence } from '../ml/evaluation/calibration-drift';
import { brierScore, logLoss } from '../ml/evaluation/scores';
import { superiorityEvidence } from '../ml/evaluation/superiority';
import { mulberry32 } from '../ml/random/mulberry32';
import type { DatabaseClock } from '../store/database-clock';
import type { DeploymentsRepository } from '../store/deployments-repository';
import { FAILURE_MODEL, type ModelsRepository } from '../store/models-repository';
import type { LiveCalibration, LiveScore, LiveScores, PredictionsRepository } from '../store/predictions-repository';
import { SHIPPED } from './shadow-predictions';

/** Latest rollouts that scores are made of. */
export const MOST_ROLLOUTS = 2_000;
/** Chance that any of the challengers compared now is ever called better while none is, however often one looks. */
const FALSE_CLAIMS = 0.05;
/** Chance that a model whose probabilities are right is ever called off. */
const FALSE_ALARMS = 0.05;
/** Models that are scored: who decides, and the newest others. */
const MOST_SCORED = 20;
const RESAMPLES = 200;
/** Grows with what scores tell, so that those kept by an older version are made anew. */
const SCORES_VERSION = 3;

/** What scoring reads and writes. */
export interface ScoringDependencies {
  readonly predictions: PredictionsRepository;
  readonly deployments: Pick<DeploymentsRepository, 'byIds'>;
  readonly models: Pick<ModelsRepository, 'champion'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

/** One rollout of known end with what models said of it. */
export interface ScoredRollout {
  readonly failed: boolean;
  /** Probabilities by version. */
  readonly said: Readonly<Record<string, number>>;
}

/** Rollouts of known end with what was said of them, in the order of their ends, and a digest of all that. */
export async function scoredRollouts({
  predictions,
  deployments,
}: Pick<ScoringDependencies, 'predictions' | 'deployments'>): Promise<{ rollouts: ScoredRollout[]; digest: string }> {
  const latest = await predictions.latest(FAILURE_MODEL, MOST_ROLLOUTS);
  const said = new Map(latest.map((prediction) => [prediction._id, prediction.said]));
  const ended = [...(await deployments.byIds([...said.keys()]))].sort(
    (a, b) => a.endedAt.getTime() - b.endedAt.getTime() || (a._id < b._id ? -1 : 1),
  );
  const known = ended.flatMap(({ _id, label: { failed } }) => (failed === null ? [] : [{ _id, failed }]));
  const rollouts = known.map(({ _id, failed }) => ({
    failed,
    said: Object.fromEntries((said.get(_id) ?? []).map(({ version, probability }) => [version, probability])),
  }));
  return { rollouts, digest: sha256(JSON.stringify(known)) };
}

/** Brings the running scores up to date when a label or the champion is new. Safe to repeat. Answers whether they were. */
export async function scoreModels(dependencies: ScoringDependencies): Promise<boolean> {
  const { predictions, models, clock } = dependencies;
  const [{ rollouts, digest }, { current }, standing] = await Promise.all([
    scoredRollouts(dependencies),
    models.champion(FAILURE_MODEL),
    predictions.scores(FAILURE_MODEL),
  ]);
  const champion = current?.version ?? SHIPPED;
  const fingerprint = sha256(`${SCORES_VERSION} ${champion} ${digest}`);
  if (rollouts.length === 0 || standing?.fingerprint === fingerprint) return false;
  const scores = await liveScores(rollouts, champion);
  const next: LiveScores = { _id: FAILURE_MODEL, fingerprint, at: new Date(clock.nowMs()), scores };
  await predictions.keepScores(next);
  return true;
}

/**
 * Scores of the champion, and then of the newest nineteen others that have spoken, on the rollouts of which the
 * champion has spoken too; the shipped model counts as the oldest.
 */
export async function liveScores(rollouts: readonly ScoredRollout[], champion: string): Promise<LiveScore[]> {
  const spoken = new Set(rollouts.flatMap(({ said }) => Object.keys(said)));
  spoken.delete(champion);
  const others = [...spoken].sort((a, b) => numberOf(b) - numberOf(a)).slice(0, MOST_SCORED - 1);
  // All that are compared share the chance of a false claim.
  const needed = others.length / FALSE_CLAIMS;
  const scores: LiveScore[] = [];
  for (const version of [champion, ...others.sort()]) {
    // Bootstraps take a fraction of a second each: looks may come between.
    await new Promise((resolve) => setImmediate(resolve));
    const both = rollouts.filter(({ said }) => said[champion] !== undefined && said[version] !== undefined);
    if (both.length > 0) scores.push(scoreOf(both, version, champion, needed));
  }
  return scores;
}

/** Number of a version; 0 of the shipped model. */
function numberOf(version: string): number {
  return Number(version.split('/')[1] ?? 0);
}

function scoreOf(both: readonly ScoredRollout[], version: string, champion: string, needed: number): LiveScore {
  const labels = Float64Array.from(both, ({ failed }) => (failed ? 1 : 0));
  const own = Float64Array.from(both, ({ said }) => said[version] as number);
  const interval = (figure: (probabilities: Float64Array, seen: Float64Array) => number): Interval =>
    bootstrap(labels.length, (sample) => figure(pick(own, sample), pick(labels, sample)), RESAMPLES, mulberry32(1));
  const auc = interval(areaUnderRoc);
  const score: LiveScore = {
    version,
    rollouts: both.length,
    failures: labels.reduce((sum, label) => sum + label, 0),
    brier: interval(brierScore),
    logLoss: interval(logLoss),
    auc: Number.isNaN(auc.value) ? null : auc,
    calibration: calibrationOf(own, labels),
  };
  if (version === champion) return score;
  const standing = Float64Array.from(both, ({ said }) => said[champion] as number);
  const gains = Float64Array.from(labels, (label, row) => {
    return ((standing[row] as number) - label) ** 2 - ((own[row] as number) - label) ** 2;
  });
  const mean = (sample: Uint32Array): number => pick(gains, sample).reduce((sum, one) => sum + one, 0) / sample.length;
  const evidence = superiorityEvidence(standing, own, labels);
  const gain = bootstrap(labels.length, mean, RESAMPLES, mulberry32(1));
  return { ...score, against: { champion, gain, evidence, needed, isBetterBeyondNoise: evidence >= needed } };
}

function calibrationOf(own: Float64Array, labels: Float64Array): LiveCalibration {
  const expected = own.reduce((sum, probability) => sum + probability, 0);
  const evidence = calibrationEvidence(own, labels);
  const needed = 1 / FALSE_ALARMS;
  return { expected, evidence, needed, isOff: evidence >= needed };
}

function pick(values: Float64Array, sample: Uint32Array): Float64Array {
  const picked = new Float64Array(sample.length);
  for (let index = 0; index < sample.length; index++) picked[index] = values[sample[index] as number] as number;
  return picked;
}
