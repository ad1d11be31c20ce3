import type { Metric } from '../../flags/plan/metric';
import { thresholdOfField } from '../../metrics/amount-paths';
import type { ObservationsAnswer } from '../api/answers';
import type { TracePlan } from './judge-trace';
import { replayRollout, type Replay } from './replay-rollout';

/** What a policy would have made of one recorded rollout, beside how it really ended. */
export interface ReplayedRollout {
  readonly rolloutId: string;
  readonly flag: string;
  readonly ended: ObservationsAnswer['state'];
  readonly looks: number;
  /** Minutes from the first window to the end of the one that decided; null for never. */
  readonly rollbackMinute: number | null;
  readonly promoteMinute: number | null;
  readonly narrowMinute: number | null;
  /** When the rollout was really rolled back, on the same scale; null when it was not. */
  readonly recordedRollbackMinute: number | null;
  /** Failed requests of the candidate until then, by the metric's first event. */
  readonly badRequests: number;
  /** Codes and texts of the rollback, else of the look that first allowed the next weight, else of the last one. */
  readonly reasons: readonly { readonly code: string; readonly text: string }[];
  /** What the recording cannot answer, in words; empty when it can answer everything. */
  readonly gaps: readonly string[];
}

/** Over all rollouts: how often the policy would have been wrong, and how often right. */
export interface ReplayRates {
  readonly rollouts: number;
  /** Without a window to judge; in no rate. */
  readonly empty: number;
  /** Completed rollouts, and those the policy would have rolled back. */
  readonly completed: number;
  readonly falseAlarms: number;
  /** Rolled-back rollouts, and those the policy would have rolled back before or when they were. */
  readonly rolledBack: number;
  readonly detected: number;
  /** Median minutes by which the policy was sooner than the record; null without detections. */
  readonly medianMinutesSooner: number | null;
}

/** Judges one rollout again by a plan, as far as its windows can answer it, and says what came of it. */
export function replayOne(recorded: ObservationsAnswer, wanted: TracePlan): ReplayedRollout {
  const { plan, gaps } = answerable(recorded, wanted);
  const replay = plan.metrics.length === 0 ? NO_REPLAY : replayRollout(recorded, plan);
  return { ...describe(recorded, plan, replay), gaps };
}

const NO_REPLAY: Replay = { looks: [], rollbackLook: null, promoteLook: null, narrowLook: null };

function describe(recorded: ObservationsAnswer, plan: TracePlan, replay: Replay): Omit<ReplayedRollout, 'gaps'> {
  const { looks, rollbackLook, promoteLook, narrowLook } = replay;
  const startMs = looks[0]?.strata[0]?.windowStartAt ?? Date.parse(recorded.startedAt);
  const minuteOf = (index: number | null): number | null => {
    const look = index === null ? undefined : looks[index];
    return look === undefined ? null : minutes(look.seenUntilMs - startMs);
  };
  const rolledBackAt = recorded.transitions.find(({ action }) => action === 'rollout.roll_back')?.at;
  const event = plan.metrics[0]?.event ?? 'request';
  const bad = looks
    .flatMap(({ strata }) => strata.filter(({ segment }) => segment === '*'))
    .map((stratum) => stratum.candidate.events[event]?.errors ?? 0);
  const deciding = looks[rollbackLook ?? promoteLook ?? looks.length - 1];
  return {
    rolloutId: recorded.rolloutId,
    flag: recorded.flag,
    ended: recorded.state,
    looks: looks.length,
    rollbackMinute: minuteOf(rollbackLook),
    promoteMinute: minuteOf(promoteLook),
    narrowMinute: minuteOf(narrowLook),
    recordedRollbackMinute: rolledBackAt === undefined ? null : minutes(Date.parse(rolledBackAt) - startMs),
    badRequests: bad.reduce((sum, errors) => sum + errors, 0),
    reasons: (deciding?.analysis.reasons ?? []).map(({ code, text }) => ({ code, text })),
  };
}

/** Puts replays together. A rollout that people ended, or that was superseded, is in no rate: nobody knows what it was. */
export function replayRates(rollouts: readonly ReplayedRollout[]): ReplayRates {
  const judged = rollouts.filter(({ looks }) => looks > 0);
  const completed = judged.filter(({ ended }) => ended === 'completed');
  const rolledBack = judged.filter(({ ended }) => ended === 'rolled_back');
  const alarmed = (list: readonly ReplayedRollout[]): ReplayedRollout[] =>
    list.filter(({ rollbackMinute }) => rollbackMinute !== null);
  const sooner = alarmed(rolledBack)
    .flatMap(({ rollbackMinute, recordedRollbackMinute }) =>
      rollbackMinute === null || recordedRollbackMinute === null
        ? []
        : [roundedMinutes(recordedRollbackMinute - rollbackMinute)],
    )
    .sort((a, b) => a - b);
  return {
    rollouts: rollouts.length,
    empty: rollouts.length - judged.length,
    completed: completed.length,
    falseAlarms: alarmed(completed).length,
    rolledBack: rolledBack.length,
    detected: alarmed(rolledBack).length,
    medianMinutesSooner: sooner[Math.floor(sooner.length / 2)] ?? null,
  };
}

/**
 * A plan with the metrics that a rollout's windows can answer, and in words what they cannot: they hold what its own
 * plan asked for.
 */
export function answerable(
  recorded: ObservationsAnswer,
  plan: TracePlan,
): { readonly plan: TracePlan; readonly gaps: readonly string[] } {
  const events = thresholdsByEvent(recorded);
  const gaps = plan.metrics.map((metric) => gapOf(metric, events));
  const metrics = plan.metrics.filter((_, index) => gaps[index] === null);
  return { plan: { ...plan, metrics }, gaps: gaps.filter((gap) => gap !== null) };
}

function gapOf(
  { name, kind, event, threshold }: Metric,
  events: ReadonlyMap<string, ReadonlySet<string>>,
): string | null {
  const known = events.get(event);
  if (known === undefined) return `${name}: no event '${event}' was recorded`;
  if (kind !== 'slower_than' || known.has(String(threshold))) return null;
  return `${name}: nothing was counted above ${String(threshold)}, but above ${[...known].join(', ') || 'no threshold'}`;
}

function thresholdsByEvent({ windows }: ObservationsAnswer): Map<string, Set<string>> {
  const events = new Map<string, Set<string>>();
  for (const { totals } of windows) {
    for (const [name, { over = {} }] of Object.entries(totals.events ?? {})) {
      const thresholds = events.get(name) ?? new Set();
      for (const field of Object.keys(over)) thresholds.add(thresholdOfField(field));
      events.set(name, thresholds);
    }
  }
  return events;
}

function minutes(ms: number): number {
  return roundedMinutes(ms / 60_000);
}

function roundedMinutes(value: number): number {
  return Math.round(value * 100) / 100;
}
