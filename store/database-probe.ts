import { randomUUID } from 'node:crypto';
import { MongoClient, type Db } from 'mongodb';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { mongoProbeTarget, type ProbeTarget } from './database-probe-target';
import { repairDriver } from './driver-repair';

/** What a database can do beyond what Headgate cannot do without. */
export interface DatabaseCapabilities {
  /** Changes arrive by themselves; without them they are polled for. */
  readonly changeStreams: boolean;
  /** Not used for correctness; a sign of a real replica set. */
  readonly transactions: boolean;
  readonly replicaSet: boolean;
}

const RACERS = 8;
const SWAPS_EACH = 5;
/** Some other racer wins whenever one loses, so this many losses in a row are no bad luck. */
const SWAP_ATTEMPTS = 500;
const CLAIM_ROUNDS = 5;
/** Longest wait for one answer. A database that dies while it is raced must not hold up the start of who races it for ever. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Races a database at what every invariant rests on, and finds out what more it can do. About half a second.
 *
 * @throws {HeadgateError} DATABASE_UNSAFE when it loses concurrent updates or lets a unique value in twice
 */
export async function probeDatabase(target: ProbeTarget): Promise<DatabaseCapabilities> {
  try {
    await target.makeUnique();
    const races = Promise.allSettled([raceSwaps(target), raceClaims(target)]);
    const [changeStreams, transactions, replicaSet] = await Promise.all([
      target.hasChangeStreams(),
      target.hasTransactions(),
      target.hasReplicaSet(),
    ]);
    for (const race of await races) if (race.status === 'rejected') throw race.reason;
    return { changeStreams, transactions, replicaSet };
  } finally {
    await target.cleanUp();
  }
}

/** Probes a database that a caller already holds, in a collection of its own that is dropped afterwards. */
export async function probeMongo(client: MongoClient, db: Db): Promise<DatabaseCapabilities> {
  return probeDatabase(mongoProbeTarget(client, db, `headgate_probe_${randomUUID().slice(0, 8)}`));
}

/**
 * Connects, probes and disconnects.
 *
 * @throws {HeadgateError} DATABASE_UNAVAILABLE when it does not answer in time, DATABASE_UNSAFE as `probeDatabase`
 */
export async function probeMongoUrl(url: string, database: string, timeoutMs = 10_000): Promise<DatabaseCapabilities> {
  repairDriver();
  let client: MongoClient | undefined;
  try {
    client = await new MongoClient(url, {
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS: ANSWER_WITHIN_MS,
      heartbeatFrequencyMS: 1_000,
    }).connect();
    return await probeMongo(client, client.db(database));
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError(
      ErrorCode.DatabaseUnavailable,
      `the database at ${withoutSecrets(url)}: ${messageOf(error)}`,
      {
        cause: error,
        retryable: true,
        remedy: 'Start it, or correct HEADGATE_MONGODB_URL.',
      },
    );
  } finally {
    await client?.close();
  }
}

/** A connection string that may be shown: user, password and options taken out. */
export function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//').replace(/\?.*$/, '');
}

/** Each acknowledged swap must count once: several clients raise one counter, each from the revision it has read. */
async function raceSwaps(target: ProbeTarget): Promise<void> {
  const id = 'swapped';
  await target.insert(id, 0);
  const racer = async (): Promise<void> => {
    let done = 0;
    for (let attempt = 0; done < SWAPS_EACH; attempt += 1) {
      if (attempt === SWAP_ATTEMPTS) throw unsafe('guarded updates of it do not succeed');
      const seen = await target.readRevision(id);
      if (await target.swap(id, seen, seen + 1)) done += 1;
    }
  };
  await Promise.all(Array.from({ length: RACERS }, racer));
  const acknowledged = RACERS * SWAPS_EACH;
  const counted = await target.readRevision(id);
  if (counted !== acknowledged) {
    throw unsafe(`it lost ${acknowledged - counted} of ${acknowledged} concurrent updates that it had acknowledged`);
  }
}

/** Of clients that insert one unique value at the same time, exactly one may succeed. */
async function raceClaims(target: ProbeTarget): Promise<void> {
  for (let round = 0; round < CLAIM_ROUNDS; round += 1) {
    const claims = await Promise.all(Array.from({ length: RACERS }, () => target.claim(`value-${round}`)));
    const winners = claims.filter(Boolean).length;
    if (winners !== 1) throw unsafe(`${winners} of ${RACERS} concurrent inserts of one unique value succeeded`);
  }
}

function unsafe(finding: string): HeadgateError {
  return new HeadgateError(ErrorCode.DatabaseUnsafe, `this database cannot keep flags safely: ${finding}`, {
    remedy: 'Use MongoDB 6 or later. FerretDB 1.x is known to lose concurrent updates.',
  });
}
