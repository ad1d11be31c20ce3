import type { EvaluationContext } from '@openfeature/server-sdk';
import type { Clock } from '../../core/clock';
import type { Served } from '../../flags/evaluator/resolution';
import { matchedSegments, type CompiledSnapshot } from '../../flags/evaluator/snapshot';
import type { DatabaseClock } from './database-clock';
import type { EventQueue } from './event-queue';
import { decodeExposures, encodeExposures } from './exposure-token';
import { ExposureMap, type Exposure } from './exposures';
import { OpenRequests } from './open-requests';
import { exposureEvent, isReportable, outcomeEvent, type Outcome } from './outcome';
import type { RequestHandle } from './request-handle';
import type { EvidenceStats } from './stats';

const EXPOSURE_LIFE_MS = 30 * 60_000;
const NOTHING: RequestHandle = { end: () => undefined };

/** What {@link Evidence} stands on. */
export interface EvidenceParts {
  readonly clock: Clock;
  readonly databaseClock: DatabaseClock;
  readonly maxExposures: number;
  readonly queue: EventQueue;
}

/** What users were served under live rollouts, and what then happened to them, as events. */
export class Evidence {
  readonly #parts: EvidenceParts;
  readonly #exposures: ExposureMap;
  readonly #requests: OpenRequests;
  #invalidEvents = 0;

  constructor(parts: EvidenceParts) {
    this.#parts = parts;
    this.#exposures = new ExposureMap({ maxEntries: parts.maxExposures, maxAgeMs: EXPOSURE_LIFE_MS });
    this.#requests = new OpenRequests({
      clock: parts.clock,
      databaseNow: () => parts.databaseClock.now(),
      exposuresOf: (key) => this.#exposures.of(key, parts.databaseClock.now()),
      report: (name, outcome, exposure) => this.#report(name, outcome, exposure),
      maxOpen: parts.maxExposures,
    });
  }

  get stats(): EvidenceStats {
    return {
      exposures: this.#exposures.size,
      evictedExposures: this.#exposures.evicted,
      openRequests: this.#requests.size,
      invalidEvents: this.#invalidEvents,
    };
  }

  /** Notes what a live rollout served. On the path of every such evaluation. */
  note(served: Served, context: EvaluationContext, snapshot: CompiledSnapshot, monotonicMs: number): void {
    const key = keyOf(context);
    if (key === undefined) return;
    if (!served.drawn) {
      this.#exposures.end(key, served.rollout);
      return;
    }
    const now = this.#parts.databaseClock.at(monotonicMs);
    let exposure = this.#exposures.touch(key, served, now);
    if (exposure === undefined) {
      exposure = this.#exposures.add(key, served, now, matchedSegments(snapshot, served.flag, context));
      this.#parts.queue.push(exposureEvent(exposure));
    }
    this.#requests.bind(key, exposure);
  }

  /** Reports an outcome for each live exposure of the context's user. */
  track(name: string, context: EvaluationContext, outcome: Outcome): void {
    const key = keyOf(context);
    if (key === undefined) return;
    for (const exposure of this.#exposures.of(key, this.#parts.databaseClock.now()))
      this.#report(name, outcome, exposure);
  }

  /** @returns false when the token is not one */
  trackWithToken(token: string, name: string, outcome: Outcome): boolean {
    const exposures = decodeExposures(token);
    if (exposures === undefined) {
      this.#invalidEvents += 1;
      return false;
    }
    for (const exposure of exposures) this.#report(name, outcome, exposure);
    return true;
  }

  /** The user's live exposures for another process; empty without any. */
  token(context: EvaluationContext): string {
    const key = keyOf(context);
    return key === undefined ? '' : encodeExposures(this.#exposures.of(key, this.#parts.databaseClock.now()));
  }

  /** Begins to measure a request of the context's user. */
  startRequest(context: EvaluationContext, name: string): RequestHandle {
    const key = keyOf(context);
    return key === undefined ? NOTHING : this.#requests.start(key, name);
  }

  /** Reports requests still open whose window is about to be judged; returns how many. */
  sweepRequests(): number {
    return this.#requests.sweep();
  }

  /** Forgets exposures that are too old, and those of rollouts that ended or whose flag was switched off. */
  forget(snapshot: CompiledSnapshot | undefined): void {
    this.#exposures.expire(this.#parts.databaseClock.now());
    this.#exposures.retain(({ flag, rollout }) => {
      const source = snapshot?.flags.get(flag)?.source;
      return source?.enabled === true && source.rollout?.id === rollout;
    });
  }

  #report(name: string, outcome: Outcome, exposure: Exposure): void {
    if (isReportable(name, outcome)) this.#parts.queue.push(outcomeEvent(name, outcome, exposure));
    else this.#invalidEvents += 1;
  }
}

function keyOf({ targetingKey }: EvaluationContext): string | undefined {
  return typeof targetingKey === 'string' && targetingKey !== '' ? targetingKey : undefined;
}
