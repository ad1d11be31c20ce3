import {
  ProviderNotReadyError,
  type EvaluationContext,
  type JsonValue,
  type Provider,
  type ResolutionDetails,
  type TrackingEventDetails,
} from '@openfeature/server-sdk';
import { messageOf } from '../../core/errors';
import type { FlagType } from '../../flags/document/flag';
import type { Resolution } from '../../flags/evaluator/resolution';
import { notReady, withDefault } from '../../flags/evaluator/snapshot';
import { CacheFile } from './cache-file';
import type { Changes } from './changes';
import { DatabaseClock } from './database-clock';
import { EventQueue } from './event-queue';
import { BATCH_EVENTS, EventSender } from './event-sender';
import { Evidence } from './evidence';
import { withIdentity } from './flag-identity';
import { resolveOptions, type HeadgateProviderOptions, type ResolvedOptions } from './options';
import type { RequestHandle } from './request-handle';
import { SnapshotState } from './snapshot-state';
import type { ProviderStats } from './stats';
import { Status } from './status';
import { Synchronizer } from './synchronizer';

/** How often requests under way are looked at, while there are any. */
const SWEEP_INTERVAL_MS = 250;
/** How often exposures too old to matter are dropped. */
const FORGET_INTERVAL_MS = 60_000;

/**
 * OpenFeature server provider for Headgate. Flags are polled and kept in memory; evaluation is local, waits for nothing
 * and never throws, whatever state the server is in. What users are served under a live rollout, and what then happens,
 * is reported in the background.
 */
export class HeadgateProvider implements Provider {
  readonly metadata = { name: 'headgate' } as const;
  readonly runsOn = 'server';
  readonly #options: ResolvedOptions;
  readonly #state: SnapshotState;
  readonly #status: Status;
  readonly #synchronizer: Synchronizer;
  readonly #queue: EventQueue;
  readonly #sender: EventSender;
  readonly #evidence: Evidence;
  readonly #cache: CacheFile | undefined;
  #timers: NodeJS.Timeout[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isRefusalLogged = false;
  #isClosed = false;

  /** @throws {TypeError} when the address or the token cannot be one */
  constructor(options: HeadgateProviderOptions) {
    this.#options = resolveOptions(options);
    const { url, token, cacheFile, clock, logger, maxQueuedEvents, maxExposures } = this.#options;
    const databaseClock = new DatabaseClock(clock);
    const databaseNow = (): number => databaseClock.now();
    this.#cache = cacheFile === undefined ? undefined : new CacheFile(cacheFile, url, token);
    this.#state = new SnapshotState((key, reason) => {
      logger.error(`headgate: flag '${key}' cannot be read, and callers get their own default: ${reason}`);
    });
    this.#status = new Status(logger, (changes) => this.#synced(changes));
    this.#synchronizer = new Synchronizer(this.#options, this.#state, databaseClock, this.#status);
    this.#queue = new EventQueue(maxQueuedEvents);
    const refused = (status: number): void => this.#eventsRefused(status);
    this.#sender = new EventSender({ ...this.#options, databaseNow, refused }, this.#queue);
    this.#evidence = new Evidence({ clock, databaseClock, maxExposures, queue: this.#queue });
  }

  /** OpenFeature's provider events. */
  get events() {
    return this.#status.events;
  }

  /**
   * Starts synchronizing. Resolves once flags are known: from the server, or within a bounded time from the cache.
   *
   * @throws {ProviderNotReadyError} when there are none in time; synchronizing goes on, and Ready is emitted when it succeeds
   */
  async initialize(): Promise<void> {
    const { initializeTimeoutMs } = this.#options;
    const status = this.#status;
    status.reset();
    this.#isClosed = false;
    let isRestored = false;
    const restored = this.#restore().then(() => {
      isRestored = true;
      this.#start();
    });
    const hasFlags = (): boolean => this.#state.compiled !== undefined;
    const isEnough = (): boolean =>
      status.isReady || status.isRefused || (isRestored && hasFlags() && status.hasFailed);
    await status.waitUntil(isEnough, initializeTimeoutMs);
    // A disk that hangs must not keep the server's flags away.
    if (!isRestored) this.#start();
    void restored;
    status.initialized(hasFlags());
    if (!hasFlags()) throw new ProviderNotReadyError(`no flags within ${initializeTimeoutMs} ms: ${status.message}`);
  }

  /** Stops, after sending what waits within a bounded time. */
  async onClose(): Promise<void> {
    const { closeTimeoutMs } = this.#options;
    this.#isClosed = true;
    this.#synchronizer.stop();
    this.#timers.forEach((timer) => clearInterval(timer));
    this.#timers = [];
    await Promise.all([this.#sender.close(closeTimeoutMs), Promise.race([this.#writing, pause(closeTimeoutMs)])]);
    this.#options.transport.close();
  }

  async resolveBooleanEvaluation(key: string, otherwise: boolean, context: EvaluationContext) {
    return this.#details(key, 'boolean', otherwise, context);
  }

  async resolveStringEvaluation(key: string, otherwise: string, context: EvaluationContext) {
    return this.#details(key, 'string', otherwise, context);
  }

  async resolveNumberEvaluation(key: string, otherwise: number, context: EvaluationContext) {
    return this.#details(key, 'number', otherwise, context);
  }

  async resolveObjectEvaluation<T extends JsonValue>(key: string, otherwise: T, context: EvaluationContext) {
    return this.#details(key, 'object', otherwise, context);
  }

  /** The value at once, without OpenFeature's hooks and details: about a hundredth of the time of its client. */
  evaluateBoolean(key: string, otherwise: boolean, context: EvaluationContext): boolean {
    return this.#value(key, 'boolean', otherwise, context);
  }

  /** See {@link evaluateBoolean}. */
  evaluateString(key: string, otherwise: string, context: EvaluationContext): string {
    return this.#value(key, 'string', otherwise, context);
  }

  /** See {@link evaluateBoolean}. */
  evaluateNumber(key: string, otherwise: number, context: EvaluationContext): number {
    return this.#value(key, 'number', otherwise, context);
  }

  /** See {@link evaluateBoolean}. The value is shared and frozen. */
  evaluateObject<T extends JsonValue>(key: string, otherwise: T, context: EvaluationContext): T {
    return this.#value(key, 'object', otherwise, context);
  }

  /**
   * Reports an outcome of the context's user: OpenFeature's tracking. `details.value` is what was measured,
   * `details.error` that it failed. Nothing is reported of users who were not served under a live rollout within 30
   * minutes.
   */
  track(name: string, context: EvaluationContext, details: TrackingEventDetails = {}): void {
    this.#evidence.track(name, context, { value: details.value, error: details['error'] === true });
  }

  /** Measures a request of the context's user; call `end` when it is done. One that hangs is reported while it does. */
  startRequest(context: EvaluationContext, name = 'request'): RequestHandle {
    return this.#evidence.startRequest(context, name);
  }

  /** What the context's user was served, to be passed to another process with its work. Holds no targeting key. */
  exposureToken(context: EvaluationContext): string {
    return this.#evidence.token(context);
  }

  /**
   * Reports an outcome of the user that a token from another process stands for.
   *
   * @returns false when the token is not one; it is then counted in {@link stats}
   */
  trackWithToken(token: string, name: string, details: TrackingEventDetails = {}): boolean {
    return this.#evidence.trackWithToken(token, name, { value: details.value, error: details['error'] === true });
  }

  /** Counters for the service's own monitoring. */
  stats(): ProviderStats {
    const { droppedEvents, ...sender } = this.#sender.stats;
    return {
      ...sender,
      ...this.#evidence.stats,
      isReady: this.#status.isReady,
      queuedEvents: this.#queue.length + this.#sender.inFlight,
      droppedEvents: droppedEvents + this.#queue.dropped,
    };
  }

  #value<T>(key: string, type: FlagType, otherwise: T, context: EvaluationContext): T {
    const { details } = this.#resolve(key, type, context);
    return details.value === undefined ? otherwise : (details.value as T);
  }

  #details<T>(key: string, type: FlagType, otherwise: T, context: EvaluationContext): ResolutionDetails<T> {
    const resolution = this.#resolve(key, type, context);
    const flag = this.#options.describeFlags ? this.#state.compiled?.flags.get(key) : undefined;
    const details = flag === undefined ? resolution.details : withIdentity(resolution.details, flag);
    // The same words; only OpenFeature's error codes are an enum there.
    return withDefault({ details }, otherwise) as ResolutionDetails<T>;
  }

  #resolve(key: string, type: FlagType, context: EvaluationContext): Resolution {
    const snapshot = this.#state.compiled;
    if (snapshot === undefined) return notReady();
    // Only leases need the time.
    const monotonicMs = snapshot.leases.size === 0 ? 0 : this.#options.clock.monotonicMs();
    const resolution = snapshot.resolve(key, type, context, monotonicMs);
    if (resolution.served !== undefined) this.#evidence.note(resolution.served, context, snapshot, monotonicMs);
    return resolution;
  }

  async #restore(): Promise<void> {
    const stored = await this.#cache?.read();
    if (stored !== undefined && this.#state.compiled === undefined) this.#state.restore(stored);
  }

  #start(): void {
    if (this.#isClosed || this.#timers.length > 0) return;
    this.#synchronizer.start();
    this.#sender.start();
    const every = (ms: number, work: () => void): NodeJS.Timeout => setInterval(work, ms).unref();
    this.#timers = [
      every(SWEEP_INTERVAL_MS, () => this.#sweep()),
      every(FORGET_INTERVAL_MS, () => this.#evidence.forget(this.#state.compiled)),
    ];
  }

  #sweep(): void {
    // What is reported as open has a second to arrive; a full batch need not wait either.
    if (this.#evidence.sweepRequests() > 0 || this.#queue.length >= BATCH_EVENTS) void this.#sender.flush();
  }

  #synced(changes: Changes): void {
    if (changes.isEmpty) return;
    this.#evidence.forget(this.#state.compiled);
    const stored = this.#cache === undefined ? undefined : this.#state.toStored();
    if (this.#cache === undefined || stored === undefined) return;
    this.#writing = this.#cache.write(stored).catch((error: unknown) => {
      this.#options.logger.warn(`headgate: flags could not be kept on disk: ${messageOf(error)}`);
    });
  }

  #eventsRefused(status: number): void {
    if (this.#isRefusalLogged) return;
    this.#isRefusalLogged = true;
    this.#options.logger.error(`headgate: the server refused events with ${status}; they are dropped and counted`);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
