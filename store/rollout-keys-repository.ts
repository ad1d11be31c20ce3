import { Binary, type Collection as MongoCollection, type Db } from 'mongodb';
import { Collection } from './collections';
import { isDuplicateKey } from './database';
import { insertOnce } from './swap-document';

/** A rollout's key as servers use it, and whether its users are still counted. */
export interface RolloutKey {
  readonly key: Buffer;
  /** There were more users than can be counted; no more are. */
  readonly tooManyUsers: boolean;
}

/** A rollout whose key is not destroyed. */
export interface LiveKey {
  readonly rolloutId: string;
  readonly flagId: string;
}

interface KeyDocument {
  readonly _id: string;
  readonly flagId: string;
  /** Gone once the rollout has ended. */
  readonly key?: Binary;
  readonly createdAt?: number;
  readonly tooManyUsers?: boolean;
  /** When it was destroyed, by the database's clock. What is left then keeps it from being made again. */
  readonly destroyedAt?: number;
}

/**
 * The keys under which users of live rollouts are hashed: one for each rollout, in a collection of their own, in no
 * history, log, snapshot or record. A key is made once, read by servers alone, and destroyed at the end; nobody can
 * make another for the same rollout.
 */
export class RolloutKeysRepository {
  private readonly keys: MongoCollection<KeyDocument>;

  constructor(
    db: Db,
    private readonly clock: { nowMs(): number },
  ) {
    this.keys = db.collection(Collection.RolloutKeys);
  }

  /** The rollout's key: the one that stands, or else the one offered; null once it was destroyed. */
  async getOrCreate({ rolloutId, flagId }: LiveKey, offered: Buffer): Promise<RolloutKey | null> {
    const standing = await this.keys.findOne({ _id: rolloutId });
    if (standing !== null) return keyOf(standing);
    const made = { _id: rolloutId, flagId, key: new Binary(offered), createdAt: this.clock.nowMs() };
    if (await insertOnce(this.keys, made)) return { key: offered, tooManyUsers: false };
    const others = await this.keys.findOne({ _id: rolloutId });
    return others === null ? null : keyOf(others);
  }

  /** Counts no more users of a rollout. */
  async markTooManyUsers(rolloutId: string): Promise<void> {
    await this.keys.updateOne({ _id: rolloutId, destroyedAt: { $exists: false } }, { $set: { tooManyUsers: true } });
  }

  /** Whether users of a rollout are no longer counted. */
  async hasTooManyUsers(rolloutId: string): Promise<boolean> {
    const filter = { _id: rolloutId, tooManyUsers: true };
    return (await this.keys.findOne(filter, { projection: { _id: 1 } })) !== null;
  }

  /** Destroys a rollout's key, made or not, so that none can be made any more. Safe to repeat. */
  async destroy({ rolloutId, flagId }: LiveKey): Promise<void> {
    try {
      await this.keys.updateOne(
        { _id: rolloutId, destroyedAt: { $exists: false } },
        { $set: { flagId, destroyedAt: this.clock.nowMs() }, $unset: { key: '' } },
        { upsert: true },
      );
    } catch (error) {
      // It was destroyed before, or made by a server at this very moment.
      if (!isDuplicateKey(error)) throw error;
      const standing = await this.keys.findOne({ _id: rolloutId }, { projection: { destroyedAt: 1 } });
      if (standing?.destroyedAt === undefined) await this.destroy({ rolloutId, flagId });
    }
  }

  /** Rollouts whose key stands. */
  async live(): Promise<LiveKey[]> {
    const filter = { destroyedAt: { $exists: false } };
    const found = await this.keys.find(filter, { projection: { flagId: 1 } }).toArray();
    return found.map(({ _id, flagId }) => ({ rolloutId: _id, flagId }));
  }

  /** Forgets keys that were destroyed before an instant; answers how many. */
  async expire(beforeMs: number): Promise<number> {
    return (await this.keys.deleteMany({ destroyedAt: { $lt: beforeMs } })).deletedCount;
  }
}

function keyOf({ key, tooManyUsers = false }: KeyDocument): RolloutKey | null {
  return key === undefined ? null : { key: Buffer.from(key.value()), tooManyUsers };
}
