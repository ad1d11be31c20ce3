import { ErrorCode, HeadgateError } from '../core/errors';
import type { ComponentName } from './data-dir';
import type { StackComponent, StackPorts } from './stack-types';
import type { Watchdog } from './watchdog';
import type { WaysContext } from './ways/ways-context';

/** What starting a component needs from the call that starts the stack. */
export interface StartContext extends WaysContext {
  readonly dataDir: string;
  readonly ports: StackPorts;
  readonly temporalSettings: Readonly<Record<string, string | number | boolean>>;
  readonly watchdog: Watchdog | undefined;
}

/** A port that was free when it was chosen may be taken a moment later. */
const START_ATTEMPTS = 3;

/**
 * Starts on freshly chosen ports, again when the start fails while the ports were the stack's own choice.
 *
 * @param portsAsked - those the caller insists on
 */
export async function startWithRetry<T>(
  portsAsked: readonly (number | undefined)[],
  start: () => Promise<T>,
): Promise<T> {
  const insisted = portsAsked.every((port) => port !== undefined && port !== 0);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      const inUse = error instanceof HeadgateError && /in use|failed to bind|BindException/i.test(error.message);
      if (insisted || !inUse || attempt === START_ATTEMPTS) throw error;
    }
  }
}

/** The part of a component that came from the environment: it runs, and is not ours to end. */
export function external(name: ComponentName, variable: string): Pick<StackComponent, 'pid' | 'kill' | 'restart'> {
  const refuse = async (): Promise<never> => {
    throw new HeadgateError(ErrorCode.InvalidArgument, `${name} came from ${variable} and is not ours to end`, {
      remedy: `Unset ${variable} to have one started.`,
    });
  };
  return { pid: undefined, kill: refuse, restart: refuse };
}

/** Seconds with one decimal, for the line about a started component. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
