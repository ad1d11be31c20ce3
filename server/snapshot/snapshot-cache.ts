import type { Clock } from '../../core/clock';
import { within } from '../../core/within';
import type { Flag } from '../../flags/document/flag';
import type { Observation } from '../../flags/document/rollout-block';
import type { Segment } from '../../flags/document/segment';
import type { SdkHoldouts } from '../../flags/evaluator/holdout';
import type { SdkKillSwitch } from '../../flags/evaluator/kill-switch';
import type { SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';
import { ownerMark } from './owner-mark';
import { isEqual, sentFlag, sentSegments, type SentFlag, type SentSegment } from './sent';
import { SnapshotHistory } from './snapshot-history';
import { SnapshotTexts } from './snapshot-texts';

/** What a snapshot is read from. */
export interface SnapshotReads {
  /** The database's time, in milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Revisions of an environment's flags by key, tombstones included: of all, or of those written since an instant. */
  flagRevisions(environment: string, changedSinceMs: number | null): Promise<ReadonlyMap<string, number>>;
  flags(environment: string, keys: readonly string[]): Promise<readonly Flag[]>;
  segments(environment: string): Promise<readonly Segment[]>;
  /** The environment's kill switch; null where it was never used. */
  killSwitch(environment: string): Promise<SdkKillSwitch | null>;
  /** The environment's live holdouts; null where there never was one. */
  holdouts(environment: string): Promise<SdkHoldouts | null>;
  /**
   * Ends of leases in milliseconds on the database's clock, by rollout id: of all live rollouts, or of the leases
   * written since an instant, where one that was ended has an end that has passed.
   */
  leases(environment: string, changedSinceMs: number | null): Promise<ReadonlyMap<string, number>>;
}

/** What a deleted flag leaves for SDKs, so that none goes back to an older revision. */
export interface SdkTombstone {
  readonly key: string;
  readonly revision: number;
  readonly deleted: true;
}

/** A live rollout as ingestion needs it. */
export interface ObservedRollout {
  readonly flagKey: string;
  readonly observe: Observation;
}

/** Flags, segments and leases of one environment as they stood at one moment. */
export interface Snapshot {
  readonly environment: string;
  /** Strong entity tag with its quotes: a hash of flags, segments, the kill switch and holdouts. */
  readonly etag: string;
  /** What is sent of it. */
  readonly texts: SnapshotTexts;
  /** What {@link texts} tell, for evaluations by the server itself. */
  readonly flags: readonly (SdkFlag | SdkTombstone)[];
  readonly segments: readonly SdkSegment[];
  /** Left out where it was never used. */
  readonly killSwitch?: SdkKillSwitch;
  /** Left out where there never was one. */
  readonly holdouts?: SdkHoldouts;
  /** What is measured of each live rollout, by its id. */
  readonly observed: ReadonlyMap<string, ObservedRollout>;
  /** Ids of the live rollouts in the order of the flags that carry them. */
  readonly rolloutIds: readonly string[];
  /** Ends of leases on the database's clock, by rollout id. */
  readonly leaseEndsAtMs: ReadonlyMap<string, number>;
}

/** A snapshot and what it was made from, to tell whether the next read differs. */
interface Built {
  readonly snapshot: Snapshot;
  readonly documentsVersion: number;
  readonly segments: readonly SentSegment[];
  readonly killSwitch: SdkKillSwitch | null;
  readonly holdouts: SdkHoldouts | null;
}

interface Entry {
  readonly documents: Map<string, SentFlag>;
  readonly history: SnapshotHistory;
  /** Grows with every change of `documents`. */
  documentsVersion: number;
  built: Built | null;
  /** Monotonic instant at which the reads of `built` began. */
  readAtMs: number;
  /** Database time at which they began; what was written since a little before is read next. */
  changesReadAtMs: number;
  /** Monotonic instant of the last read of everything. */
  allReadAtMs: number;
  /** The read under way, shared by all who ask meanwhile. */
  reading: Promise<Built> | null;
}

/** How old a snapshot may be: reads of the database follow time, not the number of SDKs that ask. */
const FRESH_MS = 200;
/** From which age on evaluations by the server read ahead; the rest of its life is what a read may take. */
const AHEAD_MS = 140;
/** How long a caller waits for a slow read before it gets what is known, and how old that may be. */
const PATIENCE_MS = 100;
const BRIDGED_MS = 2_000;
/** Between reads of everything, for what reads of changes may miss: writes that took very long, or went past this code. */
const ALL_EVERY_MS = 10_000;
/**
 * How far reads of changes overlap. A lease's instant is the database's own; a flag's is taken by its writer before the
 * write, which may then be slow or repeated.
 */
const LEASE_OVERLAP_MS = 2_000;
const FLAG_OVERLAP_MS = 10_000;

/**
 * Snapshots by environment, read when somebody asks and at most five times a second. A read costs what has changed, not
 * what there is. A slow one is bridged for two seconds by what was read before: leases carry the instants at which they
 * end, so an older reading makes them shorter and never longer. A read that fails is the caller's error; nothing is
 * served in its place, since SDKs keep what they have and count its leases down themselves.
 */
export class SnapshotCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly reads: SnapshotReads,
    private readonly clock: Clock,
  ) {}

  /** A snapshot at most 200 ms old, or 2 s while the database is slow. */
  async get(environment: string): Promise<Snapshot> {
    const entry = this.entryOf(environment);
    const { built } = entry;
    const ageMs = this.clock.monotonicMs() - entry.readAtMs;
    if (built !== null && ageMs < FRESH_MS) return built.snapshot;
    const reading = entry.reading ?? this.read(environment, entry);
    const bridge = built !== null && ageMs < BRIDGED_MS ? built : null;
    return (await (bridge === null ? reading : within(PATIENCE_MS, reading, bridge))).snapshot;
  }

  /**
   * What {@link get} would come to where that needs no waiting; undefined where it does. One that is soon too old is
   * read ahead, so that under steady use nobody waits.
   */
  peek(environment: string): Snapshot | undefined {
    const entry = this.entries.get(environment);
    if (entry === undefined || entry.built === null) return undefined;
    const ageMs = this.clock.monotonicMs() - entry.readAtMs;
    if (ageMs >= FRESH_MS) return undefined;
    if (ageMs >= AHEAD_MS && entry.reading === null) void this.read(environment, entry).catch(() => undefined);
    return entry.built.snapshot;
  }

  /** Makes the next reader read: a write through this process is then seen at once. */
  invalidate(environment: string): void {
    const entry = this.entries.get(environment);
    if (entry === undefined) return;
    entry.readAtMs = Number.NEGATIVE_INFINITY;
    entry.reading = null;
  }

  private entryOf(environment: string): Entry {
    let entry = this.entries.get(environment);
    if (entry === undefined) {
      entry = {
        documents: new Map(),
        history: new SnapshotHistory(),
        documentsVersion: 0,
        built: null,
        readAtMs: Number.NEGATIVE_INFINITY,
        changesReadAtMs: Number.NEGATIVE_INFINITY,
        allReadAtMs: Number.NEGATIVE_INFINITY,
        reading: null,
      };
      this.entries.set(environment, entry);
    }
    return entry;
  }

  private read(environment: string, entry: Entry): Promise<Built> {
    const sinceMs = this.clock.monotonicMs();
    const databaseMs = this.reads.nowMs();
    const isWhole = entry.built === null || sinceMs - entry.allReadAtMs >= ALL_EVERY_MS;
    const reading = this.load(environment, entry, isWhole);
    entry.reading = reading;
    const settle = (built: Built | null): void => {
      // Overtaken by an invalidation: what was read may be from before the write.
      if (entry.reading !== reading) return;
      entry.reading = null;
      if (built === null) return;
      entry.built = built;
      entry.readAtMs = sinceMs;
      entry.changesReadAtMs = databaseMs;
      if (isWhole) entry.allReadAtMs = sinceMs;
    };
    reading.then(settle, () => settle(null));
    return reading;
  }

  private async load(environment: string, entry: Entry, isWhole: boolean): Promise<Built> {
    const { reads } = this;
    const since = (overlapMs: number): number | null => (isWhole ? null : entry.changesReadAtMs - overlapMs);
    const [leasesSince, flagsSince] = [since(LEASE_OVERLAP_MS), since(FLAG_OVERLAP_MS)];
    const known = isWhole ? [] : (entry.built?.snapshot.leaseEndsAtMs ?? []);
    // Leases first: a lease is then never newer than the weight it is sent with.
    const leaseEndsAtMs = new Map([...known, ...(await reads.leases(environment, leasesSince))]);
    const [revisions, segments, killSwitch, holdouts] = await Promise.all([
      reads.flagRevisions(environment, flagsSince),
      reads.segments(environment),
      reads.killSwitch(environment),
      reads.holdouts(environment),
    ]);
    await this.fetchChanged(environment, entry, revisions);
    const { built: before, documentsVersion } = entry;
    const sent = sentSegments(segments, before?.segments ?? []);
    const isSame = before?.documentsVersion === documentsVersion && isEqual(before.segments, sent);
    const isSameBeside =
      before?.killSwitch?.revision === killSwitch?.revision && before?.holdouts?.revision === holdouts?.revision;
    if (isSame && isSameBeside) {
      return { ...before, snapshot: { ...before.snapshot, leaseEndsAtMs } };
    }
    const snapshot = build(environment, entry, { segments: sent, killSwitch, holdouts }, leaseEndsAtMs);
    return { snapshot, documentsVersion, segments: sent, killSwitch, holdouts };
  }

  /** Brings the documents up to the revisions. */
  private async fetchChanged(environment: string, entry: Entry, revisions: ReadonlyMap<string, number>): Promise<void> {
    const { documents } = entry;
    const revisionOf = (key: string): number => documents.get(key)?.flag.revision ?? 0;
    const changed = [...revisions].filter(([key, revision]) => revisionOf(key) < revision).map(([key]) => key);
    if (changed.length === 0) return;
    for (const flag of await this.reads.flags(environment, changed)) {
      // Two reads may overlap after an invalidation; the higher revision stays.
      if (revisionOf(flag.key) >= flag.revision) continue;
      documents.set(flag.key, sentFlag(forSdk(flag)));
      entry.documentsVersion += 1;
    }
  }
}

/** What a snapshot holds beside its flags. */
interface OtherContent {
  readonly segments: readonly SentSegment[];
  readonly killSwitch: SdkKillSwitch | null;
  readonly holdouts: SdkHoldouts | null;
}

function build(
  environment: string,
  { documents, history }: Pick<Entry, 'documents' | 'history'>,
  { segments, killSwitch, holdouts }: OtherContent,
  leaseEndsAtMs: ReadonlyMap<string, number>,
): Snapshot {
  const sorted = [...documents.values()].sort((a, b) => (a.flag.key < b.flag.key ? -1 : 1));
  const beside = {
    // Left out where it was never used, so that entity tags stay what they were.
    ...(killSwitch !== null && { killSwitch }),
    ...(holdouts !== null && { holdouts }),
  };
  const texts = new SnapshotTexts(environment, { flags: sorted, segments, ...beside }, history);
  const carriers = sorted.flatMap(({ flag }) =>
    'rollout' in flag && flag.rollout !== undefined ? [{ flagKey: flag.key, rollout: flag.rollout }] : [],
  );
  return {
    environment,
    etag: texts.etag,
    texts,
    flags: sorted.map(({ flag }) => flag),
    segments: segments.map(({ segment }) => segment),
    ...beside,
    observed: new Map(carriers.map(({ flagKey, rollout: { id, observe } }) => [id, { flagKey, observe }])),
    rolloutIds: carriers.map(({ rollout }) => rollout.id),
    leaseEndsAtMs,
  };
}

/** What of a flag SDKs are sent: what evaluation needs, and of a deleted flag only that it was. */
export function forSdk(flag: Flag): SdkFlag | SdkTombstone {
  if (flag.deleted === true) return { key: flag.key, revision: flag.revision, deleted: true };
  const { lastChange: _, schemaVersion: _version, ...shown } = flag;
  const { tags, owner, description: _text, expiresAt: _end, modules: _modules, services: _services, ...rest } = shown;
  return {
    ...rest,
    ...(owner === undefined ? {} : { owner: ownerMark(owner) }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}
