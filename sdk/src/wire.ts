import type { SdkHoldouts } from '../../flags/evaluator/holdout';
import type { SdkKillSwitch } from '../../flags/evaluator/kill-switch';
import { isTombstone, type SdkFlag, type SdkSegment, type Tombstone } from '../../flags/evaluator/resolution';

/** Body of `GET /v1/sdk/snapshot`. */
export interface SnapshotBody {
  readonly environment: string;
  readonly etag: string;
  /** Sorted by key, tombstones included. */
  readonly flags: readonly (SdkFlag | Tombstone)[];
  readonly segments: readonly SdkSegment[];
  /** Left out where it was never used. */
  readonly killSwitch?: SdkKillSwitch | undefined;
  /** Left out where there never was one. */
  readonly holdouts?: SdkHoldouts | undefined;
  /** Remaining milliseconds by rollout id; a rollout that is not in here has no lease. */
  readonly leases: Readonly<Record<string, number>>;
  /** Milliseconds since the Unix epoch by the database's clock, at the moment of the answer. */
  readonly timeMs: number;
}

/** What of it evaluates: all that is kept on disk too. */
export type SnapshotContent = Pick<SnapshotBody, 'environment' | 'flags' | 'segments' | 'killSwitch' | 'holdouts'>;

/** Database clock of an answer, in milliseconds since the Unix epoch. */
export const TIME_HEADER = 'headgate-time';
/** Remaining milliseconds of each live rollout's lease, in the key order of their flags; -1 where there is none. */
export const LEASES_HEADER = 'headgate-leases';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isKeyed = (value: unknown): boolean =>
  isObject(value) && typeof value['key'] === 'string' && typeof value['revision'] === 'number';

const isFlag = (value: unknown): boolean =>
  isKeyed(value) && isObject(value) && (value['deleted'] === true || isObject(value['variants']));

const isKillSwitch = (value: unknown): boolean =>
  isObject(value) && typeof value['on'] === 'boolean' && typeof value['revision'] === 'number';

const isHoldouts = (value: unknown): boolean =>
  isObject(value) && typeof value['revision'] === 'number' && Array.isArray(value['live']);

/**
 * Whether parsed JSON is a snapshot: enough of a look to refuse another service's page or a torn file. What a flag holds inside was
 * checked when it was stored.
 */
export function isSnapshotContent(value: unknown): value is SnapshotContent {
  return (
    isObject(value) &&
    typeof value['environment'] === 'string' &&
    Array.isArray(value['flags']) &&
    value['flags'].every(isFlag) &&
    Array.isArray(value['segments']) &&
    value['segments'].every(isKeyed) &&
    (value['killSwitch'] === undefined || isKillSwitch(value['killSwitch'])) &&
    (value['holdouts'] === undefined || isHoldouts(value['holdouts']))
  );
}

/** {@link isSnapshotContent}, with what only an answer of the server carries. */
export function isSnapshotBody(value: unknown): value is SnapshotBody {
  return isSnapshotContent(value) && isObject((value as { leases?: unknown }).leases);
}

/** The rollouts that {@link LEASES_HEADER} speaks of, in its order: that of the snapshot's flags. */
export function leaseOrderOf(flags: SnapshotBody['flags']): string[] {
  return flags.flatMap((flag) => (isTombstone(flag) || flag.rollout === undefined ? [] : [flag.rollout.id]));
}

/** Milliseconds of a `Retry-After` header, given in seconds or as a date; undefined without one. */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after');
  if (text === null || text.trim() === '') return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
