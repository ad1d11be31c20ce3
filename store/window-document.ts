import type { SparseTotals } from '../metrics/sparse-totals';
import type { WindowKey } from '../metrics/window-key';
import { documentId } from '../flags/document/identifiers';

/** One window as it is stored: one variant under one transition, for everybody or one segment. */
export interface WindowDocument {
  /** As `windowId` makes it. */
  readonly _id: string;
  readonly flagId: string;
  readonly rolloutId: string;
  readonly transition: number;
  readonly variant: string;
  readonly segment: string;
  /** Milliseconds since the Unix epoch. */
  readonly windowStart: number;
  readonly windowMs: number;
  readonly totals?: SparseTotals;
  /** Of each writer, the number of its last group that is counted here. */
  readonly folded: Readonly<Record<string, number>>;
}

/** The parts of a window that never change. */
export function windowFacts(key: WindowKey): Omit<WindowDocument, '_id' | 'totals' | 'folded'> {
  return {
    flagId: documentId(key.environment, key.flag),
    rolloutId: key.rollout,
    transition: key.transition,
    variant: key.variant,
    segment: key.segment,
    windowStart: key.windowStartAt,
    windowMs: key.windowMs,
  };
}
