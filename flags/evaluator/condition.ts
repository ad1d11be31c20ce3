import type { Condition } from '../document/condition';
import { compileAttribute } from './attribute';
import { compileForeignBucket } from './foreign/bucket';
import { compileQuery } from './foreign/query';
import { compileUnleashConstraint } from './foreign/unleash-constraint';
import { compileOperator } from './operators';
import type { CompiledSegment, Predicate } from './resolution';

/** Finds a compiled segment; undefined when there is none. */
export type SegmentLookup = (key: string) => CompiledSegment | undefined;

/** Compiles a condition to one closure. A segment that does not exist matches nobody. */
export function compileCondition(condition: Condition, segment: SegmentLookup): Predicate {
  if ('segment' in condition) {
    const found = segment(condition.segment);
    return found === undefined ? () => false : found.matches;
  }
  if ('all' in condition) {
    const parts = condition.all.map((part) => compileCondition(part, segment));
    return combine(parts, false);
  }
  if ('any' in condition) {
    const parts = condition.any.map((part) => compileCondition(part, segment));
    return combine(parts, true);
  }
  if ('not' in condition) {
    const part = compileCondition(condition.not, segment);
    return (context) => !part(context);
  }
  if ('unleash' in condition) return compileUnleashConstraint(condition.unleash);
  if ('query' in condition) return compileQuery(condition.query);
  if ('bucket' in condition) return compileForeignBucket(condition.bucket);
  const read = compileAttribute(condition.attribute);
  const test = compileOperator(condition.operator, condition.value, condition.ignoreCase);
  return (context) => test(read(context));
}

/** Stops at the first part that answers `decisive`. */
function combine(parts: readonly Predicate[], decisive: boolean): Predicate {
  const [first, second] = parts;
  if (first !== undefined && parts.length === 1) return first;
  if (first !== undefined && second !== undefined && parts.length === 2) {
    return decisive ? (context) => first(context) || second(context) : (context) => first(context) && second(context);
  }
  return (context) => {
    for (const part of parts) if (part(context) === decisive) return decisive;
    return !decisive;
  };
}
