import { exp } from '../elementary/exp';
import { ln } from '../elementary/ln';

/** Points after an event in which only a clearly larger one counts. */
const QUIET_POINTS = 150;
/** How much larger, in nats. */
const CLEARLY_LARGER = 1;
/** Surprise below this is no event, in nats. */
const NOTABLE = 1.5;
/** Earlier events at least this close in size say that such events are usual here, in nats. */
const ALIKE = 0.5;
/** Points after which an event counts half. */
const HALF_LIFE = 8_000;
const DECAY = ln(2) / HALF_LIFE;
const KEPT_EVENTS = 400;

interface Event {
  readonly point: number;
  readonly surprise: number;
}

/**
 * Turns the surprise of single points into that of events: one for each disturbance, and the smaller the more often its
 * like has happened in this series. So a series that is always restless does not alarm for ever. Bounded state; O(kept
 * events) time.
 */
export class AlarmMemory {
  private readonly events: Event[] = [];
  private point = -1;

  /**
   * Surprise of the event that begins with this point, in nats; 0 when it begins none.
   *
   * @param surprise - the point's own, in nats, at least 0
   */
  weigh(surprise: number): number {
    this.point += 1;
    if (surprise < NOTABLE) return 0;
    if (this.isQuiet(surprise)) return 0;
    const alike = this.countAlike(surprise);
    this.events.push({ point: this.point, surprise });
    if (this.events.length > KEPT_EVENTS) this.events.shift();
    return Math.max(0, surprise - ln(1 + alike));
  }

  private isQuiet(surprise: number): boolean {
    for (let i = this.events.length - 1; i >= 0; i -= 1) {
      const event = this.events[i] as Event;
      if (this.point - event.point > QUIET_POINTS) return false;
      if (event.surprise >= surprise - CLEARLY_LARGER) return true;
    }
    return false;
  }

  private countAlike(surprise: number): number {
    let count = 0;
    for (const event of this.events) {
      const age = this.point - event.point;
      if (age > QUIET_POINTS && event.surprise >= surprise - ALIKE) count += exp(-DECAY * age);
    }
    return count;
  }
}
