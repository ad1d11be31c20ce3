const ANSI = /\u001b\[[0-9;]*m/g;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const JOINING = /[\p{Mn}\p{Me}\u200b-\u200d\ufe00-\ufe0f]/u;

/** Text from elsewhere as one line that cannot steer a terminal. */
export function clean(text: string): string {
  return text.replace(CONTROL, ' ').trim();
}

/** Columns that a text takes, its colours left out. */
export function visibleWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(ANSI, '')) width += columnsOf(character);
  return width;
}

/** The text cut to so many columns, ending in `…` where something is missing; its colours end with it. */
export function clip(text: string, columns: number): string {
  if (visibleWidth(text) <= columns) return text;
  let kept = '';
  let left = columns - 1;
  let coloured = false;
  for (const part of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b[')) {
      kept += part;
      coloured = true;
      continue;
    }
    for (const character of part) {
      left -= columnsOf(character);
      if (left < 0) return `${kept}…${coloured ? '\u001b[0m' : ''}`;
      kept += character;
    }
  }
  return kept;
}

/** The text with spaces up to so many columns, at its end, or before it when `right`. */
export function pad(text: string, columns: number, right = false): string {
  const spaces = ' '.repeat(Math.max(0, columns - visibleWidth(text)));
  return right ? spaces + text : text + spaces;
}

/** Words of a text as lines of at most so many columns; a longer word has a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && visibleWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function columnsOf(character: string): number {
  if (JOINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
