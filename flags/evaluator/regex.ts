import type * as Re2 from 're2js';

/** Longest pattern that is compiled. */
export const MAX_PATTERN_LENGTH = 1_000;
/** Longest text that is searched; longer ones match nothing. */
const MAX_TEXT_LENGTH = 10_000;

let engine: typeof Re2 | undefined;

/** Loaded by the first pattern there is: it is larger than the whole evaluator, and most environments have none. */
function re2(): typeof Re2 {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it with the evaluator
  return (engine ??= require('re2js') as typeof Re2);
}

/**
 * Compiles a pattern in RE2's syntax, which has no look-around and no back-references and is therefore searched in time
 * linear in the text: no pattern and no attribute can make an evaluation hang.
 *
 * @returns what tells whether the pattern is found anywhere in a text; undefined for a pattern that is none
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function compileRegex(pattern: string, ignoreCase = false): ((text: string) => boolean) | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return undefined;
  try {
    const { RE2JS } = re2();
    const compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return (text) => text.length <= MAX_TEXT_LENGTH && compiled.matcher(text).find();
  } catch {
    return undefined;
  }
}
