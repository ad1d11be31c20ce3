/** What a window document counts: one variant under one transition of one rollout, for everybody or one segment. */
export interface WindowKey {
  readonly environment: string;
  readonly flag: string;
  readonly rollout: string;
  readonly transition: number;
  readonly variant: string;
  /** A segment's key, or `*` for everybody. */
  readonly segment: string;
  /** Milliseconds since the Unix epoch. */
  readonly windowStartAt: number;
  readonly windowMs: number;
}

/**
 * The identity of a window: one text for each key. The length of windows is fixed for a rollout's life, so it is no
 * part of it.
 */
export function windowId(key: WindowKey): string {
  const { environment, flag, rollout, transition, variant, segment, windowStartAt } = key;
  return `${environment}/${flag}/${rollout}/${transition}/${variant}/${segment}/${windowStartAt}`;
}
