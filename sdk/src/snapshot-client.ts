import type { Clock } from '../../core/clock';
import { CHANGES_OF_LINES, FLAG_LINES, IM_USED } from '../../flags/evaluator/flag-line';
import { answerOf, readAnswer, type SnapshotAnswer } from './snapshot-document';
import type { HttpAnswer, Transport } from './transport';
import { isSnapshotBody, LEASES_HEADER, retryAfterMs, TIME_HEADER } from './wire';
import { withDeadline } from './with-deadline';

/** When a request was under way, on the monotonic clock, and what the database's clock showed. */
export interface Timing {
  readonly sentAtMonotonicMs: number;
  readonly receivedAtMonotonicMs: number;
  readonly databaseMs: number | undefined;
}

/** What the server said to a poll. */
export type Answer =
  | {
      readonly kind: 'snapshot';
      readonly body: SnapshotAnswer;
      readonly etag: string | undefined;
      readonly timing: Timing;
    }
  | { readonly kind: 'unchanged'; readonly leases: readonly number[]; readonly timing: Timing }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | undefined };

/** What {@link fetchSnapshot} needs of the options. */
export interface SnapshotClientOptions {
  readonly url: string;
  readonly token: string;
  readonly requestTimeoutMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
}

/**
 * Asks once for the snapshot, conditionally when an ETag is known.
 *
 * @param stop - aborts the request
 * @throws {Error} when the server cannot be reached in time or answers with something that is no snapshot
 */
export function fetchSnapshot(
  options: SnapshotClientOptions,
  etag: string | undefined,
  stop: AbortSignal,
): Promise<Answer> {
  return withDeadline(options.requestTimeoutMs, stop, (signal) => ask(options, etag, signal));
}

async function ask(
  { url, token, transport, clock }: SnapshotClientOptions,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const sentAtMonotonicMs = clock.monotonicMs();
  const response = await transport.send(`${url}/v1/sdk/snapshot`, {
    headers: {
      authorization: `Bearer ${token}`,
      accept: `${FLAG_LINES}, application/json;q=0.5`,
      // What has changed since the known tag is enough.
      ...(etag !== undefined && { 'if-none-match': etag, 'a-im': CHANGES_OF_LINES }),
    },
    signal,
  });
  const receivedAtMonotonicMs = clock.monotonicMs();
  const { status } = response;
  const timing = { sentAtMonotonicMs, receivedAtMonotonicMs, databaseMs: numberOf(response.header(TIME_HEADER)) };
  if (status === 304) {
    await response.discard();
    return { kind: 'unchanged', leases: leasesOf(response), timing };
  }
  if (status !== 200 && status !== IM_USED) {
    await response.discard();
    return { kind: 'refused', status, retryAfterMs: retryAfterMs(response.header('retry-after'), clock.now()) };
  }
  const body = await bodyOf(response);
  if (body === undefined) throw new Error(`${url}/v1/sdk/snapshot answered with something that is no snapshot`);
  return { kind: 'snapshot', body, etag: response.header('etag') ?? body.etag, timing };
}

async function bodyOf(response: HttpAnswer): Promise<SnapshotAnswer | undefined> {
  const bytes = await response.read();
  if (response.header('content-type')?.startsWith(FLAG_LINES) === true) return readAnswer(bytes);
  const body: unknown = JSON.parse(bytes.toString());
  return isSnapshotBody(body) ? answerOf(body) : undefined;
}

function numberOf(text: string | undefined): number | undefined {
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function leasesOf(response: HttpAnswer): number[] {
  const text = response.header(LEASES_HEADER)?.trim() ?? '';
  return text === '' ? [] : text.split(',').map(Number);
}
