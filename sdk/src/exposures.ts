import { cellOf } from '../../flags/evaluator/cell';
import { userDigest } from '../../flags/evaluator/user-digest';
import type { Served } from '../../flags/evaluator/resolution';

/**
 * A user served one variant under one transition within one window. `exposedAt` moves with each evaluation, within the
 * window; the next window has its own exposure, so whoever holds this one keeps what the user was served then.
 */
export interface Exposure {
  readonly flag: string;
  readonly rollout: string;
  readonly variant: string;
  readonly transition: number;
  readonly cell: number;
  /** The user's digest, where the rollout has metrics per user. */
  readonly user?: string;
  /** Observed segments that the user belongs to. */
  readonly segments: readonly string[];
  readonly windowStartAt: number;
  readonly windowEndAt: number;
  /** The user met another variant under the same transition before. */
  readonly mixed: boolean;
  /** Last evaluation within the window, by the database's clock. */
  exposedAt: number;
  /** An outcome was reported for it. */
  hadOutcome: boolean;
}

/** How many exposures are kept, and how long after their last evaluation. */
export interface ExposureLimits {
  readonly maxEntries: number;
  readonly maxAgeMs: number;
}

/** The recent exposures of each targeting key, bounded; the key that has been without a new one for the longest goes first. */
export class ExposureMap {
  readonly #limits: ExposureLimits;
  /** By targeting key and rollout, in order of each key's newest exposure. */
  readonly #byKey = new Map<string, Map<string, Exposure>>();
  #size = 0;
  #evicted = 0;

  constructor(limits: ExposureLimits) {
    this.#limits = limits;
  }

  /** Exposures kept now. */
  get size(): number {
    return this.#size;
  }

  /** Exposures given up for lack of room. */
  get evicted(): number {
    return this.#evicted;
  }

  /**
   * Notes that a key was served now, where this user was served the same under the same transition in this window before.
   *
   * @returns that exposure; undefined when a new one is due, see {@link add}
   */
  touch(key: string, served: Served, nowMs: number): Exposure | undefined {
    const known = this.#byKey.get(key)?.get(served.rollout);
    if (
      known === undefined ||
      known.transition !== served.transition ||
      known.variant !== served.variant ||
      nowMs >= known.windowEndAt
    ) {
      return undefined;
    }
    // A clock that was set back a little must not move an exposure out of its window.
    if (nowMs > known.exposedAt) known.exposedAt = nowMs;
    return known;
  }

  /** Adds the first exposure of this user, transition, window and variant; it takes the place of the rollout's one before. */
  add(key: string, served: Served, nowMs: number, segments: readonly string[]): Exposure {
    const known = this.#byKey.get(key) ?? new Map<string, Exposure>();
    const exposure = newExposure(key, served, nowMs, segments, known.get(served.rollout));
    this.#put(key, known, exposure);
    return exposure;
  }

  /** A key's exposures that are recent enough to explain what it does now. */
  of(key: string, nowMs: number): readonly Exposure[] {
    const oldest = nowMs - this.#limits.maxAgeMs;
    const recent: Exposure[] = [];
    for (const exposure of this.#byKey.get(key)?.values() ?? [])
      if (exposure.exposedAt >= oldest) recent.push(exposure);
    return recent;
  }

  /** Forgets one: the key was served otherwise since, by a lapse or an exclusion. */
  end(key: string, rollout: string): void {
    const known = this.#byKey.get(key);
    if (known?.delete(rollout) !== true) return;
    this.#size -= 1;
    if (known.size === 0) this.#byKey.delete(key);
  }

  /** Forgets exposures of rollouts that no longer live. O(entries). */
  retain(isLive: (exposure: Exposure) => boolean): void {
    this.#filter(isLive);
  }

  /** Forgets what is too old to explain anything. O(entries). */
  expire(nowMs: number): void {
    const oldest = nowMs - this.#limits.maxAgeMs;
    this.#filter(({ exposedAt }) => exposedAt >= oldest);
  }

  #put(key: string, known: Map<string, Exposure>, exposure: Exposure): void {
    if (!known.has(exposure.rollout)) this.#size += 1;
    known.set(exposure.rollout, exposure);
    // Set again, to stand last in the map's order.
    this.#byKey.delete(key);
    this.#byKey.set(key, known);
    while (this.#size > this.#limits.maxEntries) {
      const [oldestKey, oldest] = this.#byKey.entries().next().value ?? [];
      if (oldestKey === undefined || oldest === undefined || oldestKey === key) return;
      this.#byKey.delete(oldestKey);
      this.#size -= oldest.size;
      this.#evicted += oldest.size;
    }
  }

  #filter(keep: (exposure: Exposure) => boolean): void {
    for (const [key, known] of this.#byKey) {
      for (const [rollout, exposure] of known) {
        if (keep(exposure)) continue;
        known.delete(rollout);
        this.#size -= 1;
      }
      if (known.size === 0) this.#byKey.delete(key);
    }
  }
}

function newExposure(
  key: string,
  { flag, rollout, variant, transition, windowMs, perUser }: Served,
  nowMs: number,
  segments: readonly string[],
  before: Exposure | undefined,
): Exposure {
  const isSameTransition = before?.transition === transition;
  // Windows are aligned to the Unix epoch.
  const windowStartAt = Math.floor(nowMs / windowMs) * windowMs;
  return {
    flag,
    rollout,
    variant,
    transition,
    cell: cellOf(key),
    ...(perUser === true && { user: before?.user ?? userDigest(rollout, key) }),
    segments,
    windowStartAt,
    windowEndAt: windowStartAt + windowMs,
    mixed: isSameTransition && (before.mixed || before.variant !== variant),
    exposedAt: nowMs,
    hadOutcome: false,
  };
}
