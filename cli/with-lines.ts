import { ErrorCode, HeadgateError, ValidationError, type Issue } from '../core/errors';

/**
 * What a server found wrong with a plan, with the lines of the file that it was read from; whatever else went wrong, as
 * it is. A server sees the plan's values and not its text.
 *
 * @param lineOf - line of the field at a path of keys and indexes
 */
export function withLines(error: unknown, lineOf: (path: readonly (string | number)[]) => number): unknown {
  if (!(error instanceof HeadgateError) || error.code !== ErrorCode.InvalidPlan) return error;
  const issues = error.details?.['issues'];
  if (!Array.isArray(issues) || !issues.every(isIssue)) return error;
  return new ValidationError(
    error.code,
    'the plan',
    issues.map((issue) => ({ ...issue, line: issue.line ?? lineOf(pathOf(issue.field)) })),
  );
}

function isIssue(value: unknown): value is Issue {
  if (typeof value !== 'object' || value === null) return false;
  return typeof Reflect.get(value, 'field') === 'string' && typeof Reflect.get(value, 'message') === 'string';
}

/** `steps[1].weight` as `['steps', 1, 'weight']`. */
function pathOf(field: string): (string | number)[] {
  return (field.match(/[^.[\]]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
