import type { Blackout } from './plan';
import { instantsOf, wallClockAt } from './time-zone';

const DAY_MS = 86_400_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** Weekly spans that leave no gap within two weeks leave none at all. */
const HORIZON_MS = 15 * DAY_MS;

/**
 * Whether nothing may be raised at an instant, and when that ends. Spans that touch or overlap count as one, so
 * `untilMs` is the first instant at which raising is allowed again. A span belongs to the local day it starts on. Where
 * clocks are set back over an edge, it starts at the first such reading and ends at the last; where they are set
 * forward past an edge, the edge is the change itself.
 *
 * @param blackouts - weekly spans with known time zones
 * @param instantMs - milliseconds since the Unix epoch
 * @returns null outside every span; with spans that never leave a gap, an instant about two weeks ahead
 * @throws {RangeError} on an unknown time zone
 */
export function isBlackedOut(blackouts: readonly Blackout[], instantMs: number): { readonly untilMs: number } | null {
  let untilMs = instantMs;
  for (;;) {
    const end = Math.max(untilMs, ...blackouts.map((blackout) => endOfSpanAt(blackout, untilMs)));
    if (end === untilMs) return untilMs === instantMs ? null : { untilMs };
    untilMs = end;
    if (untilMs - instantMs > HORIZON_MS) return { untilMs };
  }
}

/** Whether the spans together cover the whole week, so that nothing could ever be raised. */
export function neverEnds(blackouts: readonly Blackout[]): boolean {
  // A quiet winter and a quiet summer week: far from every change of clocks.
  const instants = [Date.UTC(2026, 0, 14), Date.UTC(2026, 6, 15)];
  return instants.some(
    (instantMs) => (isBlackedOut(blackouts, instantMs)?.untilMs ?? instantMs) - instantMs > HORIZON_MS,
  );
}

/** The latest end of the blackout's spans that hold the instant; the instant itself when none does. */
function endOfSpanAt({ timeZone, days, from, to }: Blackout, instantMs: number): number {
  const today = Math.floor(wallClockAt(timeZone, instantMs) / DAY_MS) * DAY_MS;
  const spansMidnight = minutesOf(to) <= minutesOf(from);
  let end = instantMs;
  // A span over midnight may have started yesterday; clocks set back over midnight show the day before once more.
  for (const day of [today - DAY_MS, today, today + DAY_MS]) {
    const name = DAYS[new Date(day).getUTCDay()];
    if (name === undefined || !days.includes(name)) continue;
    const { first } = instantsOf(timeZone, day + minutesOf(from) * 60_000);
    const { last } = instantsOf(timeZone, day + minutesOf(to) * 60_000 + (spansMidnight ? DAY_MS : 0));
    if (first <= instantMs && instantMs < last) end = Math.max(end, last);
  }
  return end;
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
