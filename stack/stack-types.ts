import type { DatabaseCapabilities } from '../store/database-probe';

/** A running part of the stack. */
export interface StackComponent {
  /** For people: which way it came by, or that it is somebody else's. */
  readonly origin: string;
  /** From the request to the first right answer, in milliseconds. */
  readonly tookMs: number;
  /** The process, when it is one of ours. */
  readonly pid: number | undefined;
  /**
   * Ends it with SIGKILL, as a crash would.
   *
   * @throws {HeadgateError} INVALID_ARGUMENT when it came from the environment and is not ours to end
   */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; kills it first when it still runs. Throws as `kill` does. */
  restart(): Promise<void>;
}

/** Temporal's server with its Web UI. */
export interface TemporalComponent extends StackComponent {
  /** `host:port` of the gRPC front end. */
  readonly address: string;
  readonly namespace: string;
  /** Undefined when the address came from the environment. */
  readonly uiUrl: string | undefined;
}

/** A database that speaks MongoDB's protocol and has passed the probe. */
export interface MongodbComponent extends StackComponent {
  readonly url: string;
  readonly capabilities: DatabaseCapabilities;
}

/** Both parts, running. */
export interface Stack {
  readonly dataDir: string;
  readonly temporal: TemporalComponent;
  readonly mongodb: MongodbComponent;
  /** Ends what this call of `startStack` has started, and removes the data folder when it was made for this run only. */
  stop(): Promise<void>;
}

/** A port: that very one, 0 for any free one, undefined for the usual one or, when that is taken, any free one. */
export interface StackPorts {
  /** Usually 7233. */
  readonly temporal?: number;
  /** Usually 8233. */
  readonly temporalUi?: number;
  /** Usually 27017. */
  readonly mongodb?: number;
}

/** How to start the stack. */
export interface StackOptions {
  /**
   * `attached`: everything started ends with this process, however that ends. `detached`: it goes on until `stopStack`.
   */
  readonly mode: 'attached' | 'detached';
  /** Where data, logs and pid files are kept; without it a temporary folder, for attached mode only. */
  readonly dataDir?: string;
  readonly ports?: StackPorts;
  /**
   * Further dynamic configuration of Temporal's server, by key, for tests: `{
   * 'limit.historyCount.suggestContinueAsNew': 40 }`.
   */
  readonly temporalSettings?: Readonly<Record<string, string | number | boolean>>;
  /** Where addresses, PATH and cache folder are read from; this process's environment by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Takes one line per part, and one for each step that takes long; standard error by default. */
  readonly log?: (line: string) => void;
}

/** What runs on a data folder. */
export interface StackStatus {
  readonly temporal: { readonly pid: number; readonly address: string; readonly uiUrl: string } | undefined;
  readonly mongodb: { readonly pid: number; readonly url: string } | undefined;
}
