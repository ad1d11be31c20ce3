import type { z } from 'zod';
import { ErrorCode, ValidationError, type Issue } from '../../core/errors';

/** One thing wrong with a plan, with the way to it as keys and indexes, so that its line can be found. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** `['steps', 1, 'weight']` as people read it: `steps[1].weight`. */
export function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((field, key) => {
    if (typeof key === 'number') return `${field}[${key}]`;
    return field === '' ? String(key) : `${field}.${String(key)}`;
  }, '');
}

/** INVALID_PLAN with every problem; `lineOf` adds lines where the text is known, `subject` names what was read. */
export function invalidPlan(
  problems: readonly Problem[],
  lineOf?: (path: readonly PropertyKey[]) => number | undefined,
  subject = 'the plan',
): ValidationError {
  const issues = problems.map(({ path, message }): Issue => {
    const line = lineOf?.(path);
    return { field: fieldOf(path), ...(line === undefined ? {} : { line }), message };
  });
  return new ValidationError(ErrorCode.InvalidPlan, subject, issues);
}

/** What zod found, in words that name the value written. */
export function problemsOf(error: z.ZodError, input: unknown): Problem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, [], input));
}

function problemsOfIssue(issue: z.core.$ZodIssue, above: readonly PropertyKey[], input: unknown): Problem[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: 'there is no such field in a plan' }));
    case 'invalid_union': {
      // The branch whose outer type fits says best what is wrong.
      const meant = issue.errors.filter((branch) => branch.every(({ code, path: inner }) => isWithin(code, inner)));
      if (meant[0] !== undefined && meant.length === 1) {
        return meant[0].flatMap((inner) => problemsOfIssue(inner, path, input));
      }
      return [{ path, message: withValue(issue.message, valueAt(input, path)) }];
    }
    case 'custom':
      return [{ path, message: issue.message }];
    default:
      return [{ path, message: withValue(issue.message, valueAt(input, path)) }];
  }
}

/** Whether an issue of a union's branch lies deeper than the choice of the branch. */
function isWithin(code: string | undefined, path: readonly PropertyKey[]): boolean {
  return path.length > 0 || !['invalid_type', 'invalid_value', 'invalid_union', 'invalid_format'].includes(code ?? '');
}

function withValue(message: string, value: unknown): string {
  if (value === undefined) return 'is missing';
  const plain = message.replace(/^Invalid (input|option|string): /, '').replace(/, received .*$/, '');
  return `${plain}, not ${inWords(value)}`;
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  return String(value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}
