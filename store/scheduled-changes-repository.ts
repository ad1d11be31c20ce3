import type { Collection as MongoCollection, Db, Filter } from 'mongodb';
import type { ErrorCode } from '../core/errors';
import type { Actor } from '../flags/document/decision-record';
import type { FlagInput } from '../flags/edit/flag-input';
import type { ExperimentPlan } from '../flags/experiment/experiment-plan';
import type { RolloutPlan } from '../flags/plan/plan';
import { Collection } from './collections';
import { plainCopy } from './plain-copy';

/** What is to be done to a flag. */
export type PlannedChange =
  | { readonly kind: 'switch'; readonly enabled: boolean }
  /** A whole document, written only over the revision it was made for; 0 for a flag that must not exist. */
  | { readonly kind: 'edit'; readonly flag: FlagInput; readonly revision: number }
  | { readonly kind: 'archive' }
  | { readonly kind: 'rollout'; readonly start: PlannedStart<RolloutPlan> }
  | { readonly kind: 'experiment'; readonly start: PlannedStart<ExperimentPlan> };

/**
 * A rollout or an experiment to be started; ids and salt are made when it is scheduled, so that a repeated start is the
 * same one.
 */
export interface PlannedStart<Plan> {
  /** Its id, under the name by which the owner of a flag's live block is known. */
  readonly rolloutId: string;
  readonly identity: string;
  readonly salt: string;
  readonly plan: Plan;
  /** Start anew although the same one has finished. */
  readonly again: boolean;
}

/**
 * `scheduled` waits for its time and can be taken back. `making` is being done. The rest are ends: `conflict` when what
 * stood there no longer was what the change was made for, `refused` when nobody could make it so, `expired` when it
 * came too late.
 */
export type ScheduledStatus = 'scheduled' | 'making' | ScheduledEnd;
/** How a scheduled change ended. */
export type ScheduledEnd = 'made' | 'conflict' | 'refused' | 'expired' | 'cancelled';

/** What came of a scheduled change. */
export interface ScheduledOutcome {
  /** ISO 8601, by the database's clock. */
  readonly at: string;
  /** One sentence for a person. */
  readonly text: string;
  /** Why it was not made. */
  readonly code?: ErrorCode;
  /** Of the flag once it was made. */
  readonly revision?: number;
  /** Of the rollout that it started or found. */
  readonly rolloutId?: string;
  /** Of the experiment that it started or found. */
  readonly experimentId?: string;
  /** Who took it back. */
  readonly by?: string;
}

/** What somebody wants to happen to a flag at a time. */
export interface ScheduledChange {
  readonly _id: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly change: PlannedChange;
  readonly reason: string;
  /** ISO 8601 in UTC. */
  readonly dueAt: string;
  /** How late it may still be made, in milliseconds. */
  readonly expiresAfterMs: number;
  readonly askedBy: { readonly tokenId: string; readonly actor: Actor };
  readonly askedAt: string;
  readonly status: ScheduledStatus;
  /** Whether its workflow is known to have been started. */
  readonly isTimed: boolean;
  readonly outcome: ScheduledOutcome | null;
}

/** What of a list is wanted. */
export interface ScheduledChangesQuery {
  readonly environment: string;
  readonly flagKey?: string | undefined;
  /** Those that have ended too. */
  readonly ended: boolean;
  readonly limit: number;
}

const OPEN: readonly ScheduledStatus[] = ['scheduled', 'making'];

/** Scheduled changes; every change of status is a compare-and-swap on the status before. */
export class ScheduledChangesRepository {
  private readonly changes: MongoCollection<ScheduledChange>;

  constructor(db: Db) {
    this.changes = db.collection<ScheduledChange>(Collection.ScheduledChanges);
  }

  async insert(change: ScheduledChange): Promise<void> {
    await this.changes.insertOne(plainCopy(change));
  }

  async get(id: string): Promise<ScheduledChange | null> {
    return this.changes.findOne({ _id: id });
  }

  /** Soonest first while they wait; with ended ones, latest first. */
  async list({ environment, flagKey, ended, limit }: ScheduledChangesQuery): Promise<ScheduledChange[]> {
    const filter: Filter<ScheduledChange> = {
      environment,
      ...(flagKey === undefined ? {} : { flagKey }),
      ...(ended ? {} : { status: { $in: [...OPEN] } }),
    };
    return this.changes
      .find(filter)
      .sort({ dueAt: ended ? -1 : 1, _id: 1 })
      .limit(limit)
      .toArray();
  }

  /** How many of a flag wait for their time. */
  async countOpen(environment: string, flagKey: string): Promise<number> {
    return this.changes.countDocuments({ environment, flagKey, status: { $in: [...OPEN] } });
  }

  /** Notes that its workflow has been started. */
  async markTimed(id: string): Promise<void> {
    await this.changes.updateOne({ _id: id }, { $set: { isTimed: true } });
  }

  /** Those asked for before an instant whose workflow is not known to have been started. */
  async untimed(before: string): Promise<ScheduledChange[]> {
    const filter: Filter<ScheduledChange> = { status: 'scheduled', isTimed: false, askedAt: { $lt: before } };
    return this.changes.find(filter).limit(100).toArray();
  }

  /** Those asked for before an instant whose workflow has been started and that have not ended, soonest first. */
  async timed(askedBefore: string, limit: number): Promise<ScheduledChange[]> {
    const filter: Filter<ScheduledChange> = {
      status: { $in: [...OPEN] },
      isTimed: true,
      askedAt: { $lt: askedBefore },
    };
    return this.changes.find(filter).sort({ dueAt: 1, _id: 1 }).limit(limit).toArray();
  }

  /** Takes away one that could not be given a workflow; false when it is no longer waiting. */
  async remove(id: string): Promise<boolean> {
    return (await this.changes.deleteOne({ _id: id, status: 'scheduled' })).deletedCount === 1;
  }

  /** From `scheduled` to `making`, after which it cannot be taken back; false when it stood otherwise. */
  async claim(id: string): Promise<boolean> {
    const claimed = await this.changes.updateOne({ _id: id, status: 'scheduled' }, { $set: { status: 'making' } });
    return claimed.modifiedCount === 1;
  }

  /** Ends it if it stands at `from`; answers how it stands then, ended by this call or before. */
  async end(
    id: string,
    from: 'scheduled' | 'making',
    status: ScheduledEnd,
    outcome: ScheduledOutcome,
  ): Promise<ScheduledChange | null> {
    await this.changes.updateOne({ _id: id, status: from }, { $set: { status, outcome: plainCopy(outcome) } });
    return this.get(id);
  }
}

/** What is to happen, in a few words. */
export function changeInWords(change: PlannedChange): string {
  switch (change.kind) {
    case 'switch':
      return change.enabled ? 'switch on' : 'switch off';
    case 'edit':
      return change.revision === 0 ? 'create' : `edit revision ${change.revision}`;
    case 'archive':
      return 'archive';
    case 'rollout':
      return `roll out ${change.start.plan.candidate}`;
    case 'experiment':
      return `start an experiment of ${change.start.plan.treatments.join(', ')}`;
  }
}

/** What the workflow that is its clock is told of a change. */
export function timerInputOf({ _id: id, environment, flagKey, dueAt, change, askedBy }: ScheduledChange) {
  return { id, environment, flagKey, dueAt, what: changeInWords(change), askedBy: askedBy.actor.name };
}
