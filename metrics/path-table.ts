import { eventPaths, type EventPaths } from './amount-paths';

/** Event names that one rollout may have; more would let a faulty sender grow documents without end. */
export const MAX_EVENT_NAMES = 100;

/** Paths already made, kept for as long as somebody holds the thresholds they were made for. */
export class PathTable {
  private readonly known = new WeakMap<object, Map<string, EventPaths>>();

  /** Paths of an event name; null when these thresholds have met {@link MAX_EVENT_NAMES} others before. */
  of(name: string, thresholds: Readonly<Record<string, readonly number[]>>): EventPaths | null {
    let byName = this.known.get(thresholds);
    if (byName === undefined) this.known.set(thresholds, (byName = new Map<string, EventPaths>()));
    const standing = byName.get(name);
    if (standing !== undefined) return standing;
    if (byName.size >= MAX_EVENT_NAMES) return null;
    const paths = eventPaths(name, Object.hasOwn(thresholds, name) ? (thresholds[name] ?? []) : []);
    byName.set(name, paths);
    return paths;
  }
}
