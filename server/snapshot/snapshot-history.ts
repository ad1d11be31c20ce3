import type { SentFlag, SentSegment } from './sent';

/** What flags and segments a snapshot had. */
export interface Content {
  readonly flags: readonly SentFlag[];
  readonly segments: readonly SentSegment[];
}

/** Snapshots remembered, for SDKs that missed some changes: a few seconds of many, or days of few. */
const MOST_SNAPSHOTS = 32;

/**
 * The latest snapshots of an environment by their entity tags, so that an SDK which knows one of them can be told what
 * has changed since. They share what has not changed; each costs a list.
 */
export class SnapshotHistory {
  readonly #contents = new Map<string, Content>();

  /** Remembers a snapshot as the latest. */
  add(etag: string, content: Content): void {
    this.#contents.delete(etag);
    this.#contents.set(etag, content);
    for (const oldest of this.#contents.keys()) {
      if (this.#contents.size <= MOST_SNAPSHOTS) return;
      this.#contents.delete(oldest);
    }
  }

  /** Flags and segments of a snapshot that are not as they were in an earlier one; undefined when that is not remembered. */
  changesSince(etag: string, { flags, segments }: Content): Content | undefined {
    const before = this.#contents.get(etag);
    if (before === undefined) return undefined;
    const [hadFlags, hadSegments] = [new Set(before.flags), new Set(before.segments)];
    return {
      flags: flags.filter((flag) => !hadFlags.has(flag)),
      segments: segments.filter((segment) => !hadSegments.has(segment)),
    };
  }
}
