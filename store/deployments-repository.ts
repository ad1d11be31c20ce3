import type { Collection as MongoCollection, Db } from 'mongodb';
import { Collection } from './collections';
import { insertOnce } from './swap-document';

/** Whether a deployment failed by its own fault, who says so, and why. */
export interface DeploymentLabel {
  /** Null while nobody can tell: it was aborted for other reasons, or an incident elsewhere ended it. */
  readonly failed: boolean | null;
  /** `outcome`: read off the rollout's end. `person`: corrected by somebody, which no outcome overrides. */
  readonly source: 'outcome' | 'person';
  /** Name of the token, or of the workflow. */
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

/** One deployment or rollout of the past: what it was, how it ended, and whether that was its own fault. */
export interface DeploymentDocument {
  /** The rollout's id, or the id that CI gave. */
  readonly _id: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly service?: string;
  /** Digest of the change's author; never an address. */
  readonly author?: string;
  /** Digest of the plan's owner. */
  readonly owner?: string;
  readonly changeId?: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: string;
  readonly label: DeploymentLabel;
  /** Labels that were there before, oldest first. */
  readonly formerLabels: readonly DeploymentLabel[];
}

/** By what past deployments are counted; at least one is given. */
export interface DeploymentSubject {
  readonly flagKey?: string;
  /** Of any of these flags. */
  readonly flagKeys?: readonly string[];
  readonly service?: string;
  readonly author?: string;
  readonly owner?: string;
}

/** What was known at one moment of deployments that had ended by then. */
export interface DeploymentHistory {
  readonly ended: number;
  readonly failed: number;
  readonly succeeded: number;
  /** Ended as completed, whatever the label. */
  readonly completed: number;
  /** Ended as rolled back, whatever the label. */
  readonly rolledBack: number;
  /** When the last of them ended; null when there was none. */
  readonly lastEndedAt: Date | null;
}

/** Corrections kept of one deployment. */
const MOST_LABELS = 20;

/** Past deployments, from which history features and labels come. */
export class DeploymentsRepository {
  private readonly deployments: MongoCollection<DeploymentDocument>;

  constructor(db: Db) {
    this.deployments = db.collection<DeploymentDocument>(Collection.Deployments);
  }

  /** Records an end once; the same end again changes nothing. Answers whether it was new. */
  async record(deployment: Omit<DeploymentDocument, 'formerLabels'>): Promise<boolean> {
    return insertOnce(this.deployments, { ...deployment, formerLabels: [] });
  }

  async get(id: string): Promise<DeploymentDocument | null> {
    return this.deployments.findOne({ _id: id });
  }

  /** Those of the given ids that have ended. */
  async byIds(ids: readonly string[]): Promise<readonly DeploymentDocument[]> {
    return this.deployments.find({ _id: { $in: [...ids] } }).toArray();
  }

  /** Puts a label in place of the one that stands, which is kept. Null when there is no such deployment. */
  async relabel(id: string, label: DeploymentLabel): Promise<DeploymentDocument | null> {
    for (;;) {
      const standing = await this.get(id);
      if (standing === null) return null;
      // What a person has said is not unsaid by a machine.
      if (standing.label.source === 'person' && label.source !== 'person') return standing;
      const formerLabels = [...standing.formerLabels, standing.label].slice(-MOST_LABELS);
      const swapped = await this.deployments.findOneAndUpdate(
        { _id: id, 'label.at': standing.label.at, 'label.by': standing.label.by },
        { $set: { label, formerLabels } },
        { returnDocument: 'after' },
      );
      if (swapped !== null) return swapped;
    }
  }

  /**
   * What was known of a subject at `asOf`: deployments ended before it, by the label that stood then. Cost:
   * O(deployments of the subject).
   */
  async history(
    environment: string,
    { flagKeys, ...subject }: DeploymentSubject,
    asOf: Date,
  ): Promise<DeploymentHistory> {
    const ofFlags = flagKeys === undefined ? {} : { flagKey: { $in: [...flagKeys] } };
    const found = await this.deployments
      .find({ environment, ...subject, ...ofFlags, endedAt: { $lt: asOf } })
      .sort({ endedAt: -1 })
      .toArray();
    const failures = found.map((deployment) => labelAsOf(deployment, asOf).failed);
    return {
      ended: found.length,
      failed: failures.filter((failed) => failed === true).length,
      succeeded: failures.filter((failed) => failed === false).length,
      completed: found.filter(({ outcome }) => outcome === 'completed').length,
      rolledBack: found.filter(({ outcome }) => outcome === 'rolled_back').length,
      lastEndedAt: found[0]?.endedAt ?? null,
    };
  }

  /**
   * Every deployment that ended before `asOf` with its label as it stood then, oldest first: the rows a model may learn
   * from.
   */
  async labelled(environments: readonly string[] | null, asOf: Date): Promise<readonly DeploymentDocument[]> {
    const found = await this.deployments
      .find({ ...(environments && { environment: { $in: [...environments] } }), endedAt: { $lt: asOf } })
      .sort({ startedAt: 1, _id: 1 })
      .toArray();
    return found
      .map((deployment) => ({ ...deployment, label: labelAsOf(deployment, asOf) }))
      .filter(({ label }) => label.failed !== null);
  }
}

/** The label that stood at a moment: a correction made later was not known then. */
function labelAsOf({ label, formerLabels }: DeploymentDocument, asOf: Date): DeploymentLabel {
  const standing = [...formerLabels, label].filter(({ at }) => at.getTime() <= asOf.getTime());
  return standing[standing.length - 1] ?? { ...label, failed: null };
}
