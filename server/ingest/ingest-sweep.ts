import { BATCH_MEMORY_MS } from '../../metrics/events';
import type { IngestGroupsRepository } from '../../store/ingest-groups-repository';
import type { WindowsRepository } from '../../store/windows-repository';

/** Batch ids are kept beyond their day, because a batch may be made up to five minutes ahead and clocks drift. */
const GROUP_MEMORY_MS = BATCH_MEMORY_MS + 3_600_000;

/** What the sweep works with, and how often. */
export interface IngestSweepOptions {
  readonly groups: Pick<IngestGroupsRepository, 'expire'>;
  readonly windows: Pick<WindowsRepository, 'fold' | 'expire'>;
  readonly clock: { nowMs(): number };
  /** Between passes over groups of servers that died, in milliseconds; default 30 s. The first pass is made at once. */
  readonly foldEveryMs?: number;
  /** Between removals of what has expired, in milliseconds; default 10 minutes. */
  readonly expireEveryMs?: number;
  /** How long windows are kept, in milliseconds; default 90 days. Longer than any rollout lives. */
  readonly keepWindowsMs?: number;
  readonly onError?: (error: unknown) => void;
}

/**
 * Folds what dead servers left behind and removes what has expired, in the background; any number of servers may. Call
 * to stop.
 */
export function startIngestSweep(options: IngestSweepOptions): () => Promise<void> {
  const { groups, windows, clock, foldEveryMs = 30_000, expireEveryMs = 600_000, onError } = options;
  const keepWindowsMs = options.keepWindowsMs ?? 90 * 86_400_000;
  const fold = repeat(() => windows.fold.foldPending(), foldEveryMs, onError, 0);
  const expire = repeat(
    async () => {
      await groups.expire(clock.nowMs() - GROUP_MEMORY_MS);
      await windows.expire(clock.nowMs() - keepWindowsMs);
    },
    expireEveryMs,
    onError,
  );
  return async () => {
    await Promise.all([fold(), expire()]);
  };
}

/** Repeats work with pauses between, so that slow work never piles up. */
function repeat(
  work: () => Promise<unknown>,
  pauseMs: number,
  onError?: (error: unknown) => void,
  firstAfterMs = pauseMs,
): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let isStopped = false;
  let timer = schedule(firstAfterMs);

  function schedule(afterMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      running = work()
        .then(
          () => undefined,
          (error: unknown) => onError?.(error),
        )
        .finally(() => {
          if (!isStopped) timer = schedule(pauseMs);
        });
    }, afterMs).unref();
  }

  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await running;
  };
}
