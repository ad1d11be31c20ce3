import type {
  AnalysisInput,
  AnalysisState,
  CrossingFinding,
  FailureForecast,
  PaceFinding,
  RiskFinding,
  WatchFinding,
} from '../types';
import type { MetricCourse } from './courses';
import type { FailureTrack } from './failure-forecast';
import type { TogetherTrack } from './together';

/** What looking ahead remembers between looks: plain JSON, bounded. */
export interface OutlookState {
  /** Transition that `windows` were judged under. */
  transition: number;
  windows: number;
  /** Transition under which the outlook asked for less; it does so once for each. */
  actedAt: number | null;
  /** At the last look; null before the first. */
  confidence: number | null;
  /** By metric. */
  courses: Record<string, MetricCourse>;
  /** How unusual all metrics together have been, by segment; left out by states stored before it was followed. */
  together?: Record<string, TogetherTrack>;
  /** How the evidence of failure has gone; left out by states stored before it was followed, and where nobody asks for it. */
  failure?: FailureTrack;
}

/** Everything a look says of what is to come. None of it is under the promised rates. */
export interface Outlook {
  readonly risk: RiskFinding | null;
  readonly confidence: number | null;
  readonly failureForecast: FailureForecast | null;
  readonly pace: PaceFinding | null;
  readonly watch: WatchFinding | null;
  readonly crossings: readonly CrossingFinding[];
}

/** What was remembered, to be worked on; nothing at the first look. The stored state is never changed. */
export function openOutlook(state: AnalysisState | null, { context }: AnalysisInput): OutlookState {
  const stored = state?.['outlook'] as OutlookState | undefined;
  const outlook: OutlookState =
    stored === undefined
      ? { transition: context.transition, windows: 0, actedAt: null, confidence: null, courses: {} }
      : structuredClone(stored);
  if (outlook.transition !== context.transition) {
    outlook.transition = context.transition;
    outlook.windows = 0;
    for (const course of Object.values(outlook.courses)) course.watch = null;
  }
  return outlook;
}

/** How many windows of the present transition this look brings. */
export function newWindows({ strata, context }: AnalysisInput, afterWindowAt: number | null): number {
  const starts = strata
    .filter(({ transition }) => transition === context.transition)
    .map(({ windowStartAt }) => windowStartAt)
    .filter((startAt) => afterWindowAt === null || startAt > afterWindowAt);
  return new Set(starts).size;
}

/** The state as plain JSON, to be handed in at the next look. */
export function closeOutlook(outlook: OutlookState): OutlookState {
  return structuredClone(outlook);
}
