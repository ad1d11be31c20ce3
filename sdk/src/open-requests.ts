import type { Clock } from '../../core/clock';
import type { Exposure } from './exposures';
import type { Outcome } from './outcome';
import type { RequestHandle } from './request-handle';

/**
 * When a request that is still open is reported, after the end of its exposure's window: late enough to have had its
 * chance, early enough to arrive before the window is closed to data (8 s) and judged (10 s).
 */
export const REPORT_OPEN_AFTER_MS = 7000;
/** A handle nobody ended is forgotten after this long. */
const FORGET_AFTER_MS = 30 * 60_000;

interface Binding {
  exposure: Exposure;
  /** Served before the request began: a later evaluation takes its place. */
  isEarlier: boolean;
  isReported: boolean;
}

interface OpenRequest {
  readonly key: string;
  readonly name: string;
  readonly startedAt: number;
  readonly startedAtMonotonicMs: number;
  readonly bindings: Binding[];
}

/** What {@link OpenRequests} stands on. */
export interface OpenRequestsParts {
  readonly clock: Clock;
  readonly databaseNow: () => number;
  /** A key's recent exposures. */
  readonly exposuresOf: (key: string) => readonly Exposure[];
  readonly report: (name: string, outcome: Outcome, exposure: Exposure) => void;
  /** Most requests watched at once; more are measured, but not reported while open. */
  readonly maxOpen: number;
}

/**
 * Requests under way by targeting key. Each is bound to what its user was served during it (or, without any evaluation,
 * before it), so that neither another request of the same user nor a new transition moves it to another arm, and a
 * hanging one is seen.
 */
export class OpenRequests {
  readonly #parts: OpenRequestsParts;
  readonly #byKey = new Map<string, Set<OpenRequest>>();
  #size = 0;

  constructor(parts: OpenRequestsParts) {
    this.#parts = parts;
  }

  /** Requests under way. */
  get size(): number {
    return this.#size;
  }

  /** Begins to measure a request. */
  start(key: string, name: string): RequestHandle {
    const { clock, databaseNow, exposuresOf, maxOpen } = this.#parts;
    const request: OpenRequest = {
      key,
      name,
      startedAt: databaseNow(),
      startedAtMonotonicMs: clock.monotonicMs(),
      bindings: exposuresOf(key).map((exposure) => ({ exposure, isEarlier: true, isReported: false })),
    };
    if (this.#size < maxOpen) this.#add(request);
    let isEnded = false;
    return {
      end: ({ error = false } = {}) => {
        if (isEnded) return;
        isEnded = true;
        this.#remove(request);
        const value = clock.monotonicMs() - request.startedAtMonotonicMs;
        for (const { exposure, isReported } of request.bindings) {
          if (!isReported) this.#parts.report(name, { value, error }, exposure);
        }
      },
    };
  }

  /** Binds a key's open requests to what it was just served; their first evaluation of a rollout counts. */
  bind(key: string, exposure: Exposure): void {
    if (this.#size === 0) return;
    for (const { bindings } of this.#byKey.get(key) ?? []) {
      const known = bindings.find((binding) => binding.exposure.rollout === exposure.rollout);
      if (known === undefined) {
        bindings.push({ exposure, isEarlier: false, isReported: false });
      } else if (known.isEarlier && !known.isReported) {
        known.exposure = exposure;
        known.isEarlier = false;
      }
    }
  }

  /**
   * Reports, once, what is still open although its window is about to be judged.
   *
   * @returns how many were reported
   */
  sweep(): number {
    if (this.#size === 0) return 0;
    let reported = 0;
    const { clock, databaseNow, report } = this.#parts;
    const now = databaseNow();
    for (const requests of this.#byKey.values()) {
      for (const request of requests) {
        for (const binding of request.bindings) {
          const dueAt = binding.exposure.windowEndAt + REPORT_OPEN_AFTER_MS;
          // A window that was over before the request began is closed; the request is reported when it ends.
          if (binding.isReported || now < dueAt || dueAt <= request.startedAt) continue;
          binding.isReported = true;
          const value = clock.monotonicMs() - request.startedAtMonotonicMs;
          report(request.name, { value, open: true }, binding.exposure);
          reported += 1;
        }
        if (now - request.startedAt > FORGET_AFTER_MS) this.#remove(request);
      }
    }
    return reported;
  }

  #add(request: OpenRequest): void {
    const requests = this.#byKey.get(request.key);
    if (requests === undefined) this.#byKey.set(request.key, new Set([request]));
    else requests.add(request);
    this.#size += 1;
  }

  #remove(request: OpenRequest): void {
    const requests = this.#byKey.get(request.key);
    if (requests?.delete(request) !== true) return;
    this.#size -= 1;
    if (requests.size === 0) this.#byKey.delete(request.key);
  }
}
