import { Binary, type AnyBulkWriteOperation, type Collection as MongoCollection, type Db } from 'mongodb';
import { parseDocumentId } from '../flags/document/identifiers';
import { amountsOf, addAmount, type Deltas } from '../metrics/deltas';
import { advanceCohorts, emptyCohorts, type Cohorts } from '../metrics/users/cohorts';
import { packCohorts, unpackCohorts } from '../metrics/users/pack-cohorts';
import type { StoredUsers } from '../metrics/users/user-amounts';
import { USER_SHARDS } from '../metrics/users/user-shard';
import { ALL_USERS, JUDGE_AFTER_MS, windowStartAt, type SourceTrouble, type StrataQuery } from '../metrics/windows';
import { applyDeltas } from './apply-deltas';
import { Collection } from './collections';
import { RolloutKeysRepository } from './rollout-keys-repository';
import type { WindowDocument } from './window-document';
import { insertOnce } from './swap-document';

/** Most users of one arm under one transition; each document of theirs then stays below 4 MB. */
const MAX_USERS = 1_000_000;
/** The mark on windows that users are counted in, in place of a writer of groups. */
const COUNTED = { writerId: 'users', seq: 0 };

/** Users of one shard in one window, as the fold writes them. */
type UserDocument = Omit<WindowDocument, 'totals'> & { readonly totals?: { readonly users?: StoredUsers } };

/** What is remembered of one shard of the users of one arm under one transition. */
interface CohortDocument {
  readonly _id: string;
  readonly rolloutId: string;
  readonly upTo: number | null;
  readonly seen: Binary;
  readonly followed: string;
  readonly followedCount: number;
}

/** One shard while it is taken forward. */
interface Shard {
  readonly id: string;
  readonly transition: number;
  readonly variant: string;
  readonly before: CohortDocument | null;
  readonly windows: UserDocument[];
}

/**
 * Users of live rollouts, from what was folded for each window to totals in which each counts once. Any number of
 * processes may take the same rollout forward: totals are added first, under a mark that is set once, and only then is
 * remembered who has been counted; whoever stops in between is repeated by the next without effect. So all shards of an
 * arm are always taken forward together.
 */
export class MongoUserCohorts {
  private readonly users: MongoCollection<UserDocument>;
  private readonly cohorts: MongoCollection<CohortDocument>;
  private readonly keys: RolloutKeysRepository;

  constructor(
    db: Db,
    private readonly windows: MongoCollection<WindowDocument>,
    clock: { nowMs(): number },
  ) {
    this.users = db.collection(Collection.RolloutUsers);
    this.cohorts = db.collection(Collection.RolloutCohorts);
    this.keys = new RolloutKeysRepository(db, clock);
  }

  /** Counts users in the windows up to the last one that is complete. Does nothing for a rollout without metrics per user. */
  async advance(query: StrataQuery, completeMs: number): Promise<void> {
    const { rolloutId, windowMs, users: wanted } = query;
    if (wanted === undefined || !Number.isFinite(completeMs) || (await this.keys.hasTooManyUsers(rolloutId))) return;
    const closedUpTo = windowStartAt(completeMs - windowMs - JUDGE_AFTER_MS, windowMs);
    const { environment, key: flag } = parseDocumentId(query.flagId);
    const deltas: Deltas = new Map();
    const saves: { readonly shard: Shard; readonly after: CohortDocument }[] = [];
    for (const shard of await this.shardsOf(rolloutId, closedUpTo)) {
      const cohorts = shard.before === null ? emptyCohorts() : fromDocument(shard.before);
      const windows = shard.windows.map(({ windowStart, totals }) => ({ windowStart, users: totals?.users ?? {} }));
      const counted = advanceCohorts(cohorts, windows, closedUpTo, { windowMs, ...wanted });
      if (cohorts.seen.size > MAX_USERS / USER_SHARDS) {
        await this.keys.markTooManyUsers(rolloutId);
        return;
      }
      const { transition, variant } = shard;
      for (const [windowStart, amounts] of counted) {
        const key = { environment, flag, rollout: rolloutId, transition, variant, segment: ALL_USERS };
        const target = amountsOf(deltas, { ...key, windowStartAt: windowStart, windowMs });
        for (const [path, amount] of amounts) addAmount(target, path, amount);
      }
      saves.push({ shard, after: toDocument(shard.id, rolloutId, cohorts) });
    }
    if (deltas.size > 0) await applyDeltas(this.windows, COUNTED, deltas);
    await Promise.all(saves.map(async ({ shard, after }) => this.save(shard, after)));
  }

  /** What keeps a rollout's metrics per user away. */
  async troubleOf(rolloutId: string): Promise<SourceTrouble | null> {
    if (!(await this.keys.hasTooManyUsers(rolloutId))) return null;
    const detail =
      'More users came than can be counted one by one, so metrics per user are not judged any more; measure per request, or roll out to a rule that fewer users reach.';
    return { quality: 'too_many_users', detail };
  }

  private async shardsOf(rolloutId: string, closedUpTo: number): Promise<Iterable<Shard>> {
    const windows = await this.users
      .find({ rolloutId, windowStart: { $lte: closedUpTo } }, { projection: { folded: 0 } })
      .sort({ windowStart: 1 })
      .toArray();
    const byId = new Map<string, UserDocument[]>();
    for (const window of windows) {
      const id = cohortId(window);
      const standing = byId.get(id);
      if (standing === undefined) byId.set(id, [window]);
      else standing.push(window);
    }
    const known = { $or: [{ _id: { $in: [...byId.keys()] } }, { rolloutId, followedCount: { $gt: 0 } }] };
    const before = await this.cohorts.find(known).toArray();
    for (const { _id } of before) if (!byId.has(_id)) byId.set(_id, []);
    const standing = new Map(before.map((cohort) => [cohort._id, cohort]));
    return [...byId].map(([id, ofShard]) => {
      const [transition = '', variant = ''] = id.split('/').slice(1);
      return { id, transition: Number(transition), variant, before: standing.get(id) ?? null, windows: ofShard };
    });
  }

  /** Remembers, unless another copy was faster; then removes the windows that nobody needs any more. */
  private async save({ id, before, windows }: Shard, after: CohortDocument): Promise<void> {
    if (before === null) {
      if (!(await insertOnce(this.cohorts, after))) return;
    } else {
      const write: AnyBulkWriteOperation<CohortDocument> = {
        replaceOne: { filter: { _id: id, upTo: before.upTo }, replacement: after },
      };
      if ((await this.cohorts.bulkWrite([write])).matchedCount === 0) return;
    }
    if (windows.length > 0) await this.users.deleteMany({ _id: { $in: windows.map(({ _id }) => _id) } });
  }
}

/** Shards stand where segments do; ids of rollouts hold no slash. */
function cohortId({ rolloutId, transition, variant, segment }: UserDocument): string {
  return `${rolloutId}/${transition}/${variant}/${segment}`;
}

function fromDocument({ upTo, seen, followed }: CohortDocument): Cohorts {
  return unpackCohorts({ upTo, seen: Buffer.from(seen.value()), followed });
}

function toDocument(_id: string, rolloutId: string, cohorts: Cohorts): CohortDocument {
  const { seen, ...rest } = packCohorts(cohorts);
  return { _id, rolloutId, ...rest, seen: new Binary(seen) };
}
