import { documentId } from '../../flags/document/identifiers';
import type { FlagUsage } from '../../flags/lifecycle/staleness';
import type { RolloutProjection, RolloutsRepository } from '../../store/rollouts-repository';
import type { WindowsRepository } from '../../store/windows-repository';

/** Where it is known who was served. */
export interface UsageSources {
  readonly rollouts: Pick<RolloutsRepository, 'list'>;
  readonly windows: Pick<WindowsRepository, 'readRecorded'>;
}

/** A rollout that lasted less says nothing by its silence. */
const SHORTEST_WATCH_MS = 86_400_000;
const ROLLOUTS_READ = 1_000;

/**
 * What is known of the use of each flag of an environment, by its latest rollout: exposures are counted while one is
 * live, and are kept for 90 days. Windows are read only of rollouts whose last look saw nobody.
 *
 * @param olderThanMs - how long ago a rollout may have ended to say anything, in milliseconds
 * @returns a function of the flag's key
 */
export async function usageOfFlags(
  { rollouts, windows }: UsageSources,
  environment: string,
  nowMs: number,
  olderThanMs: number,
): Promise<(key: string) => Promise<FlagUsage>> {
  const latest = new Map<string, RolloutProjection>();
  const listed = await rollouts.list({ environment, limit: ROLLOUTS_READ });
  for (const rollout of listed) {
    if (!latest.has(rollout.flagKey)) latest.set(rollout.flagKey, rollout);
  }
  return async (key) => {
    const rollout = latest.get(key);
    if (rollout === undefined) return unknown('exposures are counted during rollouts alone, and it had none lately');
    const endedMs = rollout.endedAt === undefined ? nowMs : Date.parse(rollout.endedAt);
    if (nowMs - endedMs > olderThanMs) {
      return unknown(`exposures are counted during rollouts alone, and the last one ended at ${rollout.endedAt}`);
    }
    const { lastLook } = rollout;
    if (lastLook !== null && lastLook.sample.control + lastLook.sample.candidate > 0) {
      return { state: 'seen', lastSeenAt: lastLook.at };
    }
    const recorded = await windows.readRecorded(documentId(environment, key), rollout._id);
    const seenMs = recorded.reduce(
      (last, { windowStart, windowMs, totals }) =>
        (totals.exposures ?? 0) > 0 ? Math.max(last, windowStart + windowMs) : last,
      0,
    );
    if (seenMs > 0) return { state: 'seen', lastSeenAt: new Date(seenMs).toISOString() };
    const shortestMs = Math.min(SHORTEST_WATCH_MS, olderThanMs);
    if (endedMs - Date.parse(rollout.startedAt) < shortestMs) {
      return unknown(`rollout '${rollout._id}' has been live too shortly for its silence to mean anything`);
    }
    return { state: 'unseen', since: rollout.startedAt, rolloutId: rollout._id };
  };
}

function unknown(why: string): FlagUsage {
  return { state: 'unknown', why };
}
