import type { Issue } from '../../core/errors';
import { parseRange } from '../evaluator/cidr';
import { instantOf } from '../evaluator/operators';
import { compileRegex, MAX_PATTERN_LENGTH } from '../evaluator/regex';
import { parseSemver } from '../evaluator/semver';
import { validateForeign } from './validate-foreign';
import type { AttributeCondition, Condition } from './condition';
import type { z } from 'zod';

/**
 * What is wrong with a condition beyond its schema: values that its operator could never match, segments that do not exist.
 *
 * @param field - path of the condition within its document
 * @param hasSegment - whether a segment exists; when omitted, segments are not checked
 */
export function validateCondition(
  condition: Condition,
  field: string,
  hasSegment?: (key: string) => boolean,
): readonly Issue[] {
  if ('segment' in condition) {
    if (hasSegment === undefined || hasSegment(condition.segment)) return [];
    return [{ field: `${field}.segment`, message: `there is no segment '${condition.segment}'` }];
  }
  if ('not' in condition) return validateCondition(condition.not, `${field}.not`, hasSegment);
  const parts: [string, readonly Condition[]] | undefined =
    'all' in condition ? ['all', condition.all] : 'any' in condition ? ['any', condition.any] : undefined;
  if (parts !== undefined) {
    const [name, conditions] = parts;
    return conditions.flatMap((part, index) => validateCondition(part, `${field}.${name}[${index}]`, hasSegment));
  }
  if ('unleash' in condition || 'query' in condition || 'bucket' in condition || 'flagd' in condition) {
    return validateForeign(condition, field);
  }
  const attribute = condition as z.infer<typeof AttributeCondition>;
  const wrong = wrongValue(attribute);
  const issues = wrong === undefined ? [] : [{ field: `${field}.value`, message: wrong }];
  if (attribute.ignoreCase === undefined || CASES.has(attribute.operator)) return issues;
  return [...issues, { field: `${field}.ignoreCase`, message: `'${attribute.operator}' compares no texts` }];
}

/** Operators that compare texts. */
const CASES = new Set<string>(['equals', 'in', 'not_in', 'contains', 'starts_with', 'ends_with', 'matches']);

function wrongValue({ operator, value, ignoreCase }: z.infer<typeof AttributeCondition>): string | undefined {
  const written = JSON.stringify(value).slice(0, 100);
  const wants = (what: string, fits: boolean): string | undefined =>
    fits ? undefined : `'${operator}' compares with ${what}, not ${written}`;
  switch (operator) {
    case 'in':
    case 'not_in':
      return wants('a list', Array.isArray(value));
    case 'equals':
    case 'contains':
      return wants('one text, number or boolean', !Array.isArray(value));
    case 'starts_with':
    case 'ends_with':
      return wants('a text', typeof value === 'string');
    case 'less_than':
    case 'less_or_equal':
    case 'greater_than':
    case 'greater_or_equal':
      return wants('a number', typeof value === 'number');
    case 'before':
    case 'after':
      return wants(
        'a date that exists, or a time with its zone (2026-03-01T09:00:00Z)',
        instantOf(value) !== undefined,
      );
    case 'semver_equals':
    case 'semver_less_than':
    case 'semver_less_or_equal':
    case 'semver_greater_than':
    case 'semver_greater_or_equal':
      return wants('a version of three numbers (1.4.0, 1.4.0-beta.2)', parseSemver(value) !== undefined);
    case 'in_cidr': {
      const list = Array.isArray(value) ? value : [value];
      return wants(
        'ranges of addresses (10.0.0.0/8, 2001:db8::/32)',
        list.every((one) => parseRange(one) !== undefined),
      );
    }
    case 'matches':
      return wants(
        `a pattern in RE2's syntax, without look-around and back-references, of at most ${MAX_PATTERN_LENGTH} characters`,
        typeof value === 'string' && compileRegex(value, ignoreCase) !== undefined,
      );
    case 'exists':
      return wants('true or false', typeof value === 'boolean');
  }
}
