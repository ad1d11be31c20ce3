import type { Collection as MongoCollection, Db } from 'mongodb';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { within } from '../core/within';
import { Compaction, type CompactWindow } from '../metrics/compaction';
import { readStrata } from '../metrics/read-strata';
import { ALL_USERS, JUDGE_AFTER_MS, windowStartAt } from '../metrics/windows';
import type { MetricSource, SourceTrouble, Stratum, StrataQuery } from '../metrics/windows';
import { applyDeltas, applyRun } from './apply-deltas';
import { splitUsers } from './split-users';
import { MongoUserCohorts } from './user-cohorts';
import { Collection } from './collections';
import { createFold, type Fold } from './fold';
import { MongoIngestGroupsRepository, type IngestGroupsRepository } from './ingest-groups-repository';
import type { WindowDocument } from './window-document';
import { insertOnce } from './swap-document';

/** Which rollout's windows become one document. */
export interface CompactRequest {
  readonly flagId: string;
  readonly rolloutId: string;
  readonly control: string;
  readonly candidate: string;
  /** Of an experiment, its treatments but for the first, which is the candidate. */
  readonly others?: readonly string[];
}

/** An ended rollout's windows in one document of less than 8 MB. */
export interface CompactedRollout {
  /** The rollout's id. */
  readonly _id: string;
  readonly flagId: string;
  readonly control: string;
  readonly candidate: string;
  /** Milliseconds since the Unix epoch, by the database's clock. */
  readonly compactedAt: number;
  /** In time order; merged into longer windows, and with less detail, where there were too many. */
  readonly windows: readonly CompactWindow[];
}

/** Headgate's own windows: where the judge reads, and where a rollout's numbers stay when it has ended. */
export interface WindowsRepository extends MetricSource {
  /** Brings what is acknowledged into the windows. */
  readonly fold: Fold;
  /**
   * Merges an ended rollout's windows into one document and deletes the loose ones. Safe to repeat, to overlap and to
   * stop anywhere: the document is made once, and windows that show up after it are copies or data of an ended rollout,
   * and are dropped.
   */
  compact(request: CompactRequest): Promise<void>;
  readCompacted(rolloutId: string): Promise<CompactedRollout | null>;
  /** The windows that a rollout has so far, whether it has ended or not, in the form in which an ended one's are kept. */
  readRecorded(flagId: string, rolloutId: string): Promise<readonly CompactWindow[]>;
  /** Strata of an ended rollout, for the weights of its transitions. */
  readCompactedStrata(rolloutId: string, weights: StrataQuery['weights']): Promise<readonly Stratum[]>;
  /** Removes loose windows that began, and compacted ones that were made, before an instant; answers how many. */
  expire(beforeMs: number): Promise<number>;
}

/** How long a look waits for a pass of folding, in milliseconds. */
const FOLD_PATIENCE_MS = 1_000;
/**
 * How long after its making, in milliseconds, a group is no longer left to the server that made it: that one has died,
 * or is far behind. A living server folds within eight seconds.
 */
const OVERDUE_MS = 15_000;
/**
 * How many looks of a process wait for a pass at the same time. A look that waits holds a slot for workflow tasks: a
 * thousand rollouts would fill all of them with waiting. Beyond this number a look judges what stands.
 */
const MAX_WAITING_LOOKS = 8;
/** Amounts in a compacted rollout: at most 20 bytes each, so that the document stays below 6 MB. */
const MAX_COMPACT_AMOUNTS = 300_000;

/**
 * {@link WindowsRepository} in MongoDB. Before it reads it folds what is overdue, so that a crashed server delays its
 * data by seconds only.
 */
export class MongoWindowsRepository implements WindowsRepository {
  readonly fold: Fold;
  /**
   * What was acknowledged before this instant, by the database's clock, stands in the windows that had ended {@link
   * JUDGE_AFTER_MS} before it.
   */
  private foldedAt = Number.NEGATIVE_INFINITY;
  private waitingLooks = 0;
  /** How long the last pass took that looks asked for. */
  private lastPassMs = 0;
  private readonly groups: IngestGroupsRepository;
  private readonly windows: MongoCollection<WindowDocument>;
  private readonly compacted: MongoCollection<CompactedRollout>;
  private readonly users: MongoUserCohorts;

  constructor(
    db: Db,
    private readonly clock: { nowMs(): number },
    private readonly foldPatienceMs = FOLD_PATIENCE_MS,
  ) {
    this.windows = db.collection(Collection.MetricWindows);
    this.compacted = db.collection(Collection.RolloutWindows);
    this.users = new MongoUserCohorts(db, this.windows, this.clock);
    this.groups = new MongoIngestGroupsRepository(db);
    const ofUsers = db.collection<WindowDocument>(Collection.RolloutUsers);
    this.fold = createFold({
      groups: this.groups,
      apply: async (group, deltas) => {
        const { rest, users } = splitUsers(deltas);
        if (users.size > 0) await applyDeltas(ofUsers, group, users);
        await applyDeltas(this.windows, group, rest);
      },
      applyRun: async (run) => {
        const split = run.map(({ group, deltas }) => ({ group, ...splitUsers(deltas) }));
        const users = split.filter((part) => part.users.size > 0);
        if (users.length > 0)
          await applyRun(
            ofUsers,
            users.map(({ group, users: deltas }) => ({ group, deltas })),
          );
        await applyRun(
          this.windows,
          split.map(({ group, rest: deltas }) => ({ group, deltas })),
        );
      },
    });
  }

  async fetchStrata(query: StrataQuery): Promise<readonly Stratum[]> {
    return answering(async () => {
      const completeMs = await this.foldFor(query);
      await this.users.advance(query, completeMs);
      const windows = await this.windows
        .find(
          {
            flagId: query.flagId,
            rolloutId: query.rolloutId,
            windowStart: { $gte: query.fromMs, $lte: completeMs - query.windowMs - JUDGE_AFTER_MS },
            variant: { $in: [query.control, query.candidate] },
            segment: { $in: [ALL_USERS, ...query.segments] },
          },
          { projection: { folded: 0 } },
        )
        .toArray();
      return readStrata(windows, query);
    });
  }

  async troubleOf({ rolloutId, users }: StrataQuery): Promise<SourceTrouble | null> {
    return users === undefined ? null : answering(() => this.users.troubleOf(rolloutId));
  }

  async compact({ flagId, rolloutId, control, candidate, others = [] }: CompactRequest): Promise<void> {
    await answering(async () => {
      await this.fold.foldPending();
      if ((await this.compacted.findOne({ _id: rolloutId }, { projection: { _id: 1 } })) === null) {
        const windows = await this.gather(flagId, rolloutId, [control, candidate, ...others]);
        const document = { _id: rolloutId, flagId, control, candidate, compactedAt: this.clock.nowMs(), windows };
        await insertOnce(this.compacted, document);
      }
      await this.windows.deleteMany({ flagId, rolloutId });
    });
  }

  async readCompacted(rolloutId: string): Promise<CompactedRollout | null> {
    return answering(() => this.compacted.findOne({ _id: rolloutId }));
  }

  async readRecorded(flagId: string, rolloutId: string): Promise<readonly CompactWindow[]> {
    const compacted = await this.readCompacted(rolloutId);
    return compacted?.windows ?? answering(() => this.gather(flagId, rolloutId));
  }

  async readCompactedStrata(rolloutId: string, weights: StrataQuery['weights']): Promise<readonly Stratum[]> {
    const found = await this.readCompacted(rolloutId);
    return found === null ? [] : readStrata(found.windows, { ...found, weights });
  }

  async expire(beforeMs: number): Promise<number> {
    return answering(async () => {
      const loose = await this.windows.deleteMany({ windowStart: { $lt: beforeMs } });
      const whole = await this.compacted.deleteMany({ compactedAt: { $lt: beforeMs } });
      return loose.deletedCount + whole.deletedCount;
    });
  }

  /**
   * Finds out how far the windows are complete, and folds when a group is overdue and a window asked for lacks it. A
   * thousand rollouts that are looked at in turn so cost one small read per window, or one pass. A pass that takes long
   * holds no look up, among many looks only a few wait, and none after a pass that took too long: the windows that it
   * would complete are judged by the next look.
   *
   * @returns the instant up to which what was acknowledged stands in the windows
   */
  private async foldFor({ nowMs, windowMs }: StrataQuery): Promise<number> {
    const lastEnd = windowStartAt(nowMs - JUDGE_AFTER_MS, windowMs);
    const closedAt = lastEnd + JUDGE_AFTER_MS;
    if (this.foldedAt >= closedAt) return nowMs;
    // The server folds what it was sent well before a look asks for it; one small read tells so. A look that folds as
    // well, while the server is at it, makes both slower: they add the same groups to the same windows.
    const first = await this.groups.firstPending();
    const untouchedMs = first === null ? nowMs : first.firstEndMs - 1 + JUDGE_AFTER_MS;
    this.foldedAt = Math.max(this.foldedAt, Math.min(nowMs, untouchedMs));
    const startedAt = this.clock.nowMs();
    const isOverdue = first !== null && startedAt - first.createdAt >= OVERDUE_MS;
    if (this.foldedAt >= closedAt || !isOverdue) return Math.min(nowMs, this.foldedAt);
    const pass = this.fold.foldPending().then(() => {
      this.foldedAt = Math.max(this.foldedAt, startedAt);
      this.lastPassMs = this.clock.nowMs() - startedAt;
      return true;
    });
    // Where the last pass was not worth waiting for, this one is hardly either.
    if (this.waitingLooks >= MAX_WAITING_LOOKS || this.lastPassMs > this.foldPatienceMs) {
      pass.catch(() => undefined);
      return this.foldedAt;
    }
    this.waitingLooks += 1;
    try {
      return (await within(this.foldPatienceMs, pass, false)) ? nowMs : this.foldedAt;
    } finally {
      this.waitingLooks -= 1;
    }
  }

  private async gather(flagId: string, rolloutId: string, variants?: readonly string[]): Promise<CompactWindow[]> {
    let compaction: Compaction | null = null;
    const filter = { flagId, rolloutId, ...(variants === undefined ? {} : { variant: { $in: [...variants] } }) };
    for await (const window of this.windows.find(filter).sort({ windowStart: 1 })) {
      const { windowStart, windowMs, transition, variant, segment, totals = {} } = window;
      compaction ??= new Compaction(windowMs, MAX_COMPACT_AMOUNTS);
      compaction.add({ windowStart, windowMs, transition, variant, segment, totals });
    }
    return compaction?.result() ?? [];
  }
}

/** @throws {HeadgateError} SOURCE_UNAVAILABLE (retryable) in place of whatever the database threw */
async function answering<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new HeadgateError(ErrorCode.SourceUnavailable, `metric windows cannot be read: ${messageOf(error)}`, {
      cause: error,
      retryable: true,
      remedy: 'Check that the database answers; the next look tries again.',
    });
  }
}
