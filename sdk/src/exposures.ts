import { cellOf } from '../../flags/evaluator/cell';
import type { Served } from '../../flags/evaluator/resolution';

/**
 * A user served one variant under one transition within one window. `exposedAt` moves with each evaluation, within the window; the next
 * window has its own exposure, so whoever holds this one keeps what the user was served then.
 */
export interface Exposure {
  readonly flag: string;
  readonly rollout: string;
  readonly variant: string;
  readonly transition: number;
  readonly cell: number;
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
  /** In order of each key's newest exposure. */
  readonly #byKey = new Map<string, Exposure[]>();
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
   * Notes that a key was served now.
   *
   * @param segments - asked only for a new exposure
   * @returns the exposure, and whether it is new: the first of this user, transition, window and variant
   */
  touch(
    key: string,
    served: Served,
    nowMs: number,
    segments: () => readonly string[],
  ): { exposure: Exposure; isNew: boolean } {
    const known = this.#byKey.get(key);
    const index = known === undefined ? -1 : indexOfRollout(known, served.rollout);
    const before = known?.[index];
    if (before !== undefined && before.transition === served.transition && nowMs < before.windowEndAt) {
      if (before.variant === served.variant) {
        // A clock that was set back a little must not move an exposure out of its window.
        if (nowMs > before.exposedAt) before.exposedAt = nowMs;
        return { exposure: before, isNew: false };
      }
    }
    const exposure = newExposure(key, served, nowMs, segments(), before);
    this.#put(key, known ?? [], index, exposure);
    return { exposure, isNew: true };
  }

  /** A key's exposures that are recent enough to explain what it does now. */
  of(key: string, nowMs: number): readonly Exposure[] {
    const known = this.#byKey.get(key);
    if (known === undefined) return [];
    const oldest = nowMs - this.#limits.maxAgeMs;
    return known.every(({ exposedAt }) => exposedAt >= oldest)
      ? known
      : known.filter(({ exposedAt }) => exposedAt >= oldest);
  }

  /** Forgets one: the key was served otherwise since, by a lapse or an exclusion. */
  end(key: string, rollout: string): void {
    const known = this.#byKey.get(key);
    const index = known === undefined ? -1 : indexOfRollout(known, rollout);
    if (known === undefined || index < 0) return;
    this.#size -= 1;
    if (known.length === 1) this.#byKey.delete(key);
    else known.splice(index, 1);
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

  #put(key: string, known: Exposure[], index: number, exposure: Exposure): void {
    if (index < 0) {
      known.push(exposure);
      this.#size += 1;
    } else {
      known[index] = exposure;
    }
    // Set again, to stand last in the map's order.
    this.#byKey.delete(key);
    this.#byKey.set(key, known);
    while (this.#size > this.#limits.maxEntries) {
      const [oldestKey, oldest] = this.#byKey.entries().next().value ?? [];
      if (oldestKey === undefined || oldest === undefined || oldestKey === key) return;
      this.#byKey.delete(oldestKey);
      this.#size -= oldest.length;
      this.#evicted += oldest.length;
    }
  }

  #filter(keep: (exposure: Exposure) => boolean): void {
    for (const [key, known] of this.#byKey) {
      const kept = known.filter(keep);
      if (kept.length === known.length) continue;
      this.#size -= known.length - kept.length;
      if (kept.length === 0) this.#byKey.delete(key);
      else this.#byKey.set(key, kept);
    }
  }
}

function indexOfRollout(exposures: readonly Exposure[], rollout: string): number {
  for (let index = 0; index < exposures.length; index += 1) if (exposures[index]?.rollout === rollout) return index;
  return -1;
}

function newExposure(
  key: string,
  { flag, rollout, variant, transition, windowMs }: Served,
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
    segments,
    windowStartAt,
    windowEndAt: windowStartAt + windowMs,
    mixed: isSameTransition && (before.mixed || before.variant !== variant),
    exposedAt: nowMs,
    hadOutcome: false,
  };
}
