import type { FlagType } from '../../flags/document/flag';
import type { SdkHoldouts } from '../../flags/evaluator/holdout';
import type { SdkKillSwitch } from '../../flags/evaluator/kill-switch';
import type { SdkFlag, SdkSegment, Tombstone } from '../../flags/evaluator/resolution';

/** Body of `GET /v1/sdk/snapshot` as servers and caches tell it that know no lines of flags. */
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

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export const isKeyed = (value: unknown): boolean =>
  isObject(value) && typeof value['key'] === 'string' && typeof value['revision'] === 'number';

const TYPES: readonly unknown[] = ['boolean', 'string', 'number', 'object'] satisfies FlagType[];

/**
 * Whether a flag has what every evaluation needs. What it holds inside was checked when it was stored, and is compiled
 * with care.
 */
export function isReadableFlag({ type, variants, rules, prerequisites }: SdkFlag): boolean {
  return TYPES.includes(type) && isObject(variants) && Array.isArray(rules) && Array.isArray(prerequisites);
}

export const isKillSwitch = (value: unknown): boolean =>
  isObject(value) && typeof value['on'] === 'boolean' && typeof value['revision'] === 'number';

export const isHoldouts = (value: unknown): boolean =>
  isObject(value) && typeof value['revision'] === 'number' && Array.isArray(value['live']);

/**
 * Whether parsed JSON is a snapshot: enough of a look to refuse another service's page or a torn file. Each flag is
 * read by itself.
 */
export function isSnapshotContent(value: unknown): value is SnapshotContent {
  return (
    isObject(value) &&
    typeof value['environment'] === 'string' &&
    Array.isArray(value['flags']) &&
    value['flags'].every(isKeyed) &&
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

/** Milliseconds of a `Retry-After` header, given in seconds or as a date; undefined without one. */
export function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
