import type { Condition } from '../../flags/document/condition';
import type { SdkFlag, SdkSegment } from '../../flags/evaluator/resolution';
import { compileSnapshot, type CompiledSnapshot } from '../../flags/evaluator/snapshot';
import { leaseOrderOf, type SnapshotBody } from './wire';

/** What is kept on disk: flags as last known, and how to ask whether they are still current. Leases are never kept. */
export interface StoredSnapshot {
  readonly environment: string;
  readonly etag: string | undefined;
  readonly leaseOrder: readonly string[];
  readonly flags: readonly SdkFlag[];
  readonly segments: readonly SdkSegment[];
}

/**
 * Flags as last known. An answer of a server that lags behind takes nothing back: each flag and segment keeps its highest revision, and a flag
 * goes only by its tombstone. Every change makes a new compiled snapshot; evaluations under way keep theirs.
 */
export class SnapshotState {
  #environment: string | undefined;
  #etag: string | undefined;
  #leaseOrder: readonly string[] = [];
  #flags = new Map<string, SdkFlag>();
  #segments = new Map<string, SdkSegment>();
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
    this.#etag = etag;
    this.#leaseOrder = leaseOrderOf(body.flags);
    const changed = this.#merge(body);
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
    this.#etag = stored.etag;
    this.#leaseOrder = stored.leaseOrder;
    this.#merge(stored);
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
    };
  }

  #renew(rolloutId: string, remainingMs: number | undefined, sentAtMonotonicMs: number): void {
    const isGranted = remainingMs !== undefined && remainingMs > 0;
    this.#compiled?.setLease(rolloutId, isGranted ? sentAtMonotonicMs + remainingMs : Number.NEGATIVE_INFINITY);
  }

  #merge({ environment, flags, segments }: Pick<SnapshotBody, 'environment' | 'flags' | 'segments'>): string[] {
    const before = this.#environment === environment ? this.#compiled : undefined;
    if (before === undefined) {
      // Another environment has nothing in common with this one, not even revisions.
      this.#environment = environment;
      this.#flags = new Map();
      this.#segments = new Map();
    }
    const previous = this.#compiled;
    for (const flag of flags) {
      if (flag.revision > (this.#flags.get(flag.key)?.revision ?? -1)) this.#flags.set(flag.key, flag);
    }
    this.#mergeSegments(segments);
    const source = { flags: [...this.#flags.values()], segments: [...this.#segments.values()] };
    const compiled = compileSnapshot(source, before);
    this.#compiled = compiled;
    const keys = new Set([...(previous?.flags.keys() ?? []), ...compiled.flags.keys()]);
    return [...keys].filter((key) => previous?.flags.get(key) !== compiled.flags.get(key)).sort();
  }

  /** Segments have no tombstones: one that is gone stays only while something known here refers to it. */
  #mergeSegments(segments: readonly SdkSegment[]): void {
    const merged = new Map<string, SdkSegment>();
    for (const segment of segments) {
      const known = this.#segments.get(segment.key);
      merged.set(segment.key, known !== undefined && known.revision >= segment.revision ? known : segment);
    }
    const keep = (key: string): void => {
      const known = this.#segments.get(key);
      if (merged.has(key) || known === undefined) return;
      merged.set(key, known);
      segmentsIn(known.if).forEach(keep);
    };
    for (const segment of [...merged.values()]) segmentsIn(segment.if).forEach(keep);
    for (const flag of this.#flags.values()) {
      if (flag.deleted === true) continue;
      for (const rule of flag.rules ?? []) segmentsIn(rule.if).forEach(keep);
      flag.rollout?.excludedSegments.forEach(keep);
    }
    this.#segments = merged;
  }
}

function segmentsIn(condition: Condition): string[] {
  if ('segment' in condition) return [condition.segment];
  if ('all' in condition) return condition.all.flatMap(segmentsIn);
  if ('any' in condition) return condition.any.flatMap(segmentsIn);
  return 'not' in condition ? segmentsIn(condition.not) : [];
}
