import type { Condition } from '../document/condition';
import { parseSemver } from '../evaluator/semver';
import { drawOf, shareCondition, type Draw } from './flagd-draw';
import { attributeOf, isScalar, operation, type Logic } from './flagd-expression';
import { NotExpressible } from './imported';
import { allOf, anyOf, negated, type Truth } from './truth';

type Comparison = 'equals' | 'less_than' | 'less_or_equal' | 'greater_than' | 'greater_or_equal';

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
const NUMBERS: Readonly<Record<string, Exclude<Comparison, 'equals'>>> = {
  '<': 'less_than',
  '<=': 'less_or_equal',
  '>': 'greater_than',
  '>=': 'greater_or_equal',
};
const VERSIONS: Readonly<Record<string, `semver_${Comparison}`>> = {
  '=': 'semver_equals',
  '<': 'semver_less_than',
  '<=': 'semver_less_or_equal',
  '>': 'semver_greater_than',
  '>=': 'semver_greater_or_equal',
};
const COMPARED: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Where an expression stands. */
export interface Reading {
  readonly flagKey: string;
  /** Told of what means something else for some contexts. */
  readonly changed: (message: string) => void;
  /** Attributes that are known to be no texts here. */
  readonly notText?: ReadonlySet<string>;
}

/**
 * A JsonLogic expression that is true or false, as a condition; a boolean where it is the same for everybody.
 *
 * @throws {NotExpressible} for what no condition says: arithmetic, two attributes compared, an order of texts
 * @see https://flagd.dev/reference/flag-definitions/#targeting-rules
 */
export function conditionOf(logic: Logic, reading: Reading): Truth {
  if (logic === null || isScalar(logic)) return Boolean(logic);
  if (Array.isArray(logic)) return logic.length > 0;
  const [operator, operands] = operation(logic) ?? [];
  if (operator === undefined || operands === undefined) throw notExpressible(logic);
  switch (operator) {
    case 'and': {
      const within = { ...reading, notText: new Set([...(reading.notText ?? []), ...operands.flatMap(noText)]) };
      return allOf(operands.map((part) => conditionOf(part, within)));
    }
    case 'or':
      return anyOf(operands.map((part) => conditionOf(part, reading)));
    case '!':
      return negated(conditionOf(operands[0] ?? null, reading));
    case '!!':
      return conditionOf(operands[0] ?? null, reading);
    case 'if':
    case '?:':
      return choice(operands, reading);
    case 'var':
      return truthy(logic);
    case '==':
    case '===':
      return equality(operands, operator === '===', logic, reading);
    case '!=':
    case '!==':
      return negated(equality(operands, operator === '!==', logic, reading));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(operator, operands, logic, reading);
    case 'in':
      return membership(operands, logic);
    case 'starts_with':
    case 'ends_with':
      return affix(operator, operands, logic);
    case 'sem_ver':
      return version(operands, logic, reading);
    case 'fractional':
      return drawn(operands, logic, reading);
    default:
      throw notExpressible(logic);
  }
}

/** An attribute that is there, and neither false, 0 nor empty. */
function truthy(logic: Logic): Condition {
  const attribute = attributeOf(logic);
  if (attribute === null) throw notExpressible(logic);
  return {
    all: [
      { attribute, operator: 'exists', value: true },
      { attribute, operator: 'not_in', value: [false, 0, ''] },
    ],
  };
}

/** The attribute of which `{ "!": { "starts_with": [attribute, ""] } }` says that it is no text. */
function noText(logic: Logic): string[] {
  const [not, [inner] = []] = operation(logic) ?? [];
  const [operator, [attribute, start] = []] = operation(inner) ?? [];
  const name = not === '!' && operator === 'starts_with' && start === '' ? attributeOf(attribute) : null;
  return name === null ? [] : [name];
}

function choice(operands: readonly Logic[], reading: Reading): Truth {
  const [first = null, ...rest] = operands;
  const own = conditionOf(first, reading);
  if (operands.length < 2) return own;
  const [then, ...others] = rest;
  return anyOf([
    allOf([own, conditionOf(then, reading)]),
    allOf([negated(own), others.length === 0 ? false : choice(others, reading)]),
  ]);
}

function equality(operands: readonly Logic[], isStrict: boolean, logic: Logic, reading: Reading): Truth {
  const [left = null, right = null] = operands;
  const [name, other] = [attributeOf(left), attributeOf(right)];
  const attribute = name ?? other;
  const value = name === null ? left : right;
  if (attribute === null) {
    if (!isScalar(left) || !isScalar(right)) throw notExpressible(logic);
    return isStrict ? left === right : looselyEqual(left).includes(right);
  }
  if (value === null) return { attribute, operator: 'exists', value: false };
  if (!isScalar(value)) throw notExpressible(logic);
  const values = isStrict ? [value] : looselyEqual(value);
  if (values.includes(false)) {
    reading.changed(
      `where '${attribute}' is missing some of flagd's evaluators hold it equal to ${JSON.stringify(value)}; here it equals nothing`,
    );
  }
  return values.length === 1 ? { attribute, operator: 'equals', value } : { attribute, operator: 'in', value: values };
}

/** What JsonLogic's `==` holds equal to a value, in the form in which people write it: the number 5 and the text '5', but not '5.0'. */
function looselyEqual(value: string | number | boolean): (string | number | boolean)[] {
  if (typeof value === 'boolean') return value ? [true, 1, '1'] : [false, 0, '0', ''];
  const number = typeof value === 'number' ? value : value.trim() === '' ? 0 : Number(value);
  if (Number.isNaN(number)) return [value];
  const booleans = number === 1 ? [true] : number === 0 ? [false] : [];
  return typeof value === 'number'
    ? [value, String(value), ...booleans, ...(number === 0 ? [''] : [])]
    : [value, number, ...booleans];
}

function order(operator: string, operands: readonly Logic[], logic: Logic, reading: Reading): Truth {
  const [left = null, right = null, ...beyond] = operands;
  // 'Between': each of three in order.
  if (beyond.length === 1 && operator.startsWith('<')) {
    return allOf([order(operator, [left, right], logic, reading), order(operator, [right, beyond[0]], logic, reading)]);
  }
  const isLeft = attributeOf(left) !== null;
  const attribute = isLeft ? attributeOf(left) : attributeOf(right);
  const value = isLeft ? right : left;
  const relation = isLeft ? operator : (FLIPPED[operator] ?? operator);
  const [named, compare] = [NUMBERS[relation], COMPARED[relation]];
  if (typeof value !== 'number' || operands.length < 2 || named === undefined || compare === undefined) {
    throw notExpressible(logic);
  }
  if (attribute === null) {
    if (typeof left === 'number' && typeof right === 'number') return COMPARED[operator]?.(left, right) ?? false;
    throw notExpressible(logic);
  }
  if (reading.notText?.has(attribute) !== true) {
    reading.changed(`flagd also takes a text such as '${value}' in '${attribute}' for a number; here it is none`);
  }
  // JsonLogic takes what is missing and false for 0, and true for 1.
  const booleans = [...(compare(0, value) ? [false] : []), ...(compare(1, value) ? [true] : [])];
  return anyOf([
    { attribute, operator: named, value },
    compare(0, value) && { attribute, operator: 'exists', value: false },
    booleans.length > 0 && { attribute, operator: 'in', value: booleans },
  ]);
}

function membership([needle = null, haystack]: readonly Logic[], logic: Logic): Truth {
  const within = attributeOf(haystack);
  if (within !== null && (typeof needle === 'string' || typeof needle === 'number')) {
    return { attribute: within, operator: 'contains', value: needle };
  }
  const [merge, [merged] = []] = operation(haystack) ?? [];
  const element = merge === 'merge' ? attributeOf(merged) : null;
  if (element !== null && typeof needle === 'string') return elementOf(element, needle);
  if (isScalar(needle)) {
    if (Array.isArray(haystack) && haystack.every(isScalar)) return haystack.includes(needle);
    if (typeof haystack === 'string' && typeof needle === 'string') return haystack.includes(needle);
  }
  const attribute = attributeOf(needle);
  if (attribute === null || !Array.isArray(haystack) || !haystack.every(isScalar)) throw notExpressible(logic);
  return haystack.length > 0 && { attribute, operator: 'in', value: haystack };
}

/** `merge` makes a list of anything, so that a text is found as a whole alone. */
function elementOf(attribute: string, value: string): Condition {
  const isText: Condition = { attribute, operator: 'starts_with', value: '' };
  return {
    any: [
      { attribute, operator: 'equals', value },
      { all: [{ attribute, operator: 'contains', value }, { not: isText }] },
    ],
  };
}

function affix(operator: 'starts_with' | 'ends_with', operands: readonly Logic[], logic: Logic): Truth {
  const [subject, value] = operands;
  const attribute = attributeOf(subject);
  if (operands.length !== 2 || typeof value !== 'string') throw notExpressible(logic);
  if (attribute !== null) return { attribute, operator, value };
  if (typeof subject !== 'string') throw notExpressible(logic);
  return operator === 'starts_with' ? subject.startsWith(value) : subject.endsWith(value);
}

function version(operands: readonly Logic[], logic: Logic, reading: Reading): Truth {
  const [left, relation, wanted] = operands;
  const attribute = attributeOf(left);
  const value = wholeVersion(wanted);
  const [major, minor] = parseSemver(value)?.numbers ?? [];
  if (attribute === null || operands.length !== 3 || major === undefined || minor === undefined) {
    throw notExpressible(logic);
  }
  reading.changed(
    `flagd also takes versions that are none, such as '1.2' for '1.2.0' and 'V1.2.0'; those in '${attribute}' match nothing here`,
  );
  const at = (operator: `semver_${Comparison}`, version: string): Condition => ({
    attribute,
    operator,
    value: version,
  });
  // '-0' comes before all that begin with the same numbers.
  const within = (from: string, to: string): Truth =>
    allOf([at('semver_greater_or_equal', `${from}-0`), at('semver_less_than', `${to}-0`)]);
  switch (relation) {
    case '!=':
      return anyOf([at('semver_less_than', value), at('semver_greater_than', value)]);
    case '^':
      return within(`${major}.0.0`, `${major + 1n}.0.0`);
    case '~':
      return within(`${major}.${minor}.0`, `${major}.${minor + 1n}.0`);
    default: {
      const operator = typeof relation === 'string' ? VERSIONS[relation] : undefined;
      if (operator === undefined) throw notExpressible(logic);
      return at(operator, value);
    }
  }
}

/** A version as flagd reads it: with a `v` before it or without, and with numbers left out at its end. */
function wholeVersion(wanted: Logic): string {
  const text = String(isScalar(wanted) ? wanted : '').replace(/^[vV]/, '');
  const missing = /^\d+$/.test(text) ? '.0.0' : /^\d+\.\d+$/.test(text) ? '.0' : '';
  return `${text}${missing}`;
}

/** A draw as a condition: whoever is drawn into a share whose outcome counts as true. */
function drawn(operands: readonly Logic[], logic: Logic, reading: Reading): Truth {
  const draw = drawOf(operands, reading.flagKey);
  if (draw === null) throw notExpressible(logic);
  tellOfDraw(draw, reading.changed);
  return anyOf(draw.shares.map((share) => allOf([shareCondition(draw, share), conditionOf(share.outcome, reading)])));
}

/** Tells of those whom a draw does not reach here, though each of flagd's evaluators draws them somehow. */
export function tellOfDraw({ attribute, isJoined }: Draw, changed: Reading['changed']): void {
  if (!isJoined) return;
  changed(
    `without '${attribute}' flagd draws all into one share, which is not the same in each of its evaluators; here they are in none`,
  );
}

function notExpressible(logic: Logic): NotExpressible {
  return new NotExpressible(`no condition says ${JSON.stringify(logic).slice(0, 200)}`);
}
