import type { TimelineLine } from '../api/answers';
import { percent } from './numbers';
import { causeLines } from './cause-lines';
import type { Style } from './style';
import { clean, clip } from './text';

/** A rollout's transitions in order, each with who, why and on what evidence. */
export function timelineLines(entries: readonly TimelineLine[], width: number, style: Style): string[] {
  if (entries.length === 0) return ['no transition yet'];
  return entries.flatMap((entry) => linesOf(entry, style)).map((line) => clip(line, width));
}

function linesOf(entry: TimelineLine, style: Style): string[] {
  const { at, action, transition, weight, actor, reason, evidence = [], notApplied = [], revision, causes } = entry;
  const number = transition === undefined ? '' : ` #${transition}`;
  const to = weight === undefined ? '' : ` → ${percent(weight)}`;
  const who = `${clean(actor.name)}${actor.verified ? '' : ' (unverified)'}`;
  return [
    `${at}${number} ${style.bold(action.replace('rollout.', ''))}${to} by ${who}, revision ${revision}`,
    `  ${clean(reason)}`,
    ...evidence.map(({ code, text }) => style.dim(`  - ${code}: ${clean(text)}`)),
    ...(causes === undefined ? [] : causeLines(causes, style)),
    ...notApplied.map((raise) =>
      style.dim(
        `  - not applied: #${raise.transition} ${raise.action.replace('rollout.', '')} → ${percent(raise.weight)}`,
      ),
    ),
  ];
}
