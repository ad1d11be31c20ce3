/** How a matcher compares. */
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition of a selector, its value unescaped. */
export interface Matcher {
  readonly label: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** A selector of raw counters. */
export interface SelectorTemplate {
  readonly kind: 'selector';
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

/** PromQL that gives the amount of each window. */
export interface ExpressionTemplate {
  readonly kind: 'expression';
  readonly text: string;
}

/** What the placeholders stand for. */
export interface Substitutions {
  readonly flag: string;
  readonly environment: string;
  readonly control: string;
  readonly candidate: string;
}

const PLACEHOLDER = /\{\{\s*([a-z]+)\s*\}\}/g;
const MATCHER = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\.)*)"\s*,?/gy;

/**
 * Takes a template apart. Plans are checked when they are resolved, so one that is no selector here was stored by other code.
 *
 * @throws {SyntaxError} when the text is neither a selector nor holds `{{window}}`
 */
export function parseTemplate(text: string): SelectorTemplate | ExpressionTemplate {
  if (/\{\{\s*window\s*\}\}/.test(text)) return { kind: 'expression', text };
  const [, name, body] = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([\s\S]*)\}\s*$/.exec(text) ?? [];
  if (name === undefined || body === undefined) throw new SyntaxError(`'${text}' is no selector of counters`);
  const matchers: Matcher[] = [];
  let end = 0;
  MATCHER.lastIndex = 0;
  for (let found = MATCHER.exec(body); found !== null; found = MATCHER.exec(body)) {
    const [, label = '', operator = '=', value = ''] = found;
    matchers.push({ label, operator: operator as MatchOperator, value: unescape(value) });
    end = MATCHER.lastIndex;
  }
  if (body.slice(end).trim() !== '') throw new SyntaxError(`'${text}' is no selector of counters`);
  return { kind: 'selector', name, matchers };
}

/** Whether a text holds a placeholder. */
export function holds(text: string, placeholder: string): boolean {
  return [...text.matchAll(PLACEHOLDER)].some(([, name]) => name === placeholder);
}

/** Fills placeholders in; those without a value stay. `quote` is applied to each value. */
export function fill(
  text: string,
  values: Readonly<Record<string, string>>,
  quote: (value: string) => string = (value) => value,
): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : quote(value);
  });
}

/** Writes a selector as PromQL. */
export function writeSelector(name: string, matchers: readonly Matcher[]): string {
  const written = matchers.map(({ label, operator, value }) => `${label}${operator}${quoteText(value)}`);
  return `${name}{${written.join(',')}}`;
}

/** A value that a regular expression of Prometheus (RE2) takes literally. */
export function quoteRegex(value: string): string {
  return value.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

function quoteText(value: string): string {
  return `"${value
    .replace(/\\/g, String.raw`\\`)
    .replace(/"/g, String.raw`\"`)
    .replace(/\n/g, String.raw`\n`)}"`;
}

function unescape(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) =>
    character === 'n' ? '\n' : character === 't' ? '\t' : character,
  );
}
