import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../core/duration';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import type { StatusAnswer } from '../api/answers';
import { ExitCode, exitCodeOfOutcome, isEnd } from '../exit-codes';
import type { Session } from '../session';
import { viewFor, type View } from './views';

const POLL_MS = 1000;
const LONGEST_RETRY_MS = 5000;
const STATUS_TIMEOUT_MS = 10_000;
/** Timers may fire a little early. */
const CUT_SHORT_MS = 5;

/**
 * Shows a rollout until it ends. It only reads: neither a signal nor the time limit does anything to the rollout. A
 * server that is lost is tried again until `--timeout`.
 *
 * @returns the exit code of the rollout's end, or of the signal that ended the following
 * @throws {HeadgateError} TIMED_OUT; whatever the server refuses with that another attempt cannot help
 */
export async function followRollout(session: Session, environment: string, rolloutId: string): Promise<ExitCode> {
  const view = viewFor(session);
  const stop = new AbortController();
  let signalled: 'SIGINT' | 'SIGTERM' | undefined;
  const unlisten = session.io.onSignal((signal) => {
    signalled ??= signal;
    stop.abort();
  });
  try {
    const outcome = await untilEnd(session, view, { environment, rolloutId, signal: stop.signal });
    if (outcome !== null) return exitCodeOfOutcome(outcome);
    view.note(`${rolloutId} goes on: nothing was aborted. ${waysOn(environment, rolloutId)}`);
    return signalled === 'SIGTERM' ? ExitCode.Terminated : ExitCode.Interrupted;
  } finally {
    unlisten();
  }
}

interface Followed {
  readonly environment: string;
  readonly rolloutId: string;
  readonly signal: AbortSignal;
}

/** The outcome; null when the signal came first. */
async function untilEnd(session: Session, view: View, followed: Followed) {
  const { environment, rolloutId, signal } = followed;
  const limitMs = session.options.timeout;
  const deadline = limitMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + limitMs;
  const path = ['environments', environment, 'rollouts', rolloutId];
  let failures = 0;
  for (;;) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw timedOut(followed, limitMs ?? 0, failures > 0);
    const timeoutMs = Math.min(STATUS_TIMEOUT_MS, leftMs);
    const status = await session.api.get<StatusAnswer>(path, { timeoutMs, signal }).catch((error: unknown) => {
      if (signal.aborted) return null;
      if (!(error instanceof HeadgateError) || !error.retryable) throw error;
      // Cut short by the limit of the whole wait, it says nothing of the server.
      if (deadline - performance.now() < CUT_SHORT_MS) return null;
      failures += 1;
      if (failures === 1) view.note(lost(error, limitMs));
      return null;
    });
    if (signal.aborted) return null;
    if (status !== null) {
      if (failures > 0) view.note(`the server answers again; ${rolloutId} in ${environment} is followed on`);
      failures = 0;
      view.show(status);
      if (isEnd(status.phase)) return status.phase;
    }
    const pauseMs = failures === 0 ? POLL_MS : Math.min(LONGEST_RETRY_MS, POLL_MS * failures);
    await sleep(Math.min(pauseMs, Math.max(0, deadline - performance.now())), undefined, { signal }).catch(
      () => undefined,
    );
    if (signal.aborted) return null;
  }
}

function lost(error: unknown, limitMs: number | undefined): string {
  const until = limitMs === undefined ? '' : ` until ${formatDuration(limitMs)} have passed`;
  return `${messageOf(error)}; the rollout goes on without this command, which tries again${until}`;
}

function timedOut({ environment, rolloutId }: Followed, limitMs: number, isLost: boolean): HeadgateError {
  const why = isLost ? '; the server does not answer' : '';
  return new HeadgateError(
    ErrorCode.TimedOut,
    `${rolloutId} has not ended within ${formatDuration(limitMs)}${why}. It goes on: nothing was aborted`,
    { remedy: waysOn(environment, rolloutId) },
  );
}

function waysOn(environment: string, rolloutId: string): string {
  const rest = `${rolloutId} --env ${environment}`;
  return `Follow it on: headgate rollout watch ${rest}. End it: headgate rollout abort ${rest}.`;
}
