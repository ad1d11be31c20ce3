import type { Output } from '../io';

/** How words are marked; each takes text without line breaks. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const same = (text: string): string => text;
const mark =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`;

/** Marks nothing. */
export const plainStyle: Style = { bold: same, dim: same, red: same, green: same, yellow: same };
/** Marks by ANSI sequences. */
export const ansiStyle: Style = {
  bold: mark(1, 22),
  dim: mark(2, 22),
  red: mark(31, 39),
  green: mark(32, 39),
  yellow: mark(33, 39),
};

/**
 * ANSI on a terminal that can show it, unless NO_COLOR is set to anything.
 *
 * @see https://no-color.org
 */
export function styleFor(output: Pick<Output, 'isTTY'>, env: NodeJS.ProcessEnv): Style {
  return output.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? ansiStyle : plainStyle;
}
