import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../core/duration';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { ExitCode } from '../exit-codes';
import type { Session } from '../session';

/** What is followed by asking for its status again and again. */
export interface Followed<Status> {
  /** Its id, for people. */
  readonly id: string;
  readonly read: (timeoutMs: number) => Promise<Status>;
  /** What the server answers while it has not saved anything yet; null where it is there from the start. */
  readonly notFound: ErrorCode | null;
  /** What has to change for another line. */
  readonly keyOf: (status: Status) => unknown;
  readonly line: (status: Status) => string;
  /** What it exits with once it has ended; null while it lives. */
  readonly exitOf: (status: Status) => ExitCode | null;
}

const POLL_MS = 1_000;
const READ_MS = 5_000;

/**
 * Follows something to its end, a line (or with `--json` a document) for each change. Interrupted or out of time, it goes on.
 *
 * @throws {HeadgateError} TIMED_OUT
 */
export async function followStatus<Status>(session: Session, followed: Followed<Status>): Promise<ExitCode> {
  const { id, read, notFound, keyOf, line, exitOf } = followed;
  const stop = new AbortController();
  let signalled: 'SIGINT' | 'SIGTERM' | undefined;
  const unlisten = session.io.onSignal((signal) => {
    signalled ??= signal;
    stop.abort();
  });
  const limitMs = session.options.timeout ?? Number.POSITIVE_INFINITY;
  const deadline = performance.now() + limitMs;
  let last = '';
  try {
    while (signalled === undefined) {
      if (performance.now() > deadline) {
        throw new HeadgateError(
          ErrorCode.TimedOut,
          `${id} has not ended within ${formatDuration(limitMs)}. It goes on`,
        );
      }
      const status = await read(READ_MS).catch((error: unknown) => {
        // It may not have saved anything yet, or the server is away for a moment: it goes on without this command.
        const passes = error instanceof HeadgateError && (error.retryable || error.code === notFound);
        if (!passes) throw error;
        return null;
      });
      const key = status === null ? last : JSON.stringify(keyOf(status));
      if (status !== null && key !== last) {
        session.io.stdout.write(`${session.json ? JSON.stringify(status) : line(status)}\n`);
      }
      last = key;
      const exit = status === null ? null : exitOf(status);
      if (exit !== null) return exit;
      await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    session.note(`${id} goes on: nothing was aborted`);
    return signalled === 'SIGTERM' ? ExitCode.Terminated : ExitCode.Interrupted;
  } finally {
    unlisten();
  }
}
