import { systemClock } from '../../core/clock';
import { MongoIngestGroupsRepository } from '../../store/ingest-groups-repository';
import { RolloutKeysRepository } from '../../store/rollout-keys-repository';
import { MongoWindowsRepository } from '../../store/windows-repository';
import { EventIngest } from '../ingest/event-ingest';
import { startIngestSweep } from '../ingest/ingest-sweep';
import type { ClosableSink, SinkParts } from '../open-context';
import { ObservationDirectory } from './observation-directory';
import { UserHashes } from './user-hashes';

/** Between rounds that overwrite keys nobody asked for lately. */
const FORGET_EVERY_MS = 10_000;

/** Ingestion into the database, with the sweep that folds what dead servers left; closing flushes, folds and stops both. */
export function createEventSink({ db, clock, snapshots }: SinkParts, onError: (error: unknown) => void): ClosableSink {
  const groups = new MongoIngestGroupsRepository(db);
  const windows = new MongoWindowsRepository(db, clock);
  const directory = new ObservationDirectory(snapshots, systemClock);
  const users = new UserHashes(new RolloutKeysRepository(db, clock), systemClock);
  const forgetting = setInterval(() => users.forget(), FORGET_EVERY_MS).unref();
  const ingest = new EventIngest({
    groups,
    fold: windows.fold,
    clock,
    resolveObservation: (environment, flagKey, rolloutId) => directory.resolve(environment, flagKey, rolloutId),
    hashUsersOf: (environment, flagKey, rolloutId, windowMs) => users.of(environment, flagKey, rolloutId, windowMs),
    onFoldError: onError,
  });
  const stopSweep = startIngestSweep({ groups, windows, clock, onError });
  return {
    accept: (environment, batch) => ingest.accept(environment, batch),
    async close() {
      clearInterval(forgetting);
      await ingest.close();
      await stopSweep();
    },
  };
}
