import { ln } from '../elementary/ln';

/** A residual less probable than this is unusual. */
const UNUSUAL = 0.05;
/** A residual at most this probable has the highest severity. */
const MOST_SEVERE = 1e-6;
/** Share of its severity that a metric keeps from one window to the next. */
const KEPT = 0.8;
/** Memory of the persistence, in windows. */
const MEMORY = 6;

/** How unusual one metric of one segment has been of late. Plain JSON. */
export interface AnomalyTrack {
  /** 0–1: how improbable the worst recent window was; 0 at a chance of 5 % or more, 1 at one in a million. */
  readonly severity: number;
  /** 0–1: share of the last windows that were unusual, weighted by recency. */
  readonly persistence: number;
  readonly windows: number;
}

/**
 * Takes one window's residual into account. O(1).
 *
 * @param track - what this returned last time, or null at first
 * @param tail - chance of so large a residual, two-sided, 0–1
 */
export function trackAnomaly(track: AnomalyTrack | null, tail: number): AnomalyTrack {
  const before = track ?? { severity: 0, persistence: 0, windows: 0 };
  const windows = before.windows + 1;
  const unusual = tail < UNUSUAL ? 1 : 0;
  return {
    severity: Math.max(severityOf(tail), KEPT * before.severity),
    persistence: before.persistence + (unusual - before.persistence) / MEMORY,
    windows,
  };
}

/** Severity × persistence, 0–1: what enters the risk score. A single odd window counts at most a sixth. */
export function anomalyLevel({ severity, persistence }: AnomalyTrack): number {
  return severity * persistence;
}

/** 0 at a chance of 5 % or more, 1 at one in a million or less, linear in the logarithm between. */
export function severityOf(tail: number): number {
  if (!(tail < UNUSUAL)) return 0;
  if (tail <= MOST_SEVERE) return 1;
  return ln(tail / UNUSUAL) / ln(MOST_SEVERE / UNUSUAL);
}
