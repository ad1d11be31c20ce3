import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock';
import type { Snapshot, SnapshotCache } from '../snapshot/snapshot-cache';

/** What subscribers are told: what the environment is at now. */
export interface EnvironmentState {
  /** Changes whenever an evaluation may: with flags, segments, and leases that run out. */
  readonly version: string;
  readonly snapshot: Snapshot;
}

type Listener = (state: EnvironmentState) => void;

interface Watched {
  readonly listeners: Set<Listener>;
  state: EnvironmentState | null;
  timer: NodeJS.Timeout | undefined;
  isReading: boolean;
  isAskedAgain: boolean;
}

/** How often an environment that somebody follows is read, whether or not the database tells of its changes. */
const READ_EVERY_MS = 100;

/**
 * Tells followers of an environment when it has changed. The cost follows environments, not followers: one read at a
 * time for each that somebody follows, at once when {@link changed} is called and every 100 ms in any case.
 */
export class ChangeHub {
  private readonly watched = new Map<string, Watched>();

  constructor(
    private readonly snapshots: Pick<SnapshotCache, 'get' | 'invalidate'>,
    private readonly databaseNowMs: () => number,
    private readonly clock: Clock,
  ) {}

  /**
   * Follows an environment. The listener hears of every change from now on; several quick ones may come as one.
   *
   * @returns stops following
   */
  follow(environment: string, listener: Listener): () => void {
    const watched = this.watched.get(environment) ?? this.begin(environment);
    watched.listeners.add(listener);
    return () => {
      watched.listeners.delete(listener);
      if (watched.listeners.size > 0 || this.watched.get(environment) !== watched) return;
      clearTimeout(watched.timer);
      this.watched.delete(environment);
    };
  }

  /** The state as last told; null before the first read. */
  stateOf(environment: string): EnvironmentState | null {
    return this.watched.get(environment)?.state ?? null;
  }

  /** Says that something of an environment has been written, or that nobody knows in which. */
  changed(environment: string | null): void {
    for (const name of environment === null ? [...this.watched.keys()] : [environment]) {
      const watched = this.watched.get(name);
      if (watched === undefined) continue;
      this.snapshots.invalidate(name);
      if (watched.isReading) watched.isAskedAgain = true;
      else void this.read(name, watched);
    }
  }

  /** Stops everything. */
  close(): void {
    for (const { timer } of this.watched.values()) clearTimeout(timer);
    this.watched.clear();
  }

  private begin(environment: string): Watched {
    const watched: Watched = {
      listeners: new Set(),
      state: null,
      timer: undefined,
      isReading: false,
      isAskedAgain: false,
    };
    this.watched.set(environment, watched);
    void this.read(environment, watched);
    return watched;
  }

  private async read(environment: string, watched: Watched): Promise<void> {
    clearTimeout(watched.timer);
    watched.isReading = true;
    const startedAtMs = this.clock.monotonicMs();
    do {
      watched.isAskedAgain = false;
      // A database that does not answer changes nothing for those who follow; the next read is due soon.
      const snapshot = await this.snapshots.get(environment).catch(() => null);
      if (snapshot !== null) this.tell(watched, snapshot);
    } while (watched.isAskedAgain);
    watched.isReading = false;
    if (this.watched.get(environment) !== watched) return;
    const pauseMs = Math.max(10, READ_EVERY_MS - (this.clock.monotonicMs() - startedAtMs));
    watched.timer = setTimeout(() => void this.read(environment, watched), pauseMs);
    watched.timer.unref();
  }

  private tell(watched: Watched, snapshot: Snapshot): void {
    const version = versionOf(snapshot, this.databaseNowMs());
    if (watched.state?.version === version) return;
    const state = { version, snapshot };
    watched.state = state;
    for (const listener of watched.listeners) listener(state);
  }
}

/**
 * The entity tag, and a digest of which leases have run out: both change what is served. It comes back in a header, so
 * it stays short however many they are, and plain whatever script their flags' keys are in.
 */
function versionOf({ etag, rolloutIds, leaseEndsAtMs }: Snapshot, nowMs: number): string {
  const lapsed = rolloutIds.filter((id) => (leaseEndsAtMs.get(id) ?? Number.NEGATIVE_INFINITY) <= nowMs);
  const tag = etag.replaceAll('"', '');
  if (lapsed.length === 0) return tag;
  return `${tag}.${createHash('sha256').update(lapsed.join()).digest('base64url').slice(0, 16)}`;
}
