import type { Collection as MongoCollection, Db } from 'mongodb';
import { Collection } from './collections';
import { swapDocument } from './swap-document';

/** What of a champion may drift: the changes it is asked of, or how often they fail beside what it says. */
export type DriftKind = 'inputs' | 'calibration';

/** One feature beside the rows that the champion has learned from. */
export interface FeatureDrift {
  readonly feature: string;
  /** E-value that later values come from elsewhere. */
  readonly evidence: number;
  /** Population stability index of the latest changes, less what chance makes of it; 0 at least. */
  readonly stability: number;
  readonly isDrifted: boolean;
}

/** How the changes asked about since a training stand beside its rows. */
export interface InputDrift {
  /** `no_rows`: the champion's training rows are not known. `too_few`: fewer changes than are needed. */
  readonly status: 'no_rows' | 'too_few' | 'watched';
  /** Changes since the training. */
  readonly changes: number;
  /** Changes from which on anything is said. */
  readonly needed: number;
  /** What a feature's evidence must reach. */
  readonly evidenceNeeded: number;
  /** Strongest evidence first, ten at most and all that have drifted. */
  readonly features: readonly FeatureDrift[];
}

/** One onset of drift that still lasts. */
export interface DriftAlert {
  readonly drift: DriftKind;
  readonly since: Date;
  /** One sentence for people, as it was at the onset. */
  readonly text: string;
  /** Times that receivers were to be told. */
  readonly attempts: number;
  /** When they last were; null before. */
  readonly triedAt: Date | null;
  /** Receivers have taken it. */
  readonly isTold: boolean;
}

/** Drift of the champion of a kind of model. */
export interface ModelDrift {
  /** The kind, such as `failure`. */
  readonly _id: string;
  readonly revision: number;
  /** Version that is watched. */
  readonly version: string;
  /** Digest of everything it is made of: the same is not computed twice. */
  readonly fingerprint: string;
  readonly at: Date;
  readonly inputs: InputDrift;
  readonly alerts: readonly DriftAlert[];
}

/** What is known of the champions' drift, one document for each kind of model. */
export class ModelDriftRepository {
  private readonly drift: MongoCollection<ModelDrift>;

  constructor(db: Db) {
    this.drift = db.collection<ModelDrift>(Collection.ModelDrift);
  }

  async get(kind: string): Promise<ModelDrift | null> {
    return this.drift.findOne({ _id: kind });
  }

  /** Puts the next state in place of the one it was made from, null for none; null when somebody else has written meanwhile. */
  async swap(
    before: ModelDrift | null,
    next: Omit<ModelDrift, '_id' | 'revision'>,
    kind: string,
  ): Promise<ModelDrift | null> {
    const document: ModelDrift = { ...next, _id: kind, revision: (before?.revision ?? 0) + 1 };
    return (await swapDocument(this.drift, before, document)) ? document : null;
  }
}
