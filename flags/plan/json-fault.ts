const TOKEN =
  /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const BLANKS = /[ \t\n\r]*/y;

/** What may stand next, as the message names it. */
const Next = {
  Value: 'a value',
  ValueOrEnd: "a value or ']'",
  Key: 'a field name',
  KeyOrEnd: "a field name or '}'",
  Colon: "':'",
  CommaOrEnd: "',' or the end of what is open",
  Nothing: 'nothing more',
} as const;
type Next = (typeof Next)[keyof typeof Next];

/** Where a text stops being JSON, with a 1-based line: what the engine's own parser does not always say. */
export function jsonFault(text: string): { readonly line: number; readonly message: string } {
  const { offset, message } = findJsonFault(text) ?? { offset: 0, message: 'cannot be read' };
  return { line: text.slice(0, offset).split('\n').length, message: `not JSON: ${message}` };
}

/** The first place at which a text breaks the grammar of JSON; null when it is JSON. O(characters), without recursion. */
export function findJsonFault(text: string): { readonly offset: number; readonly message: string } | null {
  const open: ('{' | '[')[] = [];
  const afterValue = (): Next => (open.length === 0 ? Next.Nothing : Next.CommaOrEnd);
  let next: Next = Next.Value;
  let offset = endOf(BLANKS, text, 0);
  while (offset < text.length) {
    const end = endOf(TOKEN, text, offset);
    const token = text.slice(offset, end);
    const following = follow(token, next, open, afterValue);
    if (following === null) {
      const seen = token === '' ? text.slice(offset).split('\n')[0]?.slice(0, 20) : token.slice(0, 20);
      return { offset, message: `${seen} where ${next} belongs` };
    }
    next = following;
    offset = endOf(BLANKS, text, end);
  }
  return next === Next.Nothing ? null : { offset, message: `the text ends where ${next} belongs` };
}

/** What may stand after a token, keeping `open` up to date; null when the token may not stand here. */
function follow(token: string, next: Next, open: ('{' | '[')[], afterValue: () => Next): Next | null {
  const isValueNext = next === Next.Value || next === Next.ValueOrEnd;
  switch (token) {
    case '':
      return null;
    case '{':
    case '[':
      if (!isValueNext) return null;
      open.push(token);
      return token === '{' ? Next.KeyOrEnd : Next.ValueOrEnd;
    case '}':
    case ']': {
      const isEmpty = next === (token === '}' ? Next.KeyOrEnd : Next.ValueOrEnd);
      if (!isEmpty && next !== Next.CommaOrEnd) return null;
      if (open.at(-1) !== (token === '}' ? '{' : '[')) return null;
      open.pop();
      return afterValue();
    }
    case ',':
      if (next !== Next.CommaOrEnd) return null;
      return open.at(-1) === '{' ? Next.Key : Next.Value;
    case ':':
      return next === Next.Colon ? Next.Value : null;
    default:
      if (next === Next.Key || next === Next.KeyOrEnd) return token.startsWith('"') ? Next.Colon : null;
      return isValueNext ? afterValue() : null;
  }
}

/** End of a sticky pattern's match at an offset; the offset itself without one. */
function endOf(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : offset;
}
