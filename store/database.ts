import {
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  MongoWriteConcernError,
  type Db,
} from 'mongodb';
import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { repairDriver } from './driver-repair';

/** An open database. */
export interface Database {
  readonly db: Db;
  close(): Promise<void>;
}

/** Which database to open. */
export interface DatabaseAddress {
  /** `mongodb://` address; credentials in it are never logged. */
  readonly url: string;
  readonly name: string;
}

/**
 * Opens the database with time-outs short enough that an outage shows as an error and not as a hang, and with majority writes.
 *
 * @throws {HeadgateError} DATABASE_UNAVAILABLE (retryable) when no server answers within three seconds
 */
export async function connectDatabase({ url, name }: DatabaseAddress): Promise<Database> {
  repairDriver();
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: 2_000,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: 10_000,
    heartbeatFrequencyMS: 1_000,
    minHeartbeatFrequencyMS: 200,
    writeConcern: { w: 'majority' },
    // A retry by the driver would hide from compare-and-swap code whether its own write had landed; callers read back instead.
    retryWrites: false,
    ignoreUndefined: true,
  });
  try {
    await client.connect();
  } catch (error) {
    await client.close().catch(() => undefined);
    throw new HeadgateError(ErrorCode.DatabaseUnavailable, `the database does not answer: ${messageOf(error)}`, {
      cause: error,
      retryable: true,
      remedy: 'Check HEADGATE_MONGODB_URL and that the server is up.',
    });
  }
  return { db: client.db(name), close: () => client.close() };
}

/** Whether an error is MongoDB's 'duplicate key'. */
export function isDuplicateKey(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 11000;
}

/**
 * Server codes of a database that is stopping, changing its primary, unreachable or short of time, or whose replicas
 * did not confirm in time: the same call may succeed later.
 */
const OUTAGE_CODES = new Set<unknown>([6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
/** How the driver marks errors that a repetition may get past. */
const PASSING_LABELS = ['RetryableWriteError', 'TransientTransactionError'];

/**
 * Whether an error says that the database could not be asked, or that its answer was lost: a write may have landed or
 * not. The one list of such errors, for code that sends a write again and for activities that are tried again.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof HeadgateError) return error.retryable;
  if (!(error instanceof MongoError)) return false;
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoWriteConcernError ||
    PASSING_LABELS.some((label) => error.hasErrorLabel(label)) ||
    // What the driver says of its own connections; a server's message may quote anybody's words.
    (error instanceof MongoServerError ? OUTAGE_CODES.has(error.code) : /timed out|closed|pool/i.test(error.message))
  );
}
