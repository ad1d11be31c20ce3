import { AlarmMemory } from './alarm-memory';
import { TailHistogram } from './tail-histogram';
import { DailyEnvelope } from './views/daily-envelope';
import { DailyResidual } from './views/daily-residual';
import { Drift } from './views/drift';
import { PatternDistance } from './views/pattern-distance';
import { ValueMix } from './views/value-mix';
import type { View } from './views/view';

/** No view counts for more than a chance of exp(−8), about 1 in 3,000, however far off it is. */
const MOST_SURPRISE = 8;
/** A point is unusual, for its persistence, from this severity on. */
const UNUSUAL = 0.2;
/** Memory of the persistence, in points. */
const PERSISTENCE_POINTS = 12;
/** Scores at or above this are alarms. See docs/anomalies.md for how it was chosen. */
export const ALARM_SCORE = 0.2;

/** What the detector says of one point, knowing only that one and those before it. */
export interface PointAnomaly {
  /** 0–1: how surprising the event is that begins here. Points within an event already told score 0. */
  readonly score: number;
  /** 0–1: how surprising the point is by itself; 1 where every view saw it less than once in 3,000 points. */
  readonly severity: number;
  /** 0–1: share of the last dozen or so points that were unusual, weighted by recency. */
  readonly persistence: number;
  readonly alarm: boolean;
}

const NOTHING: PointAnomaly = { score: 0, severity: 0, persistence: 0, alarm: false };

/**
 * Finds anomalies in one series as it arrives. Several views each measure how far a point is from what they expect;
 * each one's own history turns that into a tail probability; the surprises (minus log probabilities) are combined by
 * their root mean square, and made into events.
 *
 * Strictly online and deterministic: it never looks ahead, needs no range, length or label, and draws no random number.
 * Its state is bounded (some 200 kB).
 */
export class SeriesDetector {
  private readonly views: readonly { readonly view: View; readonly tail: TailHistogram }[] = [
    new PatternDistance({ smoothing: 1, step: 2, coordinates: 10, history: 2_000, stride: 1, relative: true }),
    new PatternDistance({ smoothing: 4, step: 4, coordinates: 5, history: 4_000, stride: 2, relative: false }),
    new Drift(12),
    new Drift(60),
    new DailyResidual(1),
    new DailyResidual(8),
    new ValueMix(),
    new DailyEnvelope(1),
    new DailyEnvelope(8),
  ].map((view) => ({ view, tail: new TailHistogram() }));
  private readonly memory = new AlarmMemory();
  private persistence = 0;

  /**
   * Judges the newest point, then learns it.
   *
   * @param value - in the series' own unit; a value that is not finite is missing: it scores 0 and teaches nothing
   * @param atMs - its instant, milliseconds since the epoch
   */
  see(value: number, atMs: number): PointAnomaly {
    if (!Number.isFinite(value)) return { ...NOTHING, persistence: this.persistence };
    let squares = 0;
    for (const { view, tail } of this.views) {
      const distance = view.see(value, atMs);
      if (distance === null) continue;
      const surprise = Math.min(MOST_SURPRISE, tail.surprise(distance));
      tail.add(distance);
      squares += surprise * surprise;
    }
    const surprise = Math.sqrt(squares / this.views.length);
    const severity = surprise / MOST_SURPRISE;
    this.persistence += ((severity >= UNUSUAL ? 1 : 0) - this.persistence) / PERSISTENCE_POINTS;
    const score = this.memory.weigh(surprise) / MOST_SURPRISE;
    return { score, severity, persistence: this.persistence, alarm: score >= ALARM_SCORE };
  }
}
