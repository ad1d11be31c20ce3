import type { CreateIndexesOptions, IndexSpecification } from 'mongodb';
import { Collection } from './collections';

/** One index that the code relies on. */
export interface IndexWanted {
  readonly collection: string;
  readonly keys: IndexSpecification;
  readonly options?: CreateIndexesOptions;
}

/** Every index beside `_id`, with the query that needs it. */
export const INDEXES: readonly IndexWanted[] = [
  // Lists and snapshots of an environment.
  { collection: Collection.Flags, keys: { environment: 1 } },
  { collection: Collection.Segments, keys: { environment: 1 } },
  // The chain of a flag, and the highest transition of a rollout.
  { collection: Collection.Decisions, keys: { flagId: 1, revision: 1 } },
  { collection: Collection.Decisions, keys: { rolloutId: 1, transition: 1 } },
  { collection: Collection.Leases, keys: { environment: 1 } },
  // Lists by environment and the identity of a start.
  { collection: Collection.Rollouts, keys: { environment: 1, flagKey: 1, startedAt: -1 } },
  { collection: Collection.Rollouts, keys: { identity: 1, startedAt: -1 } },
  { collection: Collection.Tokens, keys: { hash: 1 }, options: { unique: true } },
];
