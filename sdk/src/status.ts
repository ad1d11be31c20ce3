import { ErrorCode, OpenFeatureEventEmitter, ProviderEvents, type Logger } from '@openfeature/server-sdk';
import type { Changes } from './changes';
import type { SyncListener } from './synchronizer';

/** Failures in a row after which flags count as stale. */
const STALE_AFTER_FAILURES = 3;

type State = 'starting' | 'ready' | 'stale' | 'error';

/** Follows synchronization and tells OpenFeature: Ready, ConfigurationChanged, Stale, Error, and Ready again. */
export class Status implements SyncListener {
  readonly events = new OpenFeatureEventEmitter();
  readonly #logger: Logger;
  readonly #afterSync: (changes: Changes) => void;
  #state: State = 'starting';
  #hasFailed = false;
  #isRefused = false;
  #message = 'the server has not answered yet';
  /** OpenFeature itself reports how initialization ended; events before that would contradict it. */
  #isInitialized = false;
  #wake: () => void = () => undefined;

  constructor(logger: Logger, afterSync: (changes: Changes) => void) {
    this.#logger = logger;
    this.#afterSync = afterSync;
  }

  /** Whether flags are those of the server, as far as is known. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Whether the last word of the server was that it does not know the token. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Whether an attempt failed since the start. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** What went wrong last. */
  get message(): string {
    return this.#message;
  }

  synced(changes: Changes): void {
    const before = this.#state;
    this.#state = 'ready';
    this.#isRefused = false;
    this.#afterSync(changes);
    if (before !== 'ready') this.#emitReady(before);
    if (before !== 'starting' && !changes.isEmpty && this.#isInitialized) {
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: changes.keys() });
    }
    this.#wake();
  }

  failed(message: string, failures: number, isRefused: boolean): void {
    const before = this.#state;
    this.#message = message;
    this.#hasFailed = true;
    const isNews = isRefused && !this.#isRefused;
    this.#isRefused = isRefused;
    if (isRefused) {
      this.#state = 'error';
      if (isNews) this.#logger.error(`headgate: the token was not accepted (${message})`);
    } else if (before === 'ready' && failures >= STALE_AFTER_FAILURES) {
      this.#state = 'stale';
      this.#logger.warn(`headgate: flags may be stale: ${message}`);
    }
    if (this.#state !== before) this.#emitTrouble();
    this.#wake();
  }

  /** Resolves once `isEnough`, asked now and after each attempt, or after `timeoutMs`. */
  async waitUntil(isEnough: () => boolean, timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        if (isEnough()) resolve();
      };
      this.#wake();
    });
    clearTimeout(timer);
    this.#wake = () => undefined;
  }

  /** Initialization ended; `hasFlags` from the server or from the cache. From here on changes are emitted. */
  initialized(hasFlags: boolean): void {
    this.#isInitialized = true;
    if (this.#state === 'ready') return;
    if (this.#state === 'starting') this.#state = hasFlags ? 'stale' : 'error';
    // OpenFeature announces Ready once initialize() has resolved; that these are old flags comes after it.
    if (hasFlags) setImmediate(() => this.#emitTrouble());
  }

  /** Back to the beginning, for a provider that is initialized again. */
  reset(): void {
    this.#state = 'starting';
    this.#hasFailed = false;
    this.#isRefused = false;
    this.#isInitialized = false;
  }

  #emitReady(before: State): void {
    if (!this.#isInitialized) return;
    this.#logger.info(`headgate: synchronized again after ${before === 'stale' ? 'an outage' : 'an error'}`);
    this.events.emit(ProviderEvents.Ready);
  }

  #emitTrouble(): void {
    if (!this.#isInitialized) return;
    if (this.#state === 'stale') this.events.emit(ProviderEvents.Stale, { message: this.#message });
    else if (this.#state === 'error') {
      this.events.emit(ProviderEvents.Error, { message: this.#message, errorCode: ErrorCode.GENERAL });
    }
  }
}
