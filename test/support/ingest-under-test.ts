import { EventIngest } from '../../server/ingest/event-ingest';
import type { IngestLimits } from '../../server/ingest/limits';
import type { Database } from '../../store/database';
import { MongoIngestGroupsRepository, type IngestGroup, type StoreOutcome } from '../../store/ingest-groups-repository';
import { MongoWindowsRepository } from '../../store/windows-repository';
import type { Stratum, StrataQuery } from '../../metrics/windows';
import { OBSERVED, WINDOW_START } from './event-builders';

/** One server's ingestion on a real database, with a clock that stands where the test puts it. */
export interface IngestUnderTest {
  readonly ingest: EventIngest;
  readonly groups: MongoIngestGroupsRepository;
  readonly windows: MongoWindowsRepository;
  readonly clock: { at: number };
  /** Groups sent to the database, in order. */
  readonly sent: IngestGroup[];
  /** Takes the place of the database's answer to `store`; null for no fault. */
  fault: ((store: () => Promise<StoreOutcome>) => Promise<StoreOutcome>) | null;
}

/** Ingestion with short waits; `foldsItself: false` plays a server that dies before it folds. */
export function givenIngest(
  { db }: Pick<Database, 'db'>,
  { foldsItself = true, ...limits }: Partial<IngestLimits> & { foldsItself?: boolean } = {},
): IngestUnderTest {
  const clock = { at: WINDOW_START + 3_000, nowMs: () => clock.at };
  const groups = new MongoIngestGroupsRepository(db);
  // Reads as of a minute later, when no group is left to the server that made it any more.
  const windows = new MongoWindowsRepository(db, { nowMs: () => clock.at + 60_000 });
  const sent: IngestGroup[] = [];
  const store = (group: IngestGroup): Promise<StoreOutcome> => {
    sent.push(group);
    return under.fault === null ? groups.store(group) : under.fault(() => groups.store(group));
  };
  const ingest = new EventIngest({
    groups: { store },
    fold: foldsItself ? windows.fold : { foldWriter: async () => undefined },
    clock,
    resolveObservation: async (_environment, _flag, rollout) => (rollout.startsWith('r') ? OBSERVED : null),
    limits: { flushMs: 5, foldMs: 5, attempts: 2, retryMs: 1, ...limits },
  });
  const under: IngestUnderTest = { ingest, groups, windows, clock, sent, fault: null };
  return under;
}

/** Strata of `production/checkout` once the first window may be judged. */
export function whenJudged(
  { windows }: Pick<IngestUnderTest, 'windows'>,
  query: Partial<StrataQuery> = {},
): Promise<readonly Stratum[]> {
  return windows.fetchStrata({
    flagId: 'production/checkout',
    rolloutId: 'r1',
    control: 'off',
    candidate: 'on',
    windowMs: OBSERVED.windowMs,
    segments: ['beta'],
    weights: { 1: 10, 2: 50 },
    fromMs: 0,
    nowMs: WINDOW_START + 20_000,
    ...query,
  });
}
