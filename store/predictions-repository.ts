import type { Collection as MongoCollection, Db } from 'mongodb';
import type { Interval } from '../ml/evaluation/bootstrap';
import { Collection } from './collections';
import { insertOnce } from './swap-document';

/** What models said of one rollout when it began: who decided, and everybody else in the shadow. */
export interface RolloutPrediction {
  /** The rollout's id. */
  readonly _id: string;
  /** What is predicted, such as `failure`. */
  readonly kind: string;
  readonly environment: string;
  readonly at: Date;
  /** Version whose word counted; `shipped` for the model that comes with Headgate. */
  readonly decidedBy: string;
  /** The decider held a share of the rollouts and was not the champion. */
  readonly isTrial: boolean;
  /** Probability of each model, the decider's first. */
  readonly said: readonly { readonly version: string; readonly probability: number }[];
}

/** How a challenger stands towards the champion on rollouts of which both have spoken. */
export interface LiveComparison {
  readonly champion: string;
  /** Brier score of the champion less that of the challenger, positive when the challenger is better. */
  readonly gain: Interval;
  /** E-value that the challenger's expected Brier score is lower. */
  readonly evidence: number;
  /** What `evidence` must reach. */
  readonly needed: number;
  readonly isBetterBeyondNoise: boolean;
}

/** Whether as many rollouts fail as a model says. */
export interface LiveCalibration {
  /** Failures expected by its probabilities. */
  readonly expected: number;
  /** The strongest e-value so far that ends do not follow the probabilities. */
  readonly evidence: number;
  /** What `evidence` must reach. */
  readonly needed: number;
  readonly isOff: boolean;
}

/** How one model did on live rollouts of known end. */
export interface LiveScore {
  readonly version: string;
  readonly rollouts: number;
  readonly failures: number;
  readonly brier: Interval;
  readonly logLoss: Interval;
  /** Null without rollouts of both ends. */
  readonly auc: Interval | null;
  readonly calibration?: LiveCalibration;
  /** Of challengers: beside the champion. */
  readonly against?: LiveComparison;
}

/** Running scores of a kind of model. */
export interface LiveScores {
  /** The kind. */
  readonly _id: string;
  /** Digest of everything the scores are made of: the same is not computed twice. */
  readonly fingerprint: string;
  readonly at: Date;
  readonly scores: readonly LiveScore[];
}

/** What models have said of live rollouts, and how well that went. */
export class PredictionsRepository {
  private readonly predictions: MongoCollection<RolloutPrediction>;
  private readonly kept: MongoCollection<LiveScores>;

  constructor(db: Db) {
    this.predictions = db.collection<RolloutPrediction>(Collection.Predictions);
    this.kept = db.collection<LiveScores>(Collection.ModelScores);
  }

  /** Records once: what was said first of a rollout stands, whatever models say later. */
  async record(prediction: RolloutPrediction): Promise<boolean> {
    return insertOnce(this.predictions, prediction);
  }

  async get(rolloutId: string): Promise<RolloutPrediction | null> {
    return this.predictions.findOne({ _id: rolloutId });
  }

  /** The latest of a kind, newest first. */
  async latest(kind: string, limit: number): Promise<readonly RolloutPrediction[]> {
    return this.predictions.find({ kind }).sort({ at: -1 }).limit(limit).toArray();
  }

  /**
   * Removes what is too old or too many to be of use: of a kind at most `most` stay, the latest, and none from before
   * `since`. Safe to repeat. Cost: one look-up in the index, and the removals.
   *
   * @returns how many were removed
   */
  async prune(kind: string, since: Date, most: number): Promise<number> {
    const [last] = await this.predictions
      .find({ kind }, { projection: { at: 1 } })
      .sort({ at: -1 })
      .skip(most)
      .limit(1)
      .toArray();
    // Those of the same instant as the first that is too many go with it.
    const tooMany = last === undefined ? [] : [{ kind, at: { $lte: last.at } }];
    const { deletedCount } = await this.predictions.deleteMany({ $or: [{ kind, at: { $lt: since } }, ...tooMany] });
    return deletedCount;
  }

  async scores(kind: string): Promise<LiveScores | null> {
    return this.kept.findOne({ _id: kind });
  }

  /** Keeps scores in place of those before; the same twice changes nothing. */
  async keepScores(scores: LiveScores): Promise<void> {
    await this.kept.replaceOne({ _id: scores._id }, scores, { upsert: true });
  }
}
