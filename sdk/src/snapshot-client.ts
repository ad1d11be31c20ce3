import type { Clock } from '../../core/clock';
import { isSnapshotBody, LEASES_HEADER, retryAfterMs, TIME_HEADER, type SnapshotBody } from './wire';
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
      readonly body: SnapshotBody;
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
  readonly fetch: typeof fetch;
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
  { url, token, fetch: request, clock }: SnapshotClientOptions,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const sentAtMonotonicMs = clock.monotonicMs();
  const response = await request(`${url}/v1/sdk/snapshot`, {
    headers: { authorization: `Bearer ${token}`, ...(etag !== undefined && { 'if-none-match': etag }) },
    signal,
  });
  const receivedAtMonotonicMs = clock.monotonicMs();
  const { status, headers } = response;
  const timing = { sentAtMonotonicMs, receivedAtMonotonicMs, databaseMs: numberOf(headers.get(TIME_HEADER)) };
  if (status === 304) return { kind: 'unchanged', leases: leasesOf(headers), timing };
  if (status !== 200) {
    await response.body?.cancel();
    return { kind: 'refused', status, retryAfterMs: retryAfterMs(headers, clock.now()) };
  }
  const body: unknown = await response.json();
  if (!isSnapshotBody(body)) throw new Error(`${url}/v1/sdk/snapshot answered with something that is no snapshot`);
  return { kind: 'snapshot', body, etag: headers.get('etag') ?? body.etag, timing };
}

function numberOf(text: string | null): number | undefined {
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function leasesOf(headers: Headers): number[] {
  const text = headers.get(LEASES_HEADER)?.trim() ?? '';
  return text === '' ? [] : text.split(',').map(Number);
}
