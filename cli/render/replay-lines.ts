import type { ReplayedRollout, ReplayRates } from '../offline/replay-report';
import { counted } from './numbers';
import { phaseStyled } from './status-lines';
import type { Style } from './style';
import { tableLines } from './table';
import { clean } from './text';

const COLUMNS = [
  { heading: 'rollout' },
  { heading: 'ended' },
  { heading: 'looks', right: true },
  { heading: 'rolled back then', right: true },
  { heading: 'by this policy', right: true },
  { heading: 'next weight allowed', right: true },
  { heading: 'why' },
];

/** Replayed rollouts, one a line, and how often the policy was right and wrong over all of them. */
export function replayLines(rollouts: readonly ReplayedRollout[], rates: ReplayRates, style: Style): string[] {
  if (rollouts.length === 0) return ['no rollout has ended yet'];
  const rows = rollouts.map((rollout) => [
    style.bold(rollout.rolloutId),
    phaseStyled(rollout.ended, style),
    String(rollout.looks),
    minute(rollout.recordedRollbackMinute),
    minute(rollout.rollbackMinute),
    minute(rollout.promoteMinute),
    clean(rollout.looks === 0 ? 'no windows are kept of it' : (rollout.reasons[0]?.code ?? '')),
  ]);
  const gaps = rollouts.flatMap(({ rolloutId, gaps: each }) =>
    each.map((gap) => `not judged in ${rolloutId}: ${clean(gap)}`),
  );
  return [...tableLines(COLUMNS, rows, style), ...gaps, ...rateLines(rates)];
}

function rateLines({
  rollouts,
  empty,
  completed,
  falseAlarms,
  rolledBack,
  detected,
  medianMinutesSooner,
}: ReplayRates): string[] {
  return [
    `${counted(rollouts, 'rollout')}${empty > 0 ? `, ${empty} of them without windows` : ''}`,
    completed === 0
      ? 'false alarms: none completed, so there is no rate'
      : `false alarms: ${share(falseAlarms, completed)}, of those that completed`,
    rolledBack === 0
      ? 'detections: none was rolled back, so there is no rate'
      : `detections: ${share(detected, rolledBack)}, of those that were rolled back${soonerText(medianMinutesSooner)}`,
  ];
}

function soonerText(minutes: number | null): string {
  if (minutes === null) return '';
  return minutes >= 0 ? `, ${minutes} min sooner at the median` : `, ${-minutes} min later at the median`;
}

function share(part: number, whole: number): string {
  return `${part} of ${whole} (${Math.round((1000 * part) / whole) / 10} %)`;
}

function minute(value: number | null): string {
  return value === null ? '–' : `${value} min`;
}
