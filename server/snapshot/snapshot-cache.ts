import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock';
import type { Flag } from '../../flags/document/flag';
import type { Observation } from '../../flags/document/rollout-block';
import type { Segment } from '../../flags/document/segment';
import type { SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';

/** What a snapshot is read from. */
export interface SnapshotReads {
  /** Revision of every flag of an environment by key, tombstones included. */
  flagRevisions(environment: string): Promise<ReadonlyMap<string, number>>;
  flags(environment: string, keys: readonly string[]): Promise<readonly Flag[]>;
  segments(environment: string): Promise<readonly Segment[]>;
  /** End of each live rollout's lease in milliseconds on the database's clock, by rollout id. */
  leases(environment: string): Promise<ReadonlyMap<string, number>>;
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
  /** Strong entity tag with its quotes: a hash of flags and segments. */
  readonly etag: string;
  /** JSON object of environment, etag, flags and segments, without its closing brace. Made once, sent often. */
  readonly openJson: string;
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
  readonly segmentsJson: string;
}

interface Entry {
  readonly documents: Map<string, SdkFlag | SdkTombstone>;
  /** Grows with every change of `documents`. */
  documentsVersion: number;
  built: Built | null;
  /** Monotonic instant at which the reads of `built` began. */
  readAtMs: number;
  /** The read under way, shared by all who ask meanwhile. */
  reading: Promise<Built> | null;
}

/** How old a snapshot may be: reads of the database follow time, not the number of SDKs that ask. */
const FRESH_MS = 200;

/**
 * Snapshots by environment, read when somebody asks and at most five times a second. A read that fails is the caller's error; nothing
 * older is served in its place, since SDKs keep what they have and count its leases down themselves.
 */
export class SnapshotCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly reads: SnapshotReads,
    private readonly clock: Clock,
  ) {}

  /** A snapshot at most 200 ms old. */
  async get(environment: string): Promise<Snapshot> {
    const entry = this.entryOf(environment);
    const nowMs = this.clock.monotonicMs();
    if (entry.built !== null && nowMs - entry.readAtMs < FRESH_MS) return entry.built.snapshot;
    return (await (entry.reading ?? this.read(environment, entry))).snapshot;
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
        documentsVersion: 0,
        built: null,
        readAtMs: Number.NEGATIVE_INFINITY,
        reading: null,
      };
      this.entries.set(environment, entry);
    }
    return entry;
  }

  private read(environment: string, entry: Entry): Promise<Built> {
    const sinceMs = this.clock.monotonicMs();
    const reading = this.load(environment, entry);
    entry.reading = reading;
    const settle = (built: Built | null): void => {
      // Overtaken by an invalidation: what was read may be from before the write.
      if (entry.reading !== reading) return;
      entry.reading = null;
      if (built === null) return;
      entry.built = built;
      entry.readAtMs = sinceMs;
    };
    reading.then(settle, () => settle(null));
    return reading;
  }

  private async load(environment: string, entry: Entry): Promise<Built> {
    // Leases first: a lease is then never newer than the weight it is sent with.
    const leaseEndsAtMs = await this.reads.leases(environment);
    const [revisions, segments] = await Promise.all([
      this.reads.flagRevisions(environment),
      this.reads.segments(environment),
    ]);
    const segmentsJson = JSON.stringify(sortedSegments(segments));
    await this.fetchChanged(environment, entry, revisions);
    const { built: before, documentsVersion } = entry;
    if (before !== null && before.documentsVersion === documentsVersion && before.segmentsJson === segmentsJson) {
      return { ...before, snapshot: { ...before.snapshot, leaseEndsAtMs } };
    }
    const flags = [...entry.documents.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    const content = `"flags":${JSON.stringify(flags)},"segments":${segmentsJson}`;
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`;
    const carriers = flags.flatMap((flag) =>
      'rollout' in flag && flag.rollout !== undefined ? [{ flagKey: flag.key, rollout: flag.rollout }] : [],
    );
    const snapshot: Snapshot = {
      environment,
      etag,
      openJson: `{"environment":${JSON.stringify(environment)},"etag":${JSON.stringify(etag)},${content}`,
      observed: new Map(carriers.map(({ flagKey, rollout: { id, observe } }) => [id, { flagKey, observe }])),
      rolloutIds: carriers.map(({ rollout }) => rollout.id),
      leaseEndsAtMs,
    };
    return { snapshot, documentsVersion, segmentsJson };
  }

  /** Brings the documents up to the revisions. */
  private async fetchChanged(environment: string, entry: Entry, revisions: ReadonlyMap<string, number>): Promise<void> {
    const { documents } = entry;
    const changed = [...revisions].filter(([key, revision]) => (documents.get(key)?.revision ?? 0) < revision);
    if (changed.length === 0) return;
    const flags = await this.reads.flags(
      environment,
      changed.map(([key]) => key),
    );
    for (const flag of flags) {
      // Two reads may overlap after an invalidation; the higher revision stays.
      if ((documents.get(flag.key)?.revision ?? 0) >= flag.revision) continue;
      documents.set(flag.key, forSdk(flag));
      entry.documentsVersion += 1;
    }
  }
}

/** What of a flag SDKs are sent: nothing of people, and of a deleted flag only that it was. */
export function forSdk(flag: Flag): SdkFlag | SdkTombstone {
  if (flag.deleted === true) return { key: flag.key, revision: flag.revision, deleted: true };
  const { lastChange: _, owner: _owner, tags: _tags, description: _text, schemaVersion: _version, ...rest } = flag;
  return rest;
}

function sortedSegments(segments: readonly Segment[]): SdkSegment[] {
  return segments
    .map(({ key, if: condition, revision }) => ({ key, if: condition, revision }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}
