import { systemClock } from '../../core/clock';
import { MongoIngestGroupsRepository } from '../../store/ingest-groups-repository';
import { MongoWindowsRepository } from '../../store/windows-repository';
import { EventIngest } from '../ingest/event-ingest';
import { startIngestSweep } from '../ingest/ingest-sweep';
import type { ClosableSink, SinkParts } from '../open-context';
import { ObservationDirectory } from './observation-directory';

/** Ingestion into the database, with the sweep that folds what dead servers left; closing flushes, folds and stops both. */
export function createEventSink({ db, clock, snapshots }: SinkParts, onError: (error: unknown) => void): ClosableSink {
  const groups = new MongoIngestGroupsRepository(db);
  const windows = new MongoWindowsRepository(db, clock);
  const directory = new ObservationDirectory(snapshots, systemClock);
  const ingest = new EventIngest({
    groups,
    fold: windows.fold,
    clock,
    resolveObservation: (environment, flagKey, rolloutId) => directory.resolve(environment, flagKey, rolloutId),
    onFoldError: onError,
  });
  const stopSweep = startIngestSweep({ groups, windows, clock, onError });
  return {
    accept: (environment, batch) => ingest.accept(environment, batch),
    async close() {
      await ingest.close();
      await stopSweep();
    },
  };
}
