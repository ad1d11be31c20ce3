import type { ScheduledChangeAnswer } from '../api/answers';
import type { Style } from './style';
import { tableLines } from './table';
import { clean } from './text';

/** One scheduled change, after it was asked for or taken back. */
export function scheduledLine({ id, flag, environment, what, at, status }: ScheduledChangeAnswer): string {
  return `${id}: ${what} ${flag} in ${environment} at ${at} is ${status}`;
}

/** Scheduled changes, one a line, each with what came of it. */
export function scheduledList(changes: readonly ScheduledChangeAnswer[], style: Style): string[] {
  if (changes.length === 0) return ['nothing is scheduled'];
  const rows = changes.map(({ id, flag, what, at, status, askedBy, outcome, reason }) => [
    style.bold(id),
    flag,
    what,
    at,
    status === 'scheduled' || status === 'making' || status === 'made' ? status : style.red(status),
    clean(askedBy.name),
    clean(outcome?.text ?? reason),
  ]);
  const headings = ['id', 'flag', 'what', 'at', 'status', 'asked by', 'why, or what came of it'];
  return tableLines(
    headings.map((heading) => ({ heading })),
    rows,
    style,
  );
}
