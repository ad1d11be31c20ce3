import { compileSnapshot, type AllCompiled } from '../../flags/evaluator/snapshot';
import type { Snapshot, SnapshotCache } from '../snapshot/snapshot-cache';

interface Entry {
  readonly from: Snapshot;
  readonly compiled: AllCompiled;
}

/**
 * Environments compiled for evaluation by the server itself. A change of one flag compiles that flag; asking compiles
 * nothing and reads no database. Leases run on the database's clock here, so callers evaluate with the database's time.
 */
export class CompiledEnvironments {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly snapshots: Pick<SnapshotCache, 'get' | 'peek'>) {}

  /** What the environment's evaluations run on now. */
  async get(environment: string): Promise<AllCompiled> {
    return this.compiled(environment, await this.snapshots.get(environment));
  }

  /** The same where it is known without waiting; undefined where it is not. */
  peek(environment: string): AllCompiled | undefined {
    const snapshot = this.snapshots.peek(environment);
    return snapshot === undefined ? undefined : this.compiled(environment, snapshot);
  }

  private compiled(environment: string, snapshot: Snapshot): AllCompiled {
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
