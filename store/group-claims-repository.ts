import type { Collection as MongoCollection, Db } from 'mongodb';
import { Collection } from './collections';
import { swapDocument } from './swap-document';

/** Flags that one group has taken for its members, until it has ended. */
export interface GroupClaim {
  readonly groupId: string;
  readonly key: string;
  readonly flags: readonly string[];
  /** ISO 8601, by the database's clock. */
  readonly claimedAt: string;
}

/** Claims of an environment, in one document, so that all members of a group are taken at once or none is. */
export interface StandingClaims {
  /** 0 where nothing was ever claimed. */
  readonly revision: number;
  readonly claims: readonly GroupClaim[];
}

interface StoredClaims extends StandingClaims {
  readonly _id: string;
}

/** Which flags of an environment belong to groups that live or are about to, written by compare-and-swap on the revision. */
export class GroupClaimsRepository {
  private readonly environments: MongoCollection<StoredClaims>;

  constructor(db: Db) {
    this.environments = db.collection<StoredClaims>(Collection.GroupClaims);
  }

  async get(environment: string): Promise<StandingClaims> {
    return (await this.environments.findOne({ _id: environment })) ?? { revision: 0, claims: [] };
  }

  /** Puts other claims in the place of those seen; false when somebody else wrote in between. */
  async swap(environment: string, { revision }: StandingClaims, claims: readonly GroupClaim[]): Promise<boolean> {
    const next = { _id: environment, revision: revision + 1, claims };
    return swapDocument(this.environments, revision === 0 ? null : { revision }, next);
  }
}
