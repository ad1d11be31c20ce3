import type { Collection as MongoCollection, Db } from 'mongodb';
import { documentId } from '../flags/document/identifiers';
import { KillSwitch, KillSwitchRecord } from '../flags/document/kill-switch';
import { linkProblems, recordHash } from './chain-link';
import { Collection } from './collections';
import { insertOnce, swapDocument } from './swap-document';
import { changesBetween } from './field-changes';
import { plainCopy } from './plain-copy';
import type { SegmentEdit } from './segment-chain';

/** Who turns a switch, why and when. */
export type KillSwitchEdit = SegmentEdit;

/** A switch, and the record of the write that made it so; null where it was never used. */
export type StandingKillSwitch = KillSwitch & { readonly lastChange: KillSwitchRecord | null };

/** What a verification of a switch's chain went over and what it found. */
export interface KillSwitchChainReport {
  readonly records: number;
  readonly problems: readonly { readonly switchId: string; readonly revision: number; readonly problem: string }[];
}

/** One kill switch for each environment, written by compare-and-swap on the revision, each write with its record. */
export interface KillSwitchesRepository {
  /** The switch; one that was never used is off at revision 0. */
  get(environment: string): Promise<StandingKillSwitch>;
  /** Turns it as the next revision if it stands at `expectedRevision`; null on a conflict. */
  put(
    environment: string,
    on: boolean,
    expectedRevision: number,
    edit: KillSwitchEdit,
  ): Promise<StandingKillSwitch | null>;
  /** Its records, newest first. */
  records(environment: string, limit?: number): Promise<KillSwitchRecord[]>;
  /** Checks its chain: numbers, hashes, and that it ends where the switch stands. */
  verify(environment: string): Promise<KillSwitchChainReport>;
}

/** A switch as it is stored: with its last record, so that whoever comes next can write one that its writer did not. */
type StoredSwitch = KillSwitch & { readonly _id: string; readonly lastChange: KillSwitchRecord };

const idOf = (environment: string): string => documentId(environment, 'kill-switch');

/** {@link KillSwitchesRepository} in MongoDB. As with flags, the switch carries its last record, so that no crash loses one. */
export class MongoKillSwitchesRepository implements KillSwitchesRepository {
  private readonly switches: MongoCollection<StoredSwitch>;
  private readonly decisions: MongoCollection<KillSwitchRecord>;

  constructor(db: Db) {
    this.switches = db.collection<StoredSwitch>(Collection.KillSwitches);
    this.decisions = db.collection<KillSwitchRecord>(Collection.KillSwitchDecisions);
  }

  async get(environment: string): Promise<StandingKillSwitch> {
    const stored = await this.switches.findOne({ _id: idOf(environment) });
    return stored === null ? { environment, on: false, revision: 0, lastChange: null } : shown(stored);
  }

  async put(
    environment: string,
    on: boolean,
    expectedRevision: number,
    edit: KillSwitchEdit,
  ): Promise<StandingKillSwitch | null> {
    const before = await this.switches.findOne({ _id: idOf(environment) });
    if ((before?.revision ?? 0) !== expectedRevision) return null;
    const record = chainRecord(before, { environment, on }, edit);
    const next: StoredSwitch = {
      _id: record.switchId,
      environment,
      on,
      revision: record.revision,
      lastChange: record,
    };
    // The predecessor's record first: once the switch no longer carries it, nobody could write it any more.
    if (before !== null) await insertOnce(this.decisions, before.lastChange);
    if (!(await swapDocument(this.switches, before, next))) return null;
    // The switch carries the record, so the swap stands with or without this insert.
    await insertOnce(this.decisions, record).catch(() => undefined);
    return shown(next);
  }

  async records(environment: string, limit = 100): Promise<KillSwitchRecord[]> {
    const switchId = idOf(environment);
    const records = await this.decisions.find({ switchId }).sort({ revision: -1 }).limit(limit).toArray();
    const last = (await this.switches.findOne({ _id: switchId }))?.lastChange;
    const isMissing = last !== undefined && records[0]?.revision !== last.revision;
    return (isMissing ? [last, ...records] : records).slice(0, limit);
  }

  async verify(environment: string): Promise<KillSwitchChainReport> {
    const switchId = idOf(environment);
    const stored = await this.switches.findOne({ _id: switchId });
    const upTo = stored?.revision ?? Number.MAX_SAFE_INTEGER;
    const chain = await this.decisions
      .find({ switchId, revision: { $lte: upTo } })
      .sort({ revision: 1 })
      .toArray();
    const problems: { revision: number; problem: string }[] = [];
    if (stored === null) {
      if (chain.length > 0)
        problems.push({ revision: 0, problem: 'the kill switch is not there, though it has records' });
    } else {
      const { revision, on, lastChange } = stored;
      const inserted = chain.at(-1);
      if (lastChange.revision !== revision || on !== (lastChange.action === 'environment.kill')) {
        problems.push({ revision, problem: 'the kill switch does not stand as its record says' });
      }
      if (inserted?.revision !== revision) chain.push(lastChange);
      else if (inserted.hash !== lastChange.hash) {
        problems.push({ revision, problem: 'the last record differs from the one on the kill switch' });
      }
    }
    for (const [index, record] of chain.entries()) {
      const found = linkProblems(chain[index - 1] ?? null, record, KillSwitchRecord);
      problems.push(...found.map((problem) => ({ revision: record.revision, problem })));
    }
    return { records: chain.length, problems: problems.map((each) => ({ switchId, ...each })) };
  }
}

function chainRecord(
  before: StoredSwitch | null,
  after: Omit<KillSwitch, 'revision'>,
  { actor, reason, at }: KillSwitchEdit,
): KillSwitchRecord {
  const switchId = idOf(after.environment);
  const revision = (before?.revision ?? 0) + 1;
  const record: KillSwitchRecord = plainCopy({
    _id: `${switchId}:${revision}`,
    switchId,
    revision,
    at,
    actor,
    action: after.on ? ('environment.kill' as const) : ('environment.release' as const),
    reason: reason.slice(0, 1000),
    changes: changesBetween(before, after),
    previousHash: before?.lastChange.hash ?? '',
    hash: '',
  });
  return { ...record, hash: recordHash(record) };
}

function shown({ _id, lastChange, ...rest }: StoredSwitch): StandingKillSwitch {
  return { ...KillSwitch.parse(rest), lastChange: KillSwitchRecord.parse(lastChange) };
}
