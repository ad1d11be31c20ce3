import type { Condition } from '../document/condition';
import { NotExpressible } from './imported';

type Logic = unknown;
type Comparison = 'equals' | 'less_than' | 'less_or_equal' | 'greater_than' | 'greater_or_equal';

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
const NUMBERS: Readonly<Record<string, Comparison>> = {
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

/** The one operator of a JsonLogic expression with its operands; null for a value. */
export function operation(logic: Logic): readonly [operator: string, operands: readonly Logic[]] | null {
  if (typeof logic !== 'object' || logic === null || Array.isArray(logic)) return null;
  const entries = Object.entries(logic);
  const [first] = entries;
  if (first === undefined || entries.length !== 1) return null;
  const [operator, operands] = first as [string, Logic];
  return [operator, Array.isArray(operands) ? operands : [operands]];
}

/**
 * A JsonLogic expression that is true or false, as a condition.
 *
 * @throws {NotExpressible} for what no condition says: arithmetic, two attributes compared, loose comparisons of other types
 * @see https://flagd.dev/reference/flag-definitions/#targeting-rules
 */
export function conditionOf(logic: Logic): Condition {
  const found = operation(logic);
  if (found === null) throw notExpressible(logic);
  const [operator, operands] = found;
  switch (operator) {
    case 'and':
    case 'or': {
      const parts = operands.map(conditionOf);
      return operator === 'and' ? { all: parts } : { any: parts };
    }
    case '!':
      return { not: truthOf(operands[0]) };
    case '!!':
      return truthOf(operands[0]);
    case 'var':
      return truthOf(logic);
    case '==':
    case '===':
      return equality(operands, logic);
    case '!=':
    case '!==':
      return { not: equality(operands, logic) };
    case '<':
    case '<=':
    case '>':
    case '>=':
      return order(operator, operands, logic);
    case 'in':
      return membership(operands, logic);
    case 'starts_with':
    case 'ends_with': {
      const [attribute, value] = [attributeOf(operands[0]), operands[1]];
      if (attribute === null || typeof value !== 'string') throw notExpressible(logic);
      return { attribute, operator, value };
    }
    case 'sem_ver':
      return version(operands, logic);
    default:
      throw notExpressible(logic);
  }
}

/** The context's attribute that `{ "var": … }` names; null for anything else. */
export function attributeOf(logic: Logic): string | null {
  const [operator, [name] = []] = operation(logic) ?? [];
  if (operator !== 'var' || typeof name !== 'string' || name === '') return null;
  if (name.startsWith('$flagd')) throw new NotExpressible(`it asks for '${name}', which only flagd knows`);
  return name;
}

/** What is truthy: for an attribute that it is there, and neither false, 0 nor empty. */
function truthOf(logic: Logic): Condition {
  const attribute = attributeOf(logic);
  if (attribute === null) return conditionOf(logic);
  return {
    all: [
      { attribute, operator: 'exists', value: true },
      { attribute, operator: 'not_in', value: [false, 0, ''] },
    ],
  };
}

function equality(operands: readonly Logic[], logic: Logic): Condition {
  const [left, right] = operands;
  const attribute = attributeOf(left) ?? attributeOf(right);
  const value = attributeOf(left) === null ? left : right;
  if (attribute === null) throw notExpressible(logic);
  if (value === null) return { attribute, operator: 'exists', value: false };
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw notExpressible(logic);
  return { attribute, operator: 'equals', value };
}

function order(operator: string, operands: readonly Logic[], logic: Logic): Condition {
  const [left, right] = operands;
  const isLeft = attributeOf(left) !== null;
  const attribute = isLeft ? attributeOf(left) : attributeOf(right);
  const value = isLeft ? right : left;
  const named = NUMBERS[isLeft ? operator : (FLIPPED[operator] ?? operator)];
  if (attribute === null || typeof value !== 'number' || operands.length !== 2 || named === undefined) {
    throw notExpressible(logic);
  }
  return { attribute, operator: named, value };
}

function membership([needle, haystack]: readonly Logic[], logic: Logic): Condition {
  const within = attributeOf(haystack);
  if (within !== null && typeof needle === 'string') return { attribute: within, operator: 'contains', value: needle };
  const [merge, [merged] = []] = operation(haystack) ?? [];
  const element = merge === 'merge' ? attributeOf(merged) : null;
  if (element !== null && typeof needle === 'string') return elementOf(element, needle);
  const attribute = attributeOf(needle);
  const isList =
    Array.isArray(haystack) && haystack.every((one) => ['string', 'number', 'boolean'].includes(typeof one));
  if (attribute === null || !isList) throw notExpressible(logic);
  return { attribute, operator: 'in', value: haystack as string[] };
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

function version([left, relation, wanted]: readonly Logic[], logic: Logic): Condition {
  const attribute = attributeOf(left);
  if (attribute === null || typeof wanted !== 'string' || typeof relation !== 'string') throw notExpressible(logic);
  if (relation === '!=') return { not: { attribute, operator: 'semver_equals', value: wanted } };
  const operator = VERSIONS[relation];
  if (operator === undefined) throw notExpressible(logic);
  return { attribute, operator, value: wanted };
}

function notExpressible(logic: Logic): NotExpressible {
  return new NotExpressible(`no condition says ${JSON.stringify(logic).slice(0, 200)}`);
}
