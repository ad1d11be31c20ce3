import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';

/** A program the stack can start. */
export interface Program {
  /** What it is: `temporal`, `mongod`, or the stand-in for it. */
  readonly engine: 'temporal' | 'mongod' | 'standin';
  readonly command: string;
  /** Arguments that come before those of the component. */
  readonly args: readonly string[];
  /** For people, how it was come by: `found on PATH`. */
  readonly origin: string;
}

/** Either the program, or why this way is closed and what would open it. */
export type WayOutcome = { readonly taken: Program } | { readonly declined: string; readonly remedy?: string };

/** One way to come by a program. `attempt` may also throw, which declines it. */
export interface Way {
  /** For people: `download`. */
  readonly name: string;
  attempt(): Promise<WayOutcome>;
}

/**
 * The program of the first way that works; the ways after it are not tried.
 *
 * @param what - the component, for the message
 * @param variable - the environment variable that would name a running one
 * @throws {HeadgateError} STACK_UNAVAILABLE when every way is closed, with each one's reason and remedy
 */
export async function firstWay(
  what: string,
  ways: readonly Way[],
  variable: string,
  log: (line: string) => void,
): Promise<Program> {
  const reasons: string[] = [];
  const remedies: string[] = [];
  for (const way of ways) {
    const outcome = await way.attempt().catch((error: unknown): WayOutcome => ({
      declined: messageOf(error),
      remedy: error instanceof HeadgateError ? error.remedy : undefined,
    }));
    if ('taken' in outcome) return outcome.taken;
    reasons.push(`${way.name}: ${outcome.declined}`);
    if (outcome.remedy !== undefined) remedies.push(outcome.remedy);
    // The first ways are closed on most machines; only what had to be attempted over the network is worth a line.
    if (way.name === 'download') log(`${what}: download not possible (${outcome.declined}), trying the next way`);
  }
  throw new HeadgateError(ErrorCode.StackUnavailable, `no way to provide ${what} works: ${reasons.join('; ')}`, {
    remedy: [...remedies, `Set ${variable} to the address of a running one.`].join(' Or: '),
  });
}
