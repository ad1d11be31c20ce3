import type { StatusAnswer } from '../api/answers';
import type { Output } from '../io';
import { changeKey, changeLine } from '../render/change-line';
import { statusLines } from '../render/status-lines';
import { clip, visibleWidth } from '../render/text';
import type { Session } from '../session';

/** Shows a rollout while it is followed. */
export interface View {
  show(status: StatusAnswer): void;
  /** A remark that does not belong to the status, such as a lost server. */
  note(line: string): void;
}

/** One JSON document a line with `--json`, a picture that is drawn anew on a terminal, else a line for each change. */
export function viewFor(session: Session): View {
  if (session.json) return jsonView(session);
  const { stdout } = session.io;
  // Without cursor movements a terminal is as good as a log.
  return stdout.isTTY && session.io.env['TERM'] !== 'dumb' ? liveView(session) : lineView(session);
}

function jsonView({ io: { stdout, stderr } }: Session): View {
  const isNew = changes();
  return {
    show: (status) => void (isNew(status) && stdout.write(`${JSON.stringify(status)}\n`)),
    note: (line) => stderr.write(`${line}\n`),
  };
}

function lineView({ io: { stdout, stderr } }: Session): View {
  const isNew = changes();
  return {
    show: (status) => void (isNew(status) && stdout.write(`${changeLine(status, new Date())}\n`)),
    note: (line) => stderr.write(`${line}\n`),
  };
}

function changes(): (status: StatusAnswer) => boolean {
  let last: string | undefined;
  return (status) => {
    const key = changeKey(status);
    const isNew = key !== last;
    last = key;
    return isNew;
  };
}

/** Draws over what it has drawn last; a note stays above. */
function liveView({ io: { stdout }, style }: Session): View {
  let drawn: readonly string[] = [];
  const draw = (above: readonly string[], lines: readonly string[]): void => {
    stdout.write(`${erasing(drawn, stdout)}${[...above, ...lines].map((line) => `${line}\n`).join('')}`);
    drawn = lines;
  };
  return {
    show(status) {
      const { columns, rows } = sizeOf(stdout);
      // A line as wide as the terminal would wrap on some.
      const lines = statusLines(status, columns - 1, style).slice(0, Math.max(1, rows - 1));
      draw([], lines);
    },
    note: (line) => draw([style.yellow(clip(line, sizeOf(stdout).columns - 1))], drawn),
  };
}

function sizeOf(output: Output): { columns: number; rows: number } {
  const { columns, rows } = output.size() ?? { columns: 100, rows: 40 };
  return { columns: Math.max(20, columns || 100), rows: rows || 40 };
}

/** Moves to where the drawing began and clears from there; a terminal made narrower since has wrapped it. */
function erasing(drawn: readonly string[], output: Output): string {
  if (drawn.length === 0) return '';
  const { columns } = sizeOf(output);
  const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleWidth(line) / columns)), 0);
  return `\u001b[${rows}A\r\u001b[J`;
}
