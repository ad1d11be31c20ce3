import { ReasonCode } from '../../analysis/types';
import type { TraceDecision } from './judge-trace';

/** What kept traces from being shown safe. */
export interface Obstacle {
  readonly code: ReasonCode;
  /** Of `SAFETY_NOT_SHOWN`: the guardrail. */
  readonly metric?: string;
  readonly traces: number;
  /**
   * Of `SAFETY_NOT_SHOWN`: the median over traces of how many times its margin would have had to be as wide; null where
   * no interval was known.
   */
  readonly marginTimes?: number | null;
}

/** Traces that were neither rolled back nor ever shown safe, and what stood in their way at the last look. */
export interface NotShownSafe {
  readonly traces: number;
  /** Most frequent first; a trace may have several. */
  readonly because: readonly Obstacle[];
}

/** Adds up, trace by trace, why traces were not shown safe. Holds one number for each trace and guardrail. */
export class NotShownSafeTally {
  private traces = 0;
  private readonly found = new Map<string, { code: ReasonCode; metric?: string; traces: number; times: number[] }>();

  add({ rollback_minute: rolledBack, promote_minute: promoted, reasons }: TraceDecision): void {
    if (rolledBack !== null || promoted !== null) return;
    this.traces += 1;
    for (const { code, metric, numbers = {} } of reasons) {
      if (code === ReasonCode.SafetyShown) continue;
      const guardrail = code === ReasonCode.SafetyNotShown ? metric : undefined;
      const key = `${code} ${guardrail ?? ''}`;
      const entry = this.found.get(key) ?? {
        code,
        ...(guardrail === undefined ? {} : { metric: guardrail }),
        traces: 0,
        times: [],
      };
      this.found.set(key, entry);
      entry.traces += 1;
      const times = timesOf(numbers);
      if (times !== null) entry.times.push(times);
    }
  }

  get total(): NotShownSafe {
    const because = [...this.found.values()]
      .sort((a, b) => b.traces - a.traces)
      .map(({ times, ...entry }): Obstacle =>
        entry.metric === undefined ? entry : { ...entry, marginTimes: medianOf(times) },
      );
    return { traces: this.traces, because };
  }
}

/**
 * Before the next weight a guardrail may be worse by its margin over that weight's share: the margin for which the
 * interval would just have done.
 */
function timesOf({ harmUpper, margin, nextWeight }: Readonly<Record<string, number>>): number | null {
  if (harmUpper === undefined || margin === undefined || nextWeight === undefined || !(margin > 0)) return null;
  return (harmUpper * nextWeight) / 100 / margin;
}

function medianOf(values: readonly number[]): number | null {
  const ordered = [...values].sort((a, b) => a - b);
  const high = ordered[Math.floor(ordered.length / 2)];
  const low = ordered[Math.floor((ordered.length - 1) / 2)];
  return high === undefined || low === undefined ? null : (low + high) / 2;
}
