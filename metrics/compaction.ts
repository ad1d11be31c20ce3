import { addTotals, countLeaves } from './add-totals';
import type { SparseTotals } from './sparse-totals';
import { ALL_USERS, windowStartAt } from './windows';

/** One arm of one window, or of several merged into a longer one. */
export interface CompactWindow {
  readonly windowStart: number;
  readonly windowMs: number;
  readonly transition: number;
  readonly variant: string;
  readonly segment: string;
  readonly totals: SparseTotals;
}

/** How much detail was given up so that a rollout's windows fit, least first. */
interface Detail {
  windowMs: number;
  segmentCells: boolean;
  segments: boolean;
  cells: boolean;
}

/** Up to this length windows are merged before anything is left out. */
const LONGEST_BEFORE_LOSS_MS = 86_400_000;

/**
 * Gathers a rollout's windows into at most `maxAmounts` amounts, whatever their number: merges neighbours into windows
 * twice as long as often as needed; beyond a day it gives up the cells of segments, then segments, then cells. Sums are
 * exact at any length.
 */
export class Compaction {
  private readonly windows = new Map<string, CompactWindow>();
  private amounts = 0;
  private readonly detail: Detail;

  constructor(
    windowMs: number,
    private readonly maxAmounts: number,
  ) {
    this.detail = { windowMs, segmentCells: true, segments: true, cells: true };
  }

  /** Adds one window; reduces what is held when it has grown beyond the limit. */
  add(window: CompactWindow): void {
    this.keep(window);
    while (this.amounts > this.maxAmounts && this.reduce()) this.rebuild();
  }

  /** What was gathered, in time order. */
  result(): CompactWindow[] {
    return [...this.windows.values()].sort((a, b) => a.windowStart - b.windowStart || a.transition - b.transition);
  }

  private keep(window: CompactWindow): void {
    const { windowMs, segments } = this.detail;
    if (!segments && window.segment !== ALL_USERS) return;
    const windowStart = windowStartAt(window.windowStart, windowMs);
    const id = `${windowStart}/${window.transition}/${window.variant}/${window.segment}`;
    const standing = this.windows.get(id);
    const before = standing === undefined ? 0 : countLeaves(standing.totals);
    const totals = addTotals(standing?.totals ?? {}, this.reduced(window));
    this.windows.set(id, { ...window, windowStart, windowMs, totals });
    this.amounts += countLeaves(totals) - before;
  }

  private reduced({ segment, totals }: CompactWindow): SparseTotals {
    const { cells, segmentCells } = this.detail;
    return cells && (segmentCells || segment === ALL_USERS) ? totals : withoutCells(totals);
  }

  /** Gives up one more detail; false when there is none left. */
  private reduce(): boolean {
    const { detail } = this;
    if (detail.windowMs * 2 <= LONGEST_BEFORE_LOSS_MS) detail.windowMs *= 2;
    else if (detail.segmentCells) detail.segmentCells = false;
    else if (detail.segments) detail.segments = false;
    else if (detail.cells) detail.cells = false;
    else if (detail.windowMs < Number.MAX_SAFE_INTEGER / 2) detail.windowMs *= 2;
    else return false;
    return true;
  }

  private rebuild(): void {
    const held = this.result();
    this.windows.clear();
    this.amounts = 0;
    for (const window of held) this.keep(window);
  }
}

function withoutCells({ exposureCells: _cells, events, ...rest }: SparseTotals): SparseTotals {
  if (events === undefined) return rest;
  const bare = Object.entries(events).map(([name, { cells: _eventCells, ...event }]) => [name, event] as const);
  return { ...rest, events: Object.fromEntries(bare) };
}
