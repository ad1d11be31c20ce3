import { messageOf, type Issue } from '../../core/errors';
import { compileFlagdLogic } from '../evaluator/foreign/logic';
import { compileRegex } from '../evaluator/regex';
import type { FlagdLogic, ForeignBucket, Query, UnleashConstraint } from './foreign-condition';

/** A query may nest as deeply as this: deeper ones could not be walked safely. */
const DEEPEST_QUERY = 20;
const PATTERNS = new Set(['$regex', '$regexi', '$notRegex', '$notRegexi']);

/**
 * What is wrong with a condition of an imported flag beyond its schema. What its own system would only find to match
 * nobody is let stand.
 */
export function validateForeign(
  condition: { unleash: UnleashConstraint } | { query: Query } | { bucket: ForeignBucket } | { flagd: FlagdLogic },
  field: string,
): readonly Issue[] {
  if ('unleash' in condition) return [];
  if ('flagd' in condition) return validateLogic(condition.flagd, `${field}.flagd`);
  if ('query' in condition) return validateQuery(condition.query, `${field}.query`, DEEPEST_QUERY);
  return condition.bucket.ranges.flatMap(([from, to], index) =>
    from <= to
      ? []
      : [{ field: `${field}.bucket.ranges[${index}]`, message: `begins at ${from}, after its end ${to}` }],
  );
}

function validateLogic(condition: FlagdLogic, field: string): readonly Issue[] {
  const twice = { field: `${field}.noneBut`, message: 'goes with no outcome' };
  if (condition.outcome !== undefined && condition.noneBut !== undefined) return [twice];
  try {
    compileFlagdLogic(condition);
    return [];
  } catch (error) {
    return [{ field: `${field}.logic`, message: `is no expression of flagd's: ${messageOf(error)}` }];
  }
}

/** Whether a pattern means something to GrowthBook and nothing here. One that is none there either matches nobody in both. */
function isLost(pattern: string): boolean {
  try {
    new RegExp(pattern);
  } catch {
    return false;
  }
  return compileRegex(pattern) === undefined;
}

function validateQuery(value: unknown, field: string, deepest: number): Issue[] {
  if (typeof value !== 'object' || value === null) return [];
  if (deepest === 0) return [{ field, message: `nests deeper than ${DEEPEST_QUERY} levels` }];
  return Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
    const at = Array.isArray(value) ? `${field}[${name}]` : `${field}.${name}`;
    if (PATTERNS.has(name) && typeof part === 'string' && isLost(part)) {
      return [{ field: at, message: "is no pattern in RE2's syntax, which has no look-around and no back-references" }];
    }
    return validateQuery(part, at, deepest - 1);
  });
}
