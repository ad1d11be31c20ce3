import type { Collection as MongoCollection, Db } from 'mongodb';
import { ErrorCode, HeadgateError } from '../core/errors';
import type { ArtefactRef } from './artefacts/artefact-store';
import { Collection } from './collections';
import { insertOnce, swapDocument } from './swap-document';

/** The kind of the models that predict whether a rollout fails by its own fault. */
export const FAILURE_MODEL = 'failure';

/** How a version came by its stage. */
export interface Promotion {
  readonly version: string;
  /** Name of the token or workflow. */
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

/** One trained model: what it is, what it was made of, and how well it did. Never changed once it is registered. */
export interface ModelVersion {
  /** `kind/number`. */
  readonly _id: string;
  /** What it predicts, such as `failure`. */
  readonly kind: string;
  readonly number: number;
  /** Algorithm and settings. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly features: readonly string[];
  readonly catalogueVersion: number;
  /** SHA-256 of the training rows, with how many there were and how many of them failed, and where they are kept. */
  readonly data: {
    readonly fingerprint: string;
    readonly rows: number;
    readonly failures: number;
    /** Not known of models that were registered by earlier versions. */
    readonly artefact?: ArtefactRef;
  };
  /** Figures on held-out later data, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Version of Headgate that trained it. */
  readonly codeVersion: string;
  readonly seed: number;
  readonly trainedAt: Date;
  readonly trainedBy: string;
  readonly artefact: ArtefactRef;
}

/** A challenger that decides for a share of the rollouts, so that its decisions can be compared with the champion's. */
export interface Trial extends Promotion {
  /** Percent of rollouts, by hash of their ids. */
  readonly share: number;
}

/** Which version of a kind decides, and which did before. */
export interface Champion {
  /** `champion/kind`. */
  readonly _id: string;
  readonly revision: number;
  readonly current: Promotion | null;
  /** Earlier champions, oldest first. */
  readonly former: readonly Promotion[];
  /** Who decides for some; nobody when left out. */
  readonly trial?: Trial;
}

/** Promotions kept of one kind. */
const MOST_FORMER = 100;

/** Trained models and which of them is champion. Every other version is a challenger. */
export class ModelsRepository {
  private readonly models: MongoCollection<ModelVersion>;
  private readonly champions: MongoCollection<Champion>;

  constructor(db: Db) {
    this.models = db.collection<ModelVersion>(Collection.Models);
    this.champions = db.collection<Champion>(Collection.ModelChampions);
  }

  /**
   * Registers a model under the next number of its kind. The same training data, settings and artefact again give the
   * version that is there.
   */
  async register(model: Omit<ModelVersion, '_id' | 'number'>): Promise<ModelVersion> {
    for (;;) {
      const same = await this.models.findOne({ kind: model.kind, 'artefact.sha256': model.artefact.sha256 });
      if (same !== null) return same;
      const [last] = await this.list(model.kind, 1);
      const number = (last?.number ?? 0) + 1;
      const version = { ...model, _id: `${model.kind}/${number}`, number };
      if (await insertOnce(this.models, version)) return version;
    }
  }

  async get(version: string): Promise<ModelVersion | null> {
    return this.models.findOne({ _id: version });
  }

  /** Versions of a kind, newest first. */
  async list(kind: string, limit: number): Promise<readonly ModelVersion[]> {
    return this.models.find({ kind }).sort({ number: -1 }).limit(limit).toArray();
  }

  /** Who is champion of a kind, with revision 0 while nobody ever was. */
  async champion(kind: string): Promise<Champion> {
    const standing = await this.champions.findOne({ _id: championId(kind) });
    return standing ?? { _id: championId(kind), revision: 0, current: null, former: [] };
  }

  /**
   * Makes a version champion by one compare-and-swap on the revision that the decision was made at.
   *
   * @throws {HeadgateError} MODEL_NOT_FOUND; REVISION_CONFLICT (retryable) when somebody else has decided meanwhile
   */
  async promote(kind: string, promotion: Promotion, revision: number): Promise<Champion> {
    await this.mustBe(kind, promotion.version);
    return this.swap(kind, promotion, revision, false);
  }

  /**
   * Makes the champion before this one champion again; with none before, the shipped model decides. What it replaces
   * stays registered.
   *
   * @throws {HeadgateError} REVISION_CONFLICT (retryable) when somebody else has decided meanwhile
   */
  async rollBack(kind: string, by: Pick<Promotion, 'by' | 'reason' | 'at'>, revision: number): Promise<Champion> {
    const { former } = await this.champion(kind);
    const before = former[former.length - 1];
    return this.swap(kind, before === undefined ? null : { ...by, version: before.version }, revision, true);
  }

  /**
   * Lets a challenger decide for a share of the rollouts, or ends that with null.
   *
   * @throws {HeadgateError} MODEL_NOT_FOUND; MESSAGE_REJECTED of the champion itself; REVISION_CONFLICT (retryable)
   *   when somebody else has decided meanwhile
   */
  async setTrial(kind: string, trial: Trial | null, revision: number): Promise<Champion> {
    const { trial: _, ...standing } = await this.champion(kind);
    if (trial !== null) await this.mustBe(kind, trial.version);
    if (trial !== null && trial.version === standing.current?.version) {
      throw new HeadgateError(ErrorCode.MessageRejected, `'${trial.version}' decides for all rollouts already`, {
        remedy: 'Name a challenger.',
      });
    }
    if (standing.revision !== revision) throw overtaken(kind);
    return this.write({ ...standing, revision: revision + 1, ...(trial === null ? {} : { trial }) }, kind);
  }

  private async mustBe(kind: string, version: string): Promise<void> {
    if ((await this.get(version))?.kind === kind) return;
    throw new HeadgateError(ErrorCode.ModelNotFound, `there is no model '${version}' of kind '${kind}'`, {
      remedy: 'List the versions with `headgate model list`.',
    });
  }

  private async swap(kind: string, current: Promotion | null, revision: number, isBack: boolean): Promise<Champion> {
    const standing = await this.champion(kind);
    if (standing.revision !== revision) throw overtaken(kind);
    const kept = isBack
      ? standing.former.slice(0, -1)
      : [...standing.former, ...(standing.current ? [standing.current] : [])];
    const { trial } = standing;
    const next: Champion = {
      _id: championId(kind),
      revision: revision + 1,
      current,
      former: kept.slice(-MOST_FORMER),
      // Who decides for all is no longer on trial.
      ...(trial === undefined || trial.version === current?.version ? {} : { trial }),
    };
    return this.write(next, kind);
  }

  /** Puts the next revision in place of the one before it. */
  private async write(next: Champion, kind: string): Promise<Champion> {
    const before = next.revision === 1 ? null : { revision: next.revision - 1 };
    if (!(await swapDocument(this.champions, before, next))) throw overtaken(kind);
    return next;
  }
}

function championId(kind: string): string {
  return `champion/${kind}`;
}

function overtaken(kind: string): HeadgateError {
  return new HeadgateError(ErrorCode.RevisionConflict, `another champion of '${kind}' was chosen meanwhile`, {
    retryable: true,
    remedy: 'Look at the list of models again, and decide anew.',
  });
}
