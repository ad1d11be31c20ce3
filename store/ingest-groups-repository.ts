import type { Collection as MongoCollection, Db } from 'mongodb';
import type { Deltas } from '../metrics/deltas';
import { Collection } from './collections';
import { isDuplicateKey } from './database';
import { packDeltas, unpackDeltas, type PackedDeltas } from './packed-deltas';

/** Batches that become durable together: their ids, so that none counts twice, and what they add to the windows. */
export interface IngestGroup {
  readonly writerId: string;
  /** From 0, without gaps: a writer sends a group only when the one before is known to stand. */
  readonly seq: number;
  /** Each `environment/batchId`; unique over all groups. */
  readonly batchIds: readonly string[];
  readonly deltas: Deltas;
  /** Milliseconds since the Unix epoch, by the database's clock. */
  readonly createdAt: number;
}

/**
 * What became of a group: it stands (from this call or an earlier one), or it does not because some of its batches
 * stand elsewhere.
 */
export type StoreOutcome =
  { readonly kind: 'stored' } | { readonly kind: 'duplicates'; readonly batchIds: ReadonlySet<string> };

/** A group whose deltas are not known to be in the windows. */
export interface PendingGroup {
  readonly writerId: string;
  readonly seq: number;
}

/** The pending group that matters most to a reader of windows. Instants are milliseconds since the Unix epoch. */
export interface FirstPending {
  readonly createdAt: number;
  /** The earliest end of the windows that it adds to; 0 when the group does not say, as those of older versions. */
  readonly firstEndMs: number;
}

/** Groups of batches, kept for as long as a batch may be repeated. */
export interface IngestGroupsRepository {
  /**
   * Inserts a group, whole or not at all. Safe to repeat with the same content. An error of the driver leaves open
   * whether the group stands or will stand.
   */
  store(group: IngestGroup): Promise<StoreOutcome>;
  /** Groups to be folded, of all writers or one, each writer's in order. */
  pending(writerId?: string): Promise<readonly PendingGroup[]>;
  isPending(group: PendingGroup): Promise<boolean>;
  /**
   * Of the groups to be folded, the one that adds to the window that ended or ends first; null when nothing is to be
   * folded.
   */
  firstPending(): Promise<FirstPending | null>;
  /** What a group adds; null once it is folded. */
  readDeltas(group: PendingGroup): Promise<Deltas | null>;
  /** Drops the deltas of a group that is in the windows, and keeps its batch ids. */
  markFolded(group: PendingGroup): Promise<void>;
  /** Removes folded groups made before an instant; answers how many. */
  expire(beforeMs: number): Promise<number>;
}

interface GroupDocument extends Omit<IngestGroup, 'deltas'> {
  readonly _id: string;
  readonly deltas?: PackedDeltas;
  readonly folded: boolean;
  /** The earliest end of the windows that the group adds to; absent in groups written before this was kept. */
  readonly firstEndMs?: number;
}

/** {@link IngestGroupsRepository} in MongoDB, by atomic writes of one document each. */
export class MongoIngestGroupsRepository implements IngestGroupsRepository {
  private readonly groups: MongoCollection<GroupDocument>;

  constructor(db: Db) {
    this.groups = db.collection(Collection.IngestGroups, { writeConcern: { w: 'majority', j: true } });
  }

  async store({ deltas, ...group }: IngestGroup): Promise<StoreOutcome> {
    const _id = groupId(group);
    try {
      await this.groups.insertOne({
        _id,
        ...group,
        deltas: packDeltas(deltas),
        folded: false,
        firstEndMs: firstEndOf(deltas),
      });
      return { kind: 'stored' };
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const standing = await this.standing(group.batchIds);
      if (standing.some((other) => other._id === _id)) return { kind: 'stored' };
      const others = new Set(standing.flatMap((other) => other.batchIds));
      const batchIds = new Set(group.batchIds.filter((id) => others.has(id)));
      // What refused the insert is not yet safe from a failover, so nothing may be answered on its account.
      if (batchIds.size === 0) throw error;
      return { kind: 'duplicates', batchIds };
    }
  }

  async pending(writerId?: string): Promise<readonly PendingGroup[]> {
    const filter = writerId === undefined ? { folded: false } : { folded: false, writerId };
    return this.groups
      .find(filter, { projection: { _id: 0, writerId: 1, seq: 1 } })
      .sort({ writerId: 1, seq: 1 })
      .toArray();
  }

  async isPending(group: PendingGroup): Promise<boolean> {
    const found = await this.groups.findOne({ _id: groupId(group), folded: false }, { projection: { _id: 1 } });
    return found !== null;
  }

  async firstPending(): Promise<FirstPending | null> {
    // Few groups are pending at a time, so that sorting them needs no index of its own.
    const found = await this.groups.findOne(
      { folded: false },
      { projection: { createdAt: 1, firstEndMs: 1 }, sort: { firstEndMs: 1 } },
    );
    return found === null ? null : { createdAt: found.createdAt, firstEndMs: found.firstEndMs ?? 0 };
  }

  async readDeltas(group: PendingGroup): Promise<Deltas | null> {
    const found = await this.groups.findOne({ _id: groupId(group), folded: false }, { projection: { deltas: 1 } });
    return found?.deltas === undefined ? null : unpackDeltas(found.deltas);
  }

  async markFolded(group: PendingGroup): Promise<void> {
    await this.groups.updateOne({ _id: groupId(group) }, { $set: { folded: true }, $unset: { deltas: '' } });
  }

  async expire(beforeMs: number): Promise<number> {
    const { deletedCount } = await this.groups.deleteMany({ createdAt: { $lt: beforeMs }, folded: true });
    return deletedCount;
  }

  private async standing(batchIds: readonly string[]): Promise<Pick<GroupDocument, '_id' | 'batchIds'>[]> {
    const filter = { batchIds: { $in: [...batchIds] } };
    return this.groups.find(filter, { projection: { batchIds: 1 }, readConcern: { level: 'majority' } }).toArray();
  }
}

function firstEndOf(deltas: Deltas): number {
  let first = Number.MAX_SAFE_INTEGER;
  for (const { key } of deltas.values()) first = Math.min(first, key.windowStartAt + key.windowMs);
  return first;
}

function groupId({ writerId, seq }: PendingGroup): string {
  return `${writerId}:${seq}`;
}
