import type { SdkHoldouts } from '../../flags/evaluator/holdout';
import type { SdkKillSwitch } from '../../flags/evaluator/kill-switch';
import type { SdkFlag, SdkSegment, Tombstone } from '../../flags/evaluator/resolution';
import { compileSnapshot, type CompiledSnapshot } from '../../flags/evaluator/snapshot';
import { mergeFlags, mergeNewest, mergeSegments } from './merge';
import { leaseOrderOf, type SnapshotBody, type SnapshotContent } from './wire';

/** What is kept on disk: flags as last known, and how to ask whether they are still current. Leases are never kept. */
export interface StoredSnapshot {
  readonly environment: string;
  readonly etag: string | undefined;
  readonly leaseOrder: readonly string[];
  readonly flags: readonly (SdkFlag | Tombstone)[];
  readonly segments: readonly SdkSegment[];
  /** Left out where it was never used, and in files from before there was one. */
  readonly killSwitch?: SdkKillSwitch | undefined;
  /** Likewise. */
  readonly holdouts?: SdkHoldouts | undefined;
}

/**
 * Flags as last known. An answer of a server that lags behind takes nothing back: each flag and segment, the kill switch
 * and the holdouts keep their highest revision, and a flag goes only by its tombstone. Every change makes a new compiled snapshot; evaluations under way keep theirs.
 */
export class SnapshotState {
  #environment: string | undefined;
  #etag: string | undefined;
  #leaseOrder: readonly string[] = [];
  #flags: ReadonlyMap<string, SdkFlag | Tombstone> = new Map();
  #segments: ReadonlyMap<string, SdkSegment> = new Map();
  #killSwitch: SdkKillSwitch | undefined;
  #holdouts: SdkHoldouts | undefined;
  #compiled: CompiledSnapshot | undefined;

  /** What evaluations run on; undefined until flags are known. */
  get compiled(): CompiledSnapshot | undefined {
    return this.#compiled;
  }

  /** For the next conditional request. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /**
   * Takes a whole snapshot over.
   *
   * @param sentAtMonotonicMs - when the request was sent: from then its leases count
   * @returns keys of the flags that may now evaluate differently, in order
   */
  apply(body: SnapshotBody, etag: string | undefined, sentAtMonotonicMs: number): string[] {
    const changed = this.#merge(body);
    // Only now: a snapshot that could not be taken over must not be called unchanged by the next answer.
    this.#etag = etag;
    this.#leaseOrder = leaseOrderOf(body.flags);
    for (const id of this.#compiled?.leases.keys() ?? []) this.#renew(id, body.leases[id], sentAtMonotonicMs);
    return changed;
  }

  /**
   * Takes the leases of an unchanged snapshot over.
   *
   * @returns false when they do not fit the snapshot known here; it is then asked for as a whole
   */
  renew(leases: readonly number[], sentAtMonotonicMs: number): boolean {
    if (leases.length !== this.#leaseOrder.length) {
      this.#etag = undefined;
      return false;
    }
    this.#leaseOrder.forEach((id, index) => this.#renew(id, leases[index], sentAtMonotonicMs));
    return true;
  }

  /** Takes over what an earlier process stored. Its leases count as expired. */
  restore(stored: StoredSnapshot): void {
    this.#merge(stored);
    this.#etag = stored.etag;
    this.#leaseOrder = stored.leaseOrder;
  }

  /** For the disk; undefined until flags are known. */
  toStored(): StoredSnapshot | undefined {
    if (this.#environment === undefined) return undefined;
    return {
      environment: this.#environment,
      etag: this.#etag,
      leaseOrder: this.#leaseOrder,
      flags: [...this.#flags.values()],
      segments: [...this.#segments.values()],
      killSwitch: this.#killSwitch,
      holdouts: this.#holdouts,
    };
  }

  #renew(rolloutId: string, remainingMs: number | undefined, sentAtMonotonicMs: number): void {
    const isGranted = remainingMs !== undefined && remainingMs > 0;
    this.#compiled?.setLease(rolloutId, isGranted ? sentAtMonotonicMs + remainingMs : Number.NEGATIVE_INFINITY);
  }

  #merge({ environment, flags, segments, killSwitch, holdouts }: SnapshotContent): string[] {
    // Another environment has nothing in common with this one, not even revisions.
    const isSame = this.#environment === environment;
    const previous = this.#compiled;
    const mergedFlags = mergeFlags(isSame ? this.#flags : new Map(), flags);
    const mergedSegments = mergeSegments(isSame ? this.#segments : new Map(), segments, mergedFlags);
    const mergedSwitch = mergeNewest(isSame ? this.#killSwitch : undefined, killSwitch);
    const mergedHoldouts = mergeNewest(isSame ? this.#holdouts : undefined, holdouts);
    const source = {
      flags: [...mergedFlags.values()],
      segments: [...mergedSegments.values()],
      killSwitch: mergedSwitch,
      holdouts: mergedHoldouts,
    };
    const compiled = compileSnapshot(source, isSame ? previous : undefined);
    this.#environment = environment;
    this.#flags = mergedFlags;
    this.#segments = mergedSegments;
    this.#killSwitch = mergedSwitch;
    this.#holdouts = mergedHoldouts;
    this.#compiled = compiled;
    const keys = new Set([...(previous?.flags.keys() ?? []), ...compiled.flags.keys()]);
    const isTurned = previous?.isKilled !== compiled.isKilled;
    return [...keys].filter((key) => isTurned || previous?.flags.get(key) !== compiled.flags.get(key)).sort();
  }
}
