import { countAmounts, type Deltas } from '../metrics/deltas';
import type { IngestGroupsRepository, PendingGroup } from './ingest-groups-repository';

/** Brings what stands in groups into the windows. Any number of processes may do it at the same time. */
export interface Fold {
  /** Folds every group that stood when this was called. */
  foldPending(): Promise<void>;
  /** Folds one writer's groups. */
  foldWriter(writerId: string): Promise<void>;
}

/** What folding needs: the groups, and an idempotent way to add one group to the windows. */
export interface FoldDependencies {
  readonly groups: Pick<IngestGroupsRepository, 'pending' | 'isPending' | 'readDeltas' | 'markFolded'>;
  readonly apply: (group: PendingGroup, deltas: Deltas) => Promise<void>;
  /** The same for several groups of one writer that follow each other; when omitted, they are added one by one. */
  readonly applyRun?: (run: readonly ReadGroup[]) => Promise<void>;
}

/** A group with what it adds. */
export interface ReadGroup {
  readonly group: PendingGroup;
  readonly deltas: Deltas;
}

/** Amounts that are read before they are written, some 100 bytes of memory each. */
const MAX_RUN_AMOUNTS = 200_000;

/** {@link Fold} with at most one pass over all writers at a time; callers that come during one share the next. */
export function createFold({ groups, apply, applyRun }: FoldDependencies): Fold {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  async function foldAll(writerId?: string): Promise<void> {
    let last: PendingGroup | null = null;
    let broken: string | null = null;
    let run: ReadGroup[] = [];
    let runAmounts = 0;
    for (const group of await groups.pending(writerId)) {
      if (group.writerId === broken) continue;
      const followsLast = last !== null && last.writerId === group.writerId && last.seq === group.seq - 1;
      if (!followsLast && !(await isFirst(group))) {
        broken = group.writerId;
        continue;
      }
      const isFull = applyRun === undefined || runAmounts >= MAX_RUN_AMOUNTS;
      if (run.length > 0 && (isFull || run[0]?.group.writerId !== group.writerId)) {
        await finish(run);
        [run, runAmounts] = [[], 0];
      }
      const deltas = await groups.readDeltas(group);
      if (deltas !== null) {
        run.push({ group, deltas });
        runAmounts += countAmounts(deltas);
      }
      last = group;
    }
    await finish(run);
    // A listing may miss a group that landed while it was made, but not one that landed before; the next pass sees it.
    if (broken !== null) await foldAll(writerId);
  }

  async function finish(run: readonly ReadGroup[]): Promise<void> {
    if (run.length > 1 && applyRun !== undefined) await applyRun(run);
    else for (const { group, deltas } of run) await apply(group, deltas);
    for (const { group } of run) await groups.markFolded(group);
  }

  /** Whether nothing before a group is still to be folded. */
  async function isFirst({ writerId, seq }: PendingGroup): Promise<boolean> {
    return seq === 0 || !(await groups.isPending({ writerId, seq: seq - 1 }));
  }

  return {
    foldWriter: (writerId) => foldAll(writerId),
    foldPending() {
      if (running === null) {
        running = foldAll().finally(() => (running = null));
        return running;
      }
      const after = running;
      next ??= after
        .catch(() => undefined)
        .then(() => {
          next = null;
          return this.foldPending();
        });
      return next;
    },
  };
}
