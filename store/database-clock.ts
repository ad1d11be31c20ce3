import type { Db } from 'mongodb';
import { systemClock, type Clock } from '../core/clock';
import { ErrorCode, HeadgateError } from '../core/errors';
import { Collection } from './collections';
import { isDuplicateKey } from './database';

/**
 * The database's time as this process knows it: read now and then, carried on by the process's monotonic clock. Every
 * instant that two processes compare is taken from here, so that a machine with a wrong clock does no harm.
 */
export class DatabaseClock {
  /** Database time minus monotonic time, in milliseconds; null before the first reading. */
  private offsetMs: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly db: Db,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Reads the database's time once. The instant read lies within the round trip and is counted from its start, so that
   * the estimate runs ahead by at most the round trip and a lease is never thought longer than it is.
   */
  async sync(): Promise<number> {
    const collection = this.db.collection<{ _id: string; at: Date }>(Collection.Clock);
    const update = { $currentDate: { at: true } } as const;
    const sentAt = this.clock.monotonicMs();
    const options = { upsert: true, returnDocument: 'after' } as const;
    const document = await collection.findOneAndUpdate({ _id: 'now' }, update, options).catch((error: unknown) => {
      // Two processes made the document at once, in a new database only; it is there now.
      if (isDuplicateKey(error)) return collection.findOneAndUpdate({ _id: 'now' }, update, options);
      throw error;
    });
    if (document === null)
      throw new HeadgateError(ErrorCode.DatabaseUnavailable, 'the database gave no time', { retryable: true });
    const offsetMs = document.at.getTime() - sentAt;
    // Round trips vary: readings that agree are averaged over time, one that does not is a jump of the database's clock.
    const agrees = this.offsetMs !== null && Math.abs(offsetMs - this.offsetMs) < 1_000;
    this.offsetMs = agrees && this.offsetMs !== null ? this.offsetMs * 0.9 + offsetMs * 0.1 : offsetMs;
    return document.at.getTime();
  }

  /** Database time now, in whole milliseconds since the Unix epoch. Before the first reading, the machine's own. */
  nowMs(): number {
    if (this.offsetMs === null) return this.clock.now();
    return Math.round(this.clock.monotonicMs() + this.offsetMs);
  }

  /** Keeps reading the time in the background; trouble is left to the next reading. */
  async start(everyMs = 10_000): Promise<this> {
    await this.sync();
    this.timer = setInterval(() => void this.sync().catch(() => undefined), everyMs);
    this.timer.unref();
    return this;
  }

  /** Ends the background readings. */
  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }
}
