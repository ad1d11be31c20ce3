import type { Explanation } from '../explain/explanation';
import { metricLines } from './metric-lines';
import { measured } from './numbers';
import type { Style } from './style';
import { clean, wrap } from './text';
import { timelineLines } from './timeline-lines';

/** An explanation for a terminal: outcome, reasons with their numbers, metrics, transitions, and where the picture is. */
export function explanationLines(
  { title, outcome, reasons, metrics, timeline, notes }: Explanation,
  files: readonly string[],
  width: number,
  style: Style,
): string[] {
  return [
    style.bold(clean(title)),
    ...wrap(clean(outcome), width),
    '',
    style.bold('why'),
    ...reasons.flatMap(({ code, text, numbers = {} }) => [
      ...wrap(`${code}: ${clean(text)}`, width),
      ...wrap(
        Object.entries(numbers)
          .map(([name, value]) => `${name} ${measured(value)}`)
          .join(', '),
        width - 2,
      ).map((line) => style.dim(`  ${line}`)),
    ]),
    '',
    ...metricLines(metrics, width, style),
    '',
    style.bold('transitions'),
    // Whole, however wide: what is cut here stands nowhere else on this page.
    ...timelineLines(timeline, Number.POSITIVE_INFINITY, style),
    '',
    ...notes.flatMap((note) => wrap(clean(note), width)),
    ...files.map((file) => `written: ${file}`),
  ];
}
