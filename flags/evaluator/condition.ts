import type { Condition } from '../document/condition';
import { compileAttribute, isPlainAttribute } from './attribute';
import { compileForeignBucket } from './foreign/bucket';
import { compileFlagdLogic } from './foreign/logic';
import { compileQuery } from './foreign/query';
import { compileUnleashConstraint } from './foreign/unleash-constraint';
import { compileOperator } from './operators';
import type { CompiledSegment, Predicate } from './resolution';

/** Finds a compiled segment; undefined when there is none. */
export type SegmentLookup = (key: string) => CompiledSegment | undefined;

/** A condition on one attribute. */
type Comparison = Extract<Condition, { readonly operator: unknown }>;

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
  if ('flagd' in condition) return compileFlagdLogic(condition.flagd);
  return compileCommon(condition) ?? compileComparison(condition);
}

function compileComparison({ attribute, operator, value, ignoreCase }: Comparison): Predicate {
  const read = compileAttribute(attribute);
  const test = compileOperator(operator, value, ignoreCase);
  return (context) => test(read(context));
}

/**
 * The commonest comparisons as one closure each, where {@link compileComparison} takes three: with the same answers,
 * and at about half the time of a flag with rules. Undefined for all others.
 */
function compileCommon({ attribute, operator, value, ignoreCase }: Comparison): Predicate | undefined {
  if (ignoreCase === true || !isPlainAttribute(attribute)) return undefined;
  if (operator === 'equals' && typeof value !== 'object') return (context) => context[attribute] === value;
  if (operator === 'in') {
    const list = new Set<unknown>(typeof value === 'object' ? value : [value]);
    return (context) => list.has(context[attribute]);
  }
  if (operator !== 'exists' || value !== true) return undefined;
  // By its own name, so that the engine finds it without looking the name up.
  if (attribute === 'targetingKey') return hasTargetingKey;
  return (context) => context[attribute] !== undefined && context[attribute] !== null;
}

const hasTargetingKey: Predicate = ({ targetingKey }) => targetingKey !== undefined && targetingKey !== null;

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
