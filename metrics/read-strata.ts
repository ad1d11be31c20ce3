import type { CompactWindow } from './compaction';
import { NO_TOTALS, readTotals } from './sparse-totals';
import { ALL_USERS, type Stratum, type StrataQuery } from './windows';

/** What of a stored window a stratum is made of. */
type Arm = Omit<CompactWindow, 'totals'> & Partial<Pick<CompactWindow, 'totals'>>;

/**
 * Pairs stored windows into strata in time order, everybody before segments. An arm without a window had no events and
 * counts as zero; windows of transitions that the query has no weight for are left out.
 */
export function readStrata(
  windows: readonly Arm[],
  { control, candidate, weights }: Pick<StrataQuery, 'control' | 'candidate' | 'weights'>,
): Stratum[] {
  const strata = new Map<string, Stratum>();
  for (const window of windows) {
    const { windowStart, windowMs, transition, segment, variant } = window;
    const weight = Object.hasOwn(weights, String(transition)) ? weights[String(transition)] : undefined;
    if (weight === undefined || (variant !== control && variant !== candidate)) continue;
    const id = `${windowStart}/${transition}/${segment}`;
    const standing = strata.get(id) ?? {
      windowStartAt: windowStart,
      windowMs,
      transition,
      weight,
      segment,
      control: NO_TOTALS,
      candidate: NO_TOTALS,
    };
    const totals = readTotals(window.totals ?? {});
    strata.set(id, { ...standing, ...(variant === control ? { control: totals } : { candidate: totals }) });
  }
  return [...strata.values()].sort(
    (a, b) => a.windowStartAt - b.windowStartAt || a.transition - b.transition || compareSegments(a.segment, b.segment),
  );
}

function compareSegments(a: string, b: string): number {
  if (a === b) return 0;
  if (a === ALL_USERS || b === ALL_USERS) return a === ALL_USERS ? -1 : 1;
  return a < b ? -1 : 1;
}
