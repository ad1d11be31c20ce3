import type { FlagdLogic } from '../document/foreign-condition';
import { compileFlagdLogic } from '../evaluator/foreign/logic';
import type { Condition } from '../document/condition';
import { messageOf } from '../../core/errors';
import { drawOf, shareTruth } from './flagd-draw';
import { attributeOf, isScalar, operation, withKeys, type Logic } from './flagd-expression';
import { NotExpressible } from './imported';
import { allOf, anyOf, negated, type Truth } from './flagd-truth';

/** Where an expression stands. */
export interface Reading {
  readonly flagKey: string;
  /** Within an `if` of two operands, which flagd's engine runs in another way. */
  readonly isInterpreted: boolean;
}

/** Alternatives that one condition here may have. */
const MOST_PARTS = 100;

/**
 * A JsonLogic expression that is true or false, as a condition; a boolean where it is the same for everybody. It
 * becomes conditions of Headgate's own where those mean the same for every context, and stays an expression of flagd's
 * where they would not.
 *
 * @throws {NotExpressible} for what is no expression of flagd's
 * @see https://flagd.dev/reference/flag-definitions/#targeting-rules
 */
export function conditionOf(logic: Logic, reading: Reading): Truth {
  if (logic === null || isScalar(logic)) return Boolean(logic);
  if (Array.isArray(logic))
    return logic.every((one) => one === null || isScalar(one)) ? logic.length > 0 : foreign(logic, reading);
  if (Object.keys(logic as object).length === 0) return false;
  const [operator, operands = []] = operation(logic) ?? [];
  if (operands.length > MOST_PARTS && operator !== 'in') return foreign(logic, reading);
  const isList = Array.isArray(Object.values(logic as object)[0]);
  switch (operator) {
    case 'and':
    case 'or': {
      if (!isList || operands.length === 0) return foreign(logic, reading);
      const parts = operands.map((part) => conditionOf(part, reading));
      return operator === 'and' ? allOf(parts) : anyOf(parts);
    }
    case '!':
    case '!!': {
      // Of lists the engine's two ways think differently.
      if (!isBoolean(operands[0])) return foreign(logic, reading);
      const inner = conditionOf(operands[0] ?? null, reading);
      return operator === '!' ? negated(inner) : inner;
    }
    case 'if':
    case '?:':
      if (!isList || operands.length === 0) return foreign(logic, reading);
      return choice(operands, operands.length < 3 ? { ...reading, isInterpreted: true } : reading);
    default:
      return nativeOf(operator, operands, reading) ?? foreign(logic, reading);
  }
}

/** A condition of Headgate's own that means the same for every context; undefined where there is none. */
function nativeOf(operator: string | undefined, operands: readonly Logic[], reading: Reading): Truth | undefined {
  switch (operator) {
    case '===':
      return equality(operands, reading);
    case '!==': {
      const equal = equality(operands, reading);
      return equal === undefined ? undefined : negated(equal);
    }
    case 'in':
      return membership(operands, reading);
    case 'starts_with':
    case 'ends_with': {
      const [subject, value] = operands;
      const attribute = plainAttribute(subject, reading);
      if (attribute === null || operands.length !== 2 || typeof value !== 'string' || value.length > 1000)
        return undefined;
      return { attribute, operator, value };
    }
    case 'fractional': {
      const draw = drawOf(operands, reading);
      if (draw === null) return undefined;
      return anyOf(draw.shares.filter(({ outcome }) => Boolean(outcome)).map((share) => shareTruth(draw, share)));
    }
    default:
      return undefined;
  }
}

/** An expression as a condition that is evaluated with flagd's own meaning. */
export function foreign(
  logic: Logic,
  { flagKey, isInterpreted }: Reading,
  rest: Pick<FlagdLogic, 'outcome' | 'noneBut'> = {},
): Condition {
  const condition = {
    logic: withKeys(logic, flagKey) as FlagdLogic['logic'],
    ...(isInterpreted && { interpreted: true }),
    ...rest,
  };
  try {
    compileFlagdLogic(condition);
  } catch (error) {
    throw new NotExpressible(`no condition says ${JSON.stringify(logic).slice(0, 200)}: ${messageOf(error)}`);
  }
  return { flagd: condition };
}

/** Whether an expression comes to true or false, or to nothing, whatever the context. */
function isBoolean(logic: Logic): boolean {
  if (typeof logic === 'boolean' || logic === null || logic === undefined) return true;
  const [operator, operands = []] = operation(logic) ?? [];
  if (operator === 'and' || operator === 'or') return operands.every(isBoolean);
  return BOOLEAN.has(operator ?? '');
}

const BOOLEAN = new Set([
  '===',
  '!==',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '!',
  '!!',
  'in',
  'starts_with',
  'ends_with',
  'sem_ver',
]);

function choice(operands: readonly Logic[], reading: Reading): Truth {
  const [first = null, then, ...others] = operands;
  const own = conditionOf(first, reading);
  if (operands.length < 2) return own;
  return anyOf([
    allOf([own, conditionOf(then, reading)]),
    allOf([negated(own), others.length === 0 ? false : choice(others, reading)]),
  ]);
}

/** An attribute that is read alike here and in flagd, whichever way flagd's engine runs. */
function plainAttribute(logic: Logic, { isInterpreted }: Reading): string | null {
  const attribute = attributeOf(logic);
  return attribute !== null && isInterpreted && attribute.includes('.') ? null : attribute;
}

function equality([left = null, right = null, ...more]: readonly Logic[], reading: Reading): Truth | undefined {
  if (more.length > 0) return undefined;
  const name = plainAttribute(left, reading);
  const attribute = name ?? plainAttribute(right, reading);
  const value = name === null ? left : right;
  if (attribute === null) return isScalar(left) && isScalar(right) ? left === right : undefined;
  if (value === null) return { attribute, operator: 'exists', value: false };
  return isShort(value) ? { attribute, operator: 'equals', value } : undefined;
}

function membership([needle = null, haystack, ...more]: readonly Logic[], reading: Reading): Truth | undefined {
  const attribute = plainAttribute(needle, reading);
  if (more.length > 0 || attribute === null || !Array.isArray(haystack) || !haystack.every(isShort)) return undefined;
  return haystack.length > 0 && { attribute, operator: 'in', value: haystack };
}

/** A value that a comparison here may hold. */
function isShort(value: Logic): value is string | number | boolean {
  return isScalar(value) && String(value).length <= 1000;
}
