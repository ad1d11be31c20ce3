import type { Deltas } from '../../metrics/deltas';
import type {
  FirstPending,
  IngestGroup,
  IngestGroupsRepository,
  PendingGroup,
  StoreOutcome,
} from '../../store/ingest-groups-repository';

const idOf = ({ writerId, seq }: PendingGroup): string => `${writerId}:${seq}`;

/** Groups in memory, as the database keeps them; `fault` says what becomes of the next calls of `store`. */
export class MemoryIngestGroups implements IngestGroupsRepository {
  readonly groups = new Map<string, IngestGroup & { isFolded: boolean }>();
  /** Every call of `store`, in order. */
  readonly sent: IngestGroup[] = [];
  /** One for each coming call: `lost` before the write, `unanswered` after it; empty for no trouble. */
  readonly faults: ('lost' | 'unanswered')[] = [];

  async store(group: IngestGroup): Promise<StoreOutcome> {
    this.sent.push(group);
    const fault = this.faults.shift();
    if (fault === 'lost') throw new Error('connection reset');
    const outcome = this.insert(group);
    if (fault === 'unanswered') throw new Error('no answer in time');
    return outcome;
  }

  /** A write without its answer, such as one that lands late. */
  insert(group: IngestGroup): StoreOutcome {
    if (this.groups.has(idOf(group))) return { kind: 'stored' };
    const known = new Set([...this.groups.values()].flatMap(({ batchIds }) => batchIds));
    const duplicates = group.batchIds.filter((id) => known.has(id));
    if (duplicates.length > 0) return { kind: 'duplicates', batchIds: new Set(duplicates) };
    this.groups.set(idOf(group), { ...group, isFolded: false });
    return { kind: 'stored' };
  }

  async pending(writerId?: string): Promise<readonly PendingGroup[]> {
    return [...this.groups.values()]
      .filter((group) => !group.isFolded && (writerId === undefined || group.writerId === writerId))
      .sort((a, b) => (a.writerId < b.writerId ? -1 : a.writerId > b.writerId ? 1 : a.seq - b.seq));
  }

  async isPending(group: PendingGroup): Promise<boolean> {
    return this.groups.get(idOf(group))?.isFolded === false;
  }

  async firstPending(): Promise<FirstPending | null> {
    const pending = [...this.groups.values()]
      .filter(({ isFolded }) => !isFolded)
      .map(({ createdAt, deltas }) => ({
        createdAt,
        firstEndMs: Math.min(...Array.from(deltas.values(), ({ key }) => key.windowStartAt + key.windowMs)),
      }));
    return pending.sort((one, other) => one.firstEndMs - other.firstEndMs)[0] ?? null;
  }

  async readDeltas(group: PendingGroup): Promise<Deltas | null> {
    const standing = this.groups.get(idOf(group));
    return standing === undefined || standing.isFolded ? null : standing.deltas;
  }

  async markFolded(group: PendingGroup): Promise<void> {
    const standing = this.groups.get(idOf(group));
    if (standing !== undefined) standing.isFolded = true;
  }

  async expire(beforeMs: number): Promise<number> {
    const old = [...this.groups].filter(([, { isFolded, createdAt }]) => isFolded && createdAt < beforeMs);
    for (const [id] of old) this.groups.delete(id);
    return old.length;
  }
}
