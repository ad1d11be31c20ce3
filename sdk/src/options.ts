import { DefaultLogger, type Logger } from '@openfeature/server-sdk';
import { systemClock, type Clock } from '../../core/clock';
import { fetchTransport, nodeTransport, type Transport } from './transport';

/** How a {@link HeadgateProvider} finds its server, and its bounds. */
export interface HeadgateProviderOptions {
  /** Address of a Headgate server, such as `https://headgate.example.com`. */
  readonly url: string;
  /** Token of role `sdk`; it decides the environment. */
  readonly token: string;
  /** Milliseconds between polls, at least 250; 1000 by default. */
  readonly pollIntervalMs?: number;
  /**
   * Whether to follow the server's stream of changes, so that they arrive at once; true by default. Polling goes on
   * beside it, and without it.
   */
  readonly streaming?: boolean;
  /**
   * Whether the metadata of evaluations tells the environment (`flagSetId`) and the flag's revision (`version`), as
   * telemetry wants them; false by default. Direct calls give values alone and tell neither.
   */
  readonly describeFlags?: boolean;
  /** File that keeps the last known flags for a start without server; none by default. */
  readonly cacheFile?: string;
  /** Milliseconds between reports of events, at least 50; 1000 by default. */
  readonly flushIntervalMs?: number;
  /** Events kept while the server cannot take them, 10,000 by default; then the oldest outcomes are dropped and counted. */
  readonly maxQueuedEvents?: number;
  /** Exposures remembered, 50,000 by default. */
  readonly maxExposures?: number;
  /** Milliseconds until a request counts as lost; 5000 by default. */
  readonly requestTimeoutMs?: number;
  /** Longest that `initialize` waits for the server, in milliseconds; 2000 by default. */
  readonly initializeTimeoutMs?: number;
  /** Longest that `onClose` takes to send what waits, in milliseconds; 2000 by default. */
  readonly closeTimeoutMs?: number;
  /** Sends requests instead of `node:http`; the global `fetch` is one. */
  readonly fetch?: typeof fetch;
  /** Instead of the machine's clocks. */
  readonly clock?: Clock;
  /** OpenFeature's default logger (warnings and errors to the console) when omitted. */
  readonly logger?: Logger;
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<Omit<HeadgateProviderOptions, 'cacheFile' | 'fetch'>> &
  Pick<HeadgateProviderOptions, 'cacheFile'> & { readonly transport: Transport };

/**
 * Fills in defaults and keeps intervals within their bounds.
 *
 * @throws {TypeError} when the address is none or the token is empty
 */
export function resolveOptions(options: HeadgateProviderOptions): ResolvedOptions {
  if (!URL.canParse(options.url) || !/^https?:/i.test(options.url)) {
    throw new TypeError(`'${options.url}' is no address of a server: it starts with http:// or https://`);
  }
  if (options.token === '') throw new TypeError('the token is empty: make one with `headgate token create --role sdk`');
  return {
    url: options.url.replace(/\/+$/, ''),
    token: options.token,
    cacheFile: options.cacheFile,
    pollIntervalMs: Math.max(250, options.pollIntervalMs ?? 1000),
    streaming: options.streaming ?? true,
    describeFlags: options.describeFlags ?? false,
    flushIntervalMs: Math.max(50, options.flushIntervalMs ?? 1000),
    maxQueuedEvents: Math.max(1, options.maxQueuedEvents ?? 10_000),
    maxExposures: Math.max(1, options.maxExposures ?? 50_000),
    requestTimeoutMs: options.requestTimeoutMs ?? 5000,
    initializeTimeoutMs: options.initializeTimeoutMs ?? 2000,
    closeTimeoutMs: options.closeTimeoutMs ?? 2000,
    transport: options.fetch === undefined ? nodeTransport() : fetchTransport(options.fetch),
    clock: options.clock ?? systemClock,
    logger: options.logger ?? new DefaultLogger(),
  };
}
