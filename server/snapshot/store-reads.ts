import { documentId, parseDocumentId } from '../../flags/document/identifiers';
import type { Flag } from '../../flags/document/flag';
import type { FlagsRepository } from '../../store/flags-repository';
import type { LeasesRepository } from '../../store/leases-repository';
import type { SegmentsRepository } from '../../store/segments-repository';
import type { SnapshotReads } from './snapshot-cache';

/** More changed flags than this are read by one listing instead of one by one. */
const MAX_SINGLE_READS = 16;

/** Snapshots read from the repositories. */
export function storeReads(
  flags: Pick<FlagsRepository, 'get' | 'list' | 'revisions'>,
  segments: Pick<SegmentsRepository, 'list'>,
  leases: Pick<LeasesRepository, 'live'>,
  databaseNowMs: () => number,
): SnapshotReads {
  return {
    async flagRevisions(environment) {
      const revisions = await flags.revisions(environment);
      return new Map(revisions.map(({ _id, revision }) => [parseDocumentId(_id).key, revision]));
    },
    async flags(environment, keys) {
      if (keys.length > MAX_SINGLE_READS) return flags.list(environment, { tombstones: true });
      const found = await Promise.all(keys.map((key) => flags.get(documentId(environment, key))));
      return found.filter((flag): flag is Flag => flag !== null);
    },
    segments: (environment) => segments.list(environment),
    async leases(environment) {
      // The instant before the read: ends are thought earlier than they are by at most its duration, never later.
      const nowMs = databaseNowMs();
      const live = await leases.live(environment);
      return new Map(live.map(({ rolloutId, remainingMs }) => [rolloutId, nowMs + remainingMs]));
    },
  };
}
