import type { Clock } from '../../core/clock';
import type { Timing } from './snapshot-client';

/** A better reading replaces a worse one; after this long any reading does, as clocks drift apart. */
const READING_LIFE_MS = 60_000;

/**
 * The database's clock as this process knows it. Counts on the monotonic clock from the reading with the shortest round
 * trip, so a change of the machine's time does not move events into other windows. Until the first reading it is the
 * machine's time.
 */
export class DatabaseClock {
  readonly #clock: Clock;
  #offsetMs: number | undefined;
  #roundTripMs = Number.POSITIVE_INFINITY;
  #readAtMonotonicMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the Unix epoch, whole. */
  now(): number {
    return this.at(this.#clock.monotonicMs());
  }

  /** {@link now} at a moment just read from the monotonic clock. */
  at(monotonicMs: number): number {
    return Math.round(this.#offsetMs === undefined ? this.#clock.now() : this.#offsetMs + monotonicMs);
  }

  /** Takes a reading, off by at most half of its round trip. */
  read({ sentAtMonotonicMs, receivedAtMonotonicMs, databaseMs }: Timing): void {
    if (databaseMs === undefined) return;
    const roundTripMs = receivedAtMonotonicMs - sentAtMonotonicMs;
    const isOld = receivedAtMonotonicMs - this.#readAtMonotonicMs > READING_LIFE_MS;
    if (roundTripMs > this.#roundTripMs && !isOld) return;
    this.#offsetMs = databaseMs - (sentAtMonotonicMs + receivedAtMonotonicMs) / 2;
    this.#roundTripMs = roundTripMs;
    this.#readAtMonotonicMs = receivedAtMonotonicMs;
  }
}
