import { randomBytes } from 'node:crypto';
import { answerWithin } from '../../core/within';
import { mergeDeltas, type Deltas } from '../../metrics/deltas';
import type { IngestGroupsRepository } from '../../store/ingest-groups-repository';
import type { IngestLimits } from './limits';
import { unavailable } from './refusals';

/** One batch on its way into the database. */
export interface WaitingBatch {
  /** `environment/batchId`. */
  readonly id: string;
  readonly deltas: Deltas;
  /** Number of amounts in the deltas. */
  readonly size: number;
}

/** What a writer works with. */
export interface GroupWriterDependencies {
  readonly groups: Pick<IngestGroupsRepository, 'store'>;
  readonly clock: { nowMs(): number };
  readonly limits: IngestLimits;
  /** Called with the writer's id after each group that stands. */
  readonly onStored: (writerId: string) => void;
}

interface Waiting extends WaitingBatch {
  readonly answer: (isDuplicate: boolean) => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * Makes batches durable in groups: one insert for all that came within the flush interval. Groups of one writer id are
 * numbered and sent one after the other, each only when the one before is known to stand. When that cannot be found out
 * in time, the id is given up for a new one, so that a group that lands late after all keeps its place in its own
 * order.
 */
export class GroupWriter {
  private writerId = newWriterId();
  private seq = 0;
  private waiting: Waiting[] = [];
  private waitingSize = 0;
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> | null = null;
  private isHurried = false;

  constructor(private readonly dependencies: GroupWriterDependencies) {}

  /** Amounts that are not durable yet. */
  get pendingSize(): number {
    return this.waitingSize;
  }

  /**
   * Answers when the batch is durable: whether it was already.
   *
   * @throws {HeadgateError} DATABASE_UNAVAILABLE (retryable) when that cannot be reached or found out
   */
  async write(batch: WaitingBatch): Promise<{ isDuplicate: boolean }> {
    const isDuplicate = await new Promise<boolean>((answer, refuse) => {
      this.waiting.push({ ...batch, answer, refuse });
      this.waitingSize += batch.size;
      this.schedule();
    });
    return { isDuplicate };
  }

  /** From now on writes what comes without waiting for others. */
  hurry(): void {
    this.isHurried = true;
    if (this.waiting.length > 0) void this.startWriting();
  }

  private schedule(): void {
    const { flushMs, groupBatches, groupSize } = this.dependencies.limits;
    const isEnough = this.waiting.length >= groupBatches || this.waitingSize >= groupSize;
    if (isEnough || this.isHurried) void this.startWriting();
    else this.timer ??= setTimeout(() => void this.startWriting(), flushMs);
  }

  private startWriting(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.writing ??= this.writeGroup(this.takeGroup()).finally(() => {
      this.writing = null;
      if (this.waiting.length > 0) this.schedule();
    });
    return this.writing;
  }

  /** The batches that waited longest, as many as one document may hold. */
  private takeGroup(): Waiting[] {
    const { groupBatches, groupSize } = this.dependencies.limits;
    let size = 0;
    let count = 0;
    for (const batch of this.waiting) {
      if (count === groupBatches || (count > 0 && size + batch.size > groupSize)) break;
      size += batch.size;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async writeGroup(batches: readonly Waiting[]): Promise<void> {
    let rest = batches;
    const { clock, limits } = this.dependencies;
    const createdAt = clock.nowMs();
    try {
      while (rest.length > 0) {
        const outcome = await answerWithin(
          limits.patienceMs,
          this.store(rest, createdAt),
          'the database did not answer',
        );
        if (outcome.kind === 'stored') {
          this.seq += 1;
          for (const { answer } of rest) answer(false);
          this.dependencies.onStored(this.writerId);
          return;
        }
        for (const { id, answer } of rest) if (outcome.batchIds.has(id)) answer(true);
        // What was sent cannot land any more, since one of its batches stands elsewhere: its number is free for the rest.
        rest = rest.filter(({ id }) => !outcome.batchIds.has(id));
      }
    } catch (error) {
      this.writerId = newWriterId();
      this.seq = 0;
      for (const { refuse } of rest) refuse(unavailable(error));
    } finally {
      for (const { size } of batches) this.waitingSize -= size;
    }
  }

  /** Sends one group until its outcome is known; the same document each time, so that repeating it is harmless. */
  private async store(batches: readonly Waiting[], createdAt: number): ReturnType<IngestGroupsRepository['store']> {
    const { groups, limits } = this.dependencies;
    const deltas: Deltas = new Map();
    for (const batch of batches) mergeDeltas(deltas, batch.deltas);
    const group = {
      writerId: this.writerId,
      seq: this.seq,
      batchIds: batches.map(({ id }) => id),
      deltas,
      createdAt,
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await groups.store(group);
      } catch (error) {
        if (attempt >= limits.attempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, limits.retryMs * attempt));
      }
    }
  }
}

/** Safe in field paths, and new for each process. */
function newWriterId(): string {
  return `w${randomBytes(9).toString('hex')}`;
}
