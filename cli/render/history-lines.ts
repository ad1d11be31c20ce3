import type { DecisionRecord, FieldChange } from '../../flags/document/decision-record';
import type { Style } from './style';
import { clean } from './text';

/** The records of a flag, newest first: revision, when, what, who and why, and the fields that changed. */
export function historyLines(records: readonly DecisionRecord[], style: Style): string[] {
  if (records.length === 0) return ['no records'];
  return records.flatMap(({ revision, at, action, actor, reason, changes }) => [
    `${style.bold(String(revision))}  ${at}  ${action} by ${clean(actor.name)}${actor.verified ? '' : ' (unverified)'}: ${clean(reason)}`,
    ...(changes.length === 0 ? [] : [style.dim(`  ${changes.map(({ field }) => clean(field)).join(', ')}`)]),
  ]);
}

/** Fields before and after, a line each. */
export function diffLines(changes: readonly FieldChange[], style: Style): string[] {
  if (changes.length === 0) return ['no difference'];
  return changes.flatMap(({ field, before, after }) => [
    style.bold(clean(field)),
    ...(before === undefined ? [] : [style.red(`- ${clean(JSON.stringify(before))}`)]),
    ...(after === undefined ? [] : [style.green(`+ ${clean(JSON.stringify(after))}`)]),
  ]);
}
