import type { Style } from './style';
import { pad, visibleWidth } from './text';

/** A column: its heading, and whether its cells are numbers, which stand to the right. */
export interface Column {
  readonly heading: string;
  readonly right?: boolean;
}

/** Rows under headings, two spaces between columns, no spaces at line ends. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style): string[] {
  const widths = columns.map(({ heading }, index) =>
    Math.max(visibleWidth(heading), ...rows.map((row) => visibleWidth(row[index] ?? ''))),
  );
  const lineOf = (cells: readonly string[]): string =>
    columns
      .map(({ right = false }, index) => pad(cells[index] ?? '', widths[index] ?? 0, right))
      .join('  ')
      .trimEnd();
  return [style.dim(lineOf(columns.map(({ heading }) => heading))), ...rows.map(lineOf)];
}

/** Columns a table of these takes. */
export function tableWidth(lines: readonly string[]): number {
  return Math.max(0, ...lines.map(visibleWidth));
}
