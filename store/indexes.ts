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
  // Lists and snapshots of an environment, and what of it has changed.
  { collection: Collection.Flags, keys: { environment: 1, 'lastChange.at': 1 } },
  { collection: Collection.Segments, keys: { environment: 1 } },
  // The chain of a flag, and the highest transition of a rollout.
  { collection: Collection.Decisions, keys: { flagId: 1, revision: 1 } },
  { collection: Collection.Decisions, keys: { rolloutId: 1, transition: 1 } },
  { collection: Collection.SegmentDecisions, keys: { segmentId: 1, revision: 1 } },
  { collection: Collection.KillSwitchDecisions, keys: { switchId: 1, revision: 1 } },
  { collection: Collection.HoldoutDecisions, keys: { holdoutsId: 1, revision: 1 } },
  // What was found out about a rollout's lowerings.
  { collection: Collection.Attributions, keys: { rolloutId: 1, transition: 1 } },
  // The profiles of a flag.
  { collection: Collection.Baselines, keys: { environment: 1, flagKey: 1 } },
  { collection: Collection.VectorBaselines, keys: { environment: 1, flagKey: 1 } },
  { collection: Collection.Leases, keys: { environment: 1, changedAt: 1 } },
  // Lists by environment and the identity of a start.
  { collection: Collection.Rollouts, keys: { environment: 1, flagKey: 1, startedAt: -1 } },
  { collection: Collection.Rollouts, keys: { identity: 1, startedAt: -1 } },
  // What the reconciler goes over.
  { collection: Collection.Rollouts, keys: { outcome: 1, startedAt: 1 } },
  // What has ended since, to be learned from.
  { collection: Collection.Rollouts, keys: { endedAt: 1 } },
  // Scheduled changes of a flag or an environment, latest first; those whose workflow may be missing.
  { collection: Collection.ScheduledChanges, keys: { environment: 1, flagKey: 1, dueAt: 1 } },
  { collection: Collection.ScheduledChanges, keys: { status: 1, isTimed: 1 } },
  // Experiments of an environment or flag, newest first; those that have not ended.
  { collection: Collection.Experiments, keys: { environment: 1, startedAt: -1 } },
  { collection: Collection.Experiments, keys: { environment: 1, flag: 1, startedAt: -1 } },
  { collection: Collection.Experiments, keys: { outcome: 1, startedAt: 1 } },
  // Groups of an environment, newest first.
  { collection: Collection.Groups, keys: { environment: 1, startedAt: -1 } },
  { collection: Collection.Groups, keys: { outcome: 1, startedAt: 1 } },
  { collection: Collection.Tokens, keys: { hash: 1 }, options: { unique: true } },
  // A batch counts once; what is to be folded, each writer's in order; what may go.
  { collection: Collection.IngestGroups, keys: { batchIds: 1 }, options: { unique: true } },
  { collection: Collection.IngestGroups, keys: { folded: 1, writerId: 1, seq: 1 } },
  { collection: Collection.IngestGroups, keys: { createdAt: 1 } },
  // New windows of a rollout, in time order; what may go.
  { collection: Collection.MetricWindows, keys: { flagId: 1, rolloutId: 1, windowStart: 1 } },
  { collection: Collection.MetricWindows, keys: { windowStart: 1 } },
  // A rollout's users, in time order, while it lives.
  { collection: Collection.RolloutUsers, keys: { rolloutId: 1, windowStart: 1 } },
  { collection: Collection.RolloutCohorts, keys: { rolloutId: 1, followedCount: 1 } },
  // Past deployments of a flag, service, author or owner, and all of them in time order.
  { collection: Collection.Deployments, keys: { environment: 1, flagKey: 1, endedAt: 1 } },
  { collection: Collection.Deployments, keys: { environment: 1, service: 1, endedAt: 1 } },
  { collection: Collection.Deployments, keys: { environment: 1, author: 1, endedAt: 1 } },
  { collection: Collection.Deployments, keys: { environment: 1, owner: 1, endedAt: 1 } },
  { collection: Collection.Deployments, keys: { endedAt: 1 } },
  // Features of an entity as of a moment.
  { collection: Collection.Features, keys: { environment: 1, 'entity.kind': 1, 'entity.id': 1, at: 1 } },
  // Versions of a kind of model, newest first.
  { collection: Collection.Models, keys: { kind: 1, number: -1 } },
  // What models have said of rollouts, newest first.
  { collection: Collection.Predictions, keys: { kind: 1, at: -1 } },
];
