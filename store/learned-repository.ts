import type { Collection as MongoCollection, Db, Filter, OptionalUnlessRequiredId } from 'mongodb';
import { insertOnce } from './swap-document';

/** Something learned of a flag from its ended rollouts: totals, nothing of any user. */
export interface Learned {
  readonly _id: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly segment: string;
  /** The last rollouts it has learned from, newest last: none teaches twice. */
  readonly learnedFrom: readonly string[];
  /** Grows with every save. */
  readonly version: number;
}

/** What was learned of flags, one document for each thing learned. */
export interface LearnedRepository<T extends Learned> {
  get(id: string): Promise<T | null>;
  /** All of a flag, by id. */
  listFor(environment: string, flagKey: string): Promise<T[]>;
  /** Saves if the version standing is the expected one (0 for none); answers whether it did. */
  save(learned: Omit<T, 'version'>, expectedVersion: number): Promise<boolean>;
}

/** {@link LearnedRepository} in MongoDB. */
export class MongoLearnedRepository<T extends Learned> implements LearnedRepository<T> {
  private readonly learned: MongoCollection<T>;

  /** @param unlisted - fields that lists leave out */
  constructor(
    db: Db,
    collection: string,
    private readonly unlisted: readonly string[] = [],
  ) {
    this.learned = db.collection<T>(collection);
  }

  async get(id: string): Promise<T | null> {
    return (await this.learned.findOne({ _id: id } as Filter<T>)) as T | null;
  }

  async listFor(environment: string, flagKey: string): Promise<T[]> {
    const projection = Object.fromEntries(this.unlisted.map((field) => [field, 0]));
    const found = this.learned.find({ environment, flagKey } as Filter<T>, { projection }).sort({ _id: 1 });
    return (await found.toArray()) as unknown as T[];
  }

  async save(learned: Omit<T, 'version'>, expectedVersion: number): Promise<boolean> {
    const next = { ...learned, version: expectedVersion + 1 } as T;
    if (expectedVersion > 0) {
      const { _id, ...rest } = next;
      const result = await this.learned.replaceOne({ _id, version: expectedVersion } as Filter<T>, rest);
      return result.matchedCount === 1;
    }
    return insertOnce(this.learned, next as OptionalUnlessRequiredId<T>);
  }
}

/** {@link LearnedRepository} in memory, for tests and for programs without a database. */
export class MemoryLearnedRepository<T extends Learned> implements LearnedRepository<T> {
  private readonly learned = new Map<string, T>();

  async get(id: string): Promise<T | null> {
    return structuredClone(this.learned.get(id) ?? null);
  }

  async listFor(environment: string, flagKey: string): Promise<T[]> {
    const found = [...this.learned.values()].filter(
      (one) => one.environment === environment && one.flagKey === flagKey,
    );
    return structuredClone(found.sort((a, b) => (a._id < b._id ? -1 : 1)));
  }

  async save(learned: Omit<T, 'version'>, expectedVersion: number): Promise<boolean> {
    if ((this.learned.get(learned._id)?.version ?? 0) !== expectedVersion) return false;
    this.learned.set(learned._id, structuredClone({ ...learned, version: expectedVersion + 1 } as T));
    return true;
  }
}
