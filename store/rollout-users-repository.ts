import type { Collection as MongoCollection, Db } from 'mongodb';
import { Collection } from './collections';
import { RolloutKeysRepository, type LiveKey } from './rollout-keys-repository';

/** What is kept of single users while a rollout lives, and its end. */
export class RolloutUsersRepository {
  private readonly keys: RolloutKeysRepository;
  private readonly hashed: readonly MongoCollection<{ readonly _id: string; readonly rolloutId: string }>[];

  constructor(db: Db, clock: { nowMs(): number }) {
    this.keys = new RolloutKeysRepository(db, clock);
    this.hashed = [db.collection(Collection.RolloutUsers), db.collection(Collection.RolloutCohorts)];
  }

  /** Destroys the key for good, whether one was ever made or not. Safe to repeat. */
  async destroyKey(rollout: LiveKey): Promise<void> {
    await this.keys.destroy(rollout);
  }

  /** Removes every hash of a rollout. Safe to repeat. */
  async removeUsers(rolloutId: string): Promise<void> {
    for (const collection of this.hashed) await collection.deleteMany({ rolloutId });
  }

  /** Rollouts whose key stands. */
  async liveKeys(): Promise<LiveKey[]> {
    return this.keys.live();
  }

  /** Forgets that keys were destroyed, long after anybody could ask for them again; answers how many. */
  async expire(beforeMs: number): Promise<number> {
    return this.keys.expire(beforeMs);
  }

  /** Removes hashes whose rollout has no key: an acknowledged batch may be folded after the end. Answers the rollouts' ids. */
  async removeUnkeyed(): Promise<string[]> {
    const found = new Set<string>();
    for (const collection of this.hashed) for (const id of await collection.distinct('rolloutId')) found.add(id);
    // Read after the hashes: a rollout that has any had its key before.
    const keyed = new Set((await this.keys.live()).map(({ rolloutId }) => rolloutId));
    const unkeyed = [...found].filter((rolloutId) => !keyed.has(rolloutId));
    for (const rolloutId of unkeyed) await this.removeUsers(rolloutId);
    return unkeyed;
  }
}
