import type { MetricEvent } from '../../metrics/events';

/** A first-in, first-out list whose ends both cost O(1), amortized. */
class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  take(count: number): T[] {
    const taken = this.#items.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}

/**
 * Events that wait to be sent, bounded and never blocking. When full, the oldest outcome goes, and an exposure only
 * when there is no outcome: exposures are few, and missing ones would look like uneven arms.
 */
export class EventQueue {
  readonly #maxEvents: number;
  readonly #exposures = new Fifo<MetricEvent>();
  readonly #outcomes = new Fifo<MetricEvent>();
  #dropped = 0;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  /** Events waiting. */
  get length(): number {
    return this.#exposures.length + this.#outcomes.length;
  }

  /** Events given up for lack of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds an event, making room if need be. */
  push(event: MetricEvent): void {
    if (this.length >= this.#maxEvents) {
      this.#dropped += 1;
      (this.#outcomes.length > 0 ? this.#outcomes : this.#exposures).take(1);
    }
    (event.kind === 'exposure' ? this.#exposures : this.#outcomes).push(event);
  }

  /** Takes up to `count` events, exposures first. */
  take(count: number): MetricEvent[] {
    const events = this.#exposures.take(count);
    return events.length < count ? [...events, ...this.#outcomes.take(count - events.length)] : events;
  }
}
