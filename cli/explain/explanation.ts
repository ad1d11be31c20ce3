import type { Reason } from '../../flags/document/decision-record';
import type { MetricStatus } from '../../workflows/rollout/status';
import type { ObservationsAnswer, TimelineLine } from '../api/answers';
import type { Replay } from '../offline/replay-rollout';
import { isEnd } from '../exit-codes';

/** Why a rollout is where it is, with the numbers. */
export interface Explanation {
  readonly title: string;
  /** How it stands or ended, in a sentence or two. */
  readonly outcome: string;
  /** Of the record that ended it, or else of the last look. */
  readonly reasons: readonly Reason[];
  /** As the last look of the replay saw them. */
  readonly metrics: readonly MetricStatus[];
  readonly timeline: readonly TimelineLine[];
  /** What a reader should know of the figures. */
  readonly notes: readonly string[];
}

/** Puts together what is recorded of a rollout and what judging it again shows. */
export function explain(
  recorded: ObservationsAnswer,
  timeline: readonly TimelineLine[],
  replay: Replay,
  gaps: readonly string[],
): Explanation {
  const last = replay.looks[replay.looks.length - 1];
  const deciding = timeline.findLast(({ evidence }) => evidence !== undefined && evidence.length > 0);
  const { rolloutId, environment, flag, candidate, control, state, summary, startedAt, endedAt } = recorded;
  const ending = isEnd(state)
    ? `Ended ${state.replace('_', ' ')}${endedAt === undefined ? '' : ` at ${endedAt}`}`
    : `Is ${state}`;
  return {
    title: `Rollout ${rolloutId}: ${flag}, ${control ?? 'control'} → ${candidate}, in ${environment}`,
    outcome: `Started ${startedAt}. ${ending}: ${summary}`,
    reasons: isEnd(state) && deciding !== undefined ? (deciding.evidence ?? []) : (last?.analysis.reasons ?? []),
    metrics: (last?.analysis.findings ?? []).filter(({ segment }) => segment === '*'),
    timeline,
    notes: [...gaps.map((gap) => `Not judged again: ${gap}`), ...replayNotes(recorded, replay)],
  };
}

function replayNotes({ transitions, windows }: ObservationsAnswer, { looks, rollbackLook }: Replay): string[] {
  const rolledBackAt = transitions.find(({ action }) => action === 'rollout.roll_back')?.at;
  const look = rollbackLook === null ? undefined : looks[rollbackLook];
  const lengths = new Set(windows.map(({ windowMs }) => windowMs));
  const merged =
    lengths.size > 0
      ? [
          `Judged again from windows of ${[...lengths].map((ms) => `${ms / 1000} s`).join(', ')}, one look each; live looks may have been at other instants.`,
        ]
      : ['No windows are kept of this rollout, so there is no picture.'];
  if (look === undefined)
    return rolledBackAt === undefined
      ? merged
      : [...merged, `Judging it again does not roll it back; the record did at ${rolledBackAt}.`];
  const when = new Date(look.seenUntilMs).toISOString();
  return [
    ...merged,
    `Judging it again rolls it back with the window that ended ${when}${rolledBackAt === undefined ? '; the record did not' : `; the record did at ${rolledBackAt}`}.`,
  ];
}
