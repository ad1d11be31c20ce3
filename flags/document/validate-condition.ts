import type { Issue } from '../../core/errors';
import { instantOf } from '../evaluator/operators';
import type { AttributeCondition, Condition } from './condition';
import type { z } from 'zod';

/** Every segment a condition names, in order of appearance. */
export function segmentsIn(condition: Condition): string[] {
  if ('segment' in condition) return [condition.segment];
  if ('all' in condition) return condition.all.flatMap(segmentsIn);
  if ('any' in condition) return condition.any.flatMap(segmentsIn);
  if ('not' in condition) return segmentsIn(condition.not);
  return [];
}

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
  const wrong = wrongValue(condition as z.infer<typeof AttributeCondition>);
  return wrong === undefined ? [] : [{ field: `${field}.value`, message: wrong }];
}

function wrongValue({ operator, value }: z.infer<typeof AttributeCondition>): string | undefined {
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
      return wants('a date, or a time with its zone (2026-03-01T09:00:00Z)', instantOf(value) !== undefined);
    case 'exists':
      return wants('true or false', typeof value === 'boolean');
  }
}
