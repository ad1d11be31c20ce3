import type { Exposure } from './exposures';

const VERSION = 1;
/** Longest token that is looked at. */
const MAX_LENGTH = 65_536;
const MAX_EXPOSURES = 200;

/** Exposure as a token carries it. */
type Carried = [
  flag: string,
  rollout: string,
  variant: string,
  transition: number,
  exposedAt: number,
  segments: string[],
  user?: string,
];

/**
 * Writes exposures of one user for another process: no targeting key in it, only the user's hash cell and, for metrics
 * per user, digest. Empty without exposures.
 */
export function encodeExposures(exposures: readonly Exposure[]): string {
  const [first] = exposures;
  if (first === undefined) return '';
  const carried = exposures
    .slice(0, MAX_EXPOSURES)
    .map(({ flag, rollout, variant, transition, exposedAt, segments, user }): Carried => {
      const carried: Carried = [flag, rollout, variant, transition, exposedAt, [...segments]];
      if (user !== undefined) carried[6] = user;
      return carried;
    });
  return Buffer.from(JSON.stringify({ v: VERSION, c: first.cell, e: carried })).toString('base64url');
}

/**
 * Reads a token. It is not signed, so only its shape is trusted; ingestion checks the rest.
 *
 * @returns the exposures; undefined when this is no token of ours
 */
export function decodeExposures(token: string): Exposure[] | undefined {
  if (typeof token !== 'string' || token.length > MAX_LENGTH) return undefined;
  if (token === '') return [];
  try {
    const content: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (typeof content !== 'object' || content === null) return undefined;
    const { v, c, e } = content as { v?: unknown; c?: unknown; e?: unknown };
    if (v !== VERSION || !isCell(c) || !Array.isArray(e) || e.length > MAX_EXPOSURES || !e.every(isCarried)) {
      return undefined;
    }
    return e.map((carried) => toExposure(carried, c));
  } catch {
    return undefined;
  }
}

function toExposure([flag, rollout, variant, transition, exposedAt, segments, user]: Carried, cell: number): Exposure {
  // Whether an outcome is the exposure's first is known only where the exposure was made, so here none is.
  const window = { windowStartAt: exposedAt, windowEndAt: exposedAt, mixed: false, hadOutcome: true };
  return {
    flag,
    rollout,
    variant,
    transition,
    exposedAt,
    segments,
    cell,
    ...(user !== undefined && { user }),
    ...window,
  };
}

const isCell = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 64;
const isName = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= max;

function isCarried(value: unknown): value is Carried {
  if (!Array.isArray(value) || (value.length !== 6 && value.length !== 7)) return false;
  const [flag, rollout, variant, transition, exposedAt, segments, user] = value as unknown[];
  return (
    isName(flag, 100) &&
    isName(rollout, 120) &&
    isName(variant, 60) &&
    Number.isSafeInteger(transition) &&
    Number(transition) >= 0 &&
    Number.isSafeInteger(exposedAt) &&
    Number(exposedAt) > 0 &&
    Array.isArray(segments) &&
    segments.length <= 200 &&
    segments.every((segment) => isName(segment, 60)) &&
    (user === undefined || (typeof user === 'string' && /^[A-Za-z0-9_-]{22}$/.test(user)))
  );
}
