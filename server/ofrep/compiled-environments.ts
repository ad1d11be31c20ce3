import { compileSnapshot, type CompiledSnapshot } from '../../flags/evaluator/snapshot';
import type { Snapshot, SnapshotCache } from '../snapshot/snapshot-cache';

interface Entry {
  readonly from: Snapshot;
  readonly compiled: CompiledSnapshot;
}

/**
 * Environments compiled for evaluation by the server itself. A change of one flag compiles that flag; asking compiles nothing and reads no
 * database. Leases run on the database's clock here, so callers evaluate with the database's time.
 */
export class CompiledEnvironments {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly snapshots: Pick<SnapshotCache, 'get'>) {}

  /** What the environment's evaluations run on now. */
  async get(environment: string): Promise<CompiledSnapshot> {
    const snapshot = await this.snapshots.get(environment);
    const known = this.entries.get(environment);
    if (known?.from === snapshot) return known.compiled;
    // Only leases differ where the tag is the same.
    const compiled = known?.from.etag === snapshot.etag ? known.compiled : compileSnapshot(snapshot, known?.compiled);
    for (const id of snapshot.rolloutIds) {
      compiled.setLease(id, snapshot.leaseEndsAtMs.get(id) ?? Number.NEGATIVE_INFINITY);
    }
    this.entries.set(environment, { from: snapshot, compiled });
    return compiled;
  }
}
