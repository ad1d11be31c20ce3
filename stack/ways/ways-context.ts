import type { RunCommand } from '../run-command';
import type { Reach } from './reachability';

/** What every way needs from outside: tests replace the machine with it. */
export interface WaysContext {
  readonly env: NodeJS.ProcessEnv;
  readonly run: RunCommand;
  readonly reach: Reach;
  readonly cacheRoot: string;
  readonly log: (line: string) => void;
}

/** How long a download host may take to answer at all. */
export const REACH_TIMEOUT_MS = 2500;
/** How long a program may take to say its version. */
export const VERSION_TIMEOUT_MS = 15_000;
/** How long a whole download may take. */
export const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;
