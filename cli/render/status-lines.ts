import { formatDuration } from '../../core/duration';
import type { RolloutPhase, SegmentStatus } from '../../workflows/rollout/status';
import type { StatusAnswer } from '../api/answers';
import { isEnd } from '../exit-codes';
import { metricLines } from './metric-lines';
import { bar, evidence, measured, percent } from './numbers';
import type { Style } from './style';
import { clean, clip, wrap } from './text';

const BAR_CELLS = 30;
const NARROW_BAR_CELLS = 12;
const MAX_REASONS = 5;

/** A phase as people read it. */
export function phaseText(phase: RolloutPhase): string {
  return phase.replace('_', ' ');
}

/** A phase in the colour of its news. */
export function phaseStyled(phase: RolloutPhase, style: Style): string {
  const text = phaseText(phase);
  switch (phase) {
    case 'completed':
      return style.green(text);
    case 'rolled_back':
    case 'aborted':
    case 'refused':
      return style.red(text);
    case 'paused':
    case 'narrowed':
    case 'superseded':
      return style.yellow(text);
    case 'assessing':
    case 'progressing':
      return style.bold(text);
  }
}

/**
 * A rollout's status for a terminal or a file: weight bar, phase and what it waits for, bake, and the last look.
 *
 * @param width - columns; no line is longer
 */
export function statusLines(status: StatusAnswer, width: number, style: Style): string[] {
  const cells = width >= 60 ? BAR_CELLS : NARROW_BAR_CELLS;
  const isLive = !isEnd(status.phase);
  const lines = [
    `${style.bold(`${status.flag} → ${status.candidate}`)} in ${status.environment}  ${style.dim(status.rolloutId)}`,
    `weight ${bar(status.weight / 100, cells)} ${percent(status.weight)}  ${stepsOf(status)}`,
    `phase  ${phaseStyled(status.phase, style)}${waitsFor(status)}`,
    ...indented('       ', clean(status.summary), width),
  ];
  if (status.killSwitch !== undefined) {
    const { since, by, reason } = status.killSwitch;
    const text = `the environment's kill switch is on since ${since}, by ${clean(by)} (${clean(reason)}): nobody is served the candidate`;
    lines.push(...indented('', text, width).map(style.red));
  }
  if (isLive && status.bakeMs > 0) {
    const served = `${formatDuration(Math.min(status.bakedMs, status.bakeMs))} of ${formatDuration(status.bakeMs)}`;
    lines.push(`bake   ${bar(status.bakedMs / status.bakeMs, cells)} ${served}`);
  }
  if (status.prediction !== undefined) lines.push(`prediction: ${clean(status.prediction.text)}`);
  for (const { text } of status.features ?? []) lines.push(`features ${clean(text)}`);
  if (status.excludedSegments.length > 0) lines.push(`excluded: ${status.excludedSegments.join(', ')}`);
  lines.push(...lookLines(status, width, style));
  if (status.fromProjection === true) {
    const age = formatDuration(status.ageMs ?? 0);
    const text = `no worker answers: this is what the database last heard, ${age} ago`;
    lines.push(...indented('', text, width).map(style.yellow));
  }
  if (status.webUrl !== undefined) lines.push(style.dim(clean(status.webUrl)));
  return lines.map((line) => clip(line, width));
}

function lookLines({ lastLook }: StatusAnswer, width: number, style: Style): string[] {
  if (lastLook === null) return ['look   none yet'];
  const { verdict, dataQuality, sample, harmEvidence, metrics, reasons } = lastLook;
  const facts = [
    style.bold(clean(verdict)),
    `data ${clean(dataQuality)}`,
    `${sample.control} control / ${sample.candidate} candidate`,
    `evidence of harm ${evidence(harmEvidence)}`,
  ];
  const { risk, pace, watch, confidence, failureForecast } = lastLook;
  if (risk !== undefined) facts.push(`risk ${measured(risk.score)} of ${risk.narrowAt}`);
  if (confidence !== undefined) facts.push(`confidence ${measured(confidence)}`);
  if (failureForecast !== undefined) {
    const { looks, probability, lower, upper, isAlert } = failureForecast;
    const text = `failure forecast ${measured(probability)} (${measured(lower)} to ${measured(upper)}) in ${looks} looks`;
    facts.push(isAlert ? style.red(text) : text);
  }
  if (pace !== undefined) facts.push(`${pace.speed} pace, then ${percent(pace.nextWeight)}`);
  if (watch !== undefined)
    facts.push(watch.alarm ? style.red(`watch: ${clean(watch.metric)} has changed`) : 'watch quiet');
  const said = reasons.slice(0, MAX_REASONS).flatMap(({ text }) => indented('  ', clean(text), width, '- '));
  if (reasons.length > MAX_REASONS) said.push(`- and ${reasons.length - MAX_REASONS} more`);
  return [
    ...indented('       ', facts.join(', '), width, 'look   '),
    ...metricLines(metrics, width, style),
    ...segmentLines(lastLook.segments ?? [], width, style),
    ...said,
  ];
}

/** The segments that most speaks against, one a line. */
function segmentLines(segments: readonly SegmentStatus[], width: number, style: Style): string[] {
  return segments.flatMap(({ segment, excluded, harmed, metric, control, candidate, harmEvidence }) => {
    const numbers = metric === null ? 'no data' : `${clean(metric)} ${measured(control)} → ${measured(candidate)}`;
    const mark = excluded ? style.yellow(', excluded') : harmed ? style.red(', harmed') : '';
    const text = `${clean(segment)}: ${numbers}, evidence of harm ${evidence(harmEvidence)}${mark}`;
    return indented('  ', text, width, 'segment ');
  });
}

/** What a status says of its steps: `step 2 of 3 (5 → 20 → 50 → 100 %)`. */
export function stepsOf({ step, steps }: Pick<StatusAnswer, 'step' | 'steps'>): string {
  const way = [...steps.map(({ weight }) => String(weight)), '100'].join(' → ');
  const at = step < 0 ? 'before step 1' : `step ${Math.min(step + 1, steps.length)}`;
  return `${at} of ${steps.length} (${way} %)`;
}

/** `, waits for bake`, or nothing. */
export function waitsFor({ waitingFor }: Pick<StatusAnswer, 'waitingFor'>): string {
  return waitingFor === null ? '' : `, waits for ${waitingFor}`;
}

function indented(indent: string, text: string, width: number, first = indent): string[] {
  if (text === '') return [];
  const lines = wrap(text, Math.max(20, width - indent.length));
  return lines.map((line, index) => (index === 0 ? first : indent) + line);
}
