import { documentId, parseDocumentId } from '../../flags/document/identifiers';
import type { FlagsRepository } from '../../store/flags-repository';
import { liveHoldouts, type HoldoutsRepository } from '../../store/holdouts-repository';
import type { KillSwitchesRepository } from '../../store/kill-switches-repository';
import type { LeasesRepository } from '../../store/leases-repository';
import type { SegmentsRepository } from '../../store/segments-repository';
import { ownerMark } from './owner-mark';
import type { SnapshotReads } from './snapshot-cache';

/** Snapshots read from the repositories. */
export function storeReads(
  flags: Pick<FlagsRepository, 'many' | 'revisions'>,
  segments: Pick<SegmentsRepository, 'list'>,
  leases: Pick<LeasesRepository, 'live' | 'changed'>,
  killSwitches: Pick<KillSwitchesRepository, 'get'>,
  holdouts: Pick<HoldoutsRepository, 'get'>,
  databaseNowMs: () => number,
): SnapshotReads {
  return {
    nowMs: databaseNowMs,
    async flagRevisions(environment, changedSinceMs) {
      const revisions = await flags.revisions(environment, changedSinceMs);
      return new Map(revisions.map(({ _id, revision }) => [parseDocumentId(_id).key, revision]));
    },
    flags: (environment, keys) => flags.many(keys.map((key) => documentId(environment, key))),
    segments: (environment) => segments.list(environment),
    async killSwitch(environment) {
      const { on, revision } = await killSwitches.get(environment);
      return revision === 0 ? null : { on, revision };
    },
    async holdouts(environment) {
      const set = await holdouts.get(environment);
      if (set.revision === 0) return null;
      const live = liveHoldouts(set).map(({ key, weight, salt, covers }) => {
        const { owners, ...rest } = covers;
        return { key, weight, salt, covers: { ...rest, ...(owners && { owners: owners.map(ownerMark) }) } };
      });
      return { revision: set.revision, live };
    },
    async leases(environment, changedSinceMs) {
      // The instant before the read: ends are thought earlier than they are by at most its duration, never later.
      const nowMs = databaseNowMs();
      const read = changedSinceMs === null ? leases.live(environment) : leases.changed(environment, changedSinceMs);
      return new Map((await read).map(({ rolloutId, remainingMs }) => [rolloutId, nowMs + remainingMs]));
    },
  };
}
