import { messageOf } from '../../core/errors';
import { compileLogic } from '../evaluator/foreign/logic';
import { ITERATORS } from '../evaluator/foreign/logic-iterators';
import { scopeOf } from '../evaluator/foreign/logic-scope';
import { NotExpressible } from './imported';

/** A JsonLogic expression, or a value in one. */
export type Logic = unknown;

/** The one operator of a JsonLogic expression with its operands; null for a value. */
export function operation(logic: Logic): readonly [operator: string, operands: readonly Logic[]] | null {
  if (typeof logic !== 'object' || logic === null || Array.isArray(logic)) return null;
  const entries = Object.entries(logic);
  const [first] = entries;
  if (first === undefined || entries.length !== 1) return null;
  const [operator, operands] = first as [string, Logic];
  return [operator, Array.isArray(operands) ? operands : [operands]];
}

/** Parts of a path that texts and lists have too, whatever the context names. */
const OF_ANY = /^(?:\d+|length)$/;

/**
 * The context's attribute that `{ "var": … }` names; null for anything else, and for what no attribute here reads
 * alike: with a value for what is missing, within lists and texts, with a dot in the name itself.
 */
export function attributeOf(logic: Logic): string | null {
  const [operator, [name, ...otherwise] = []] = operation(logic) ?? [];
  if (operator !== 'var' || typeof name !== 'string' || name === '' || name.length > 200) return null;
  if (otherwise.length > 0 || name.includes('\\') || name.startsWith('../')) return null;
  const path = name.split('.');
  return path.includes('') ||
    path.some((part) => part in Object.prototype) ||
    path.slice(1).some((part) => OF_ANY.test(part))
    ? null
    : name;
}

/** Whether a value stands for itself in an expression. */
export function isScalar(value: Logic): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** What an expression is written into. */
interface Place {
  readonly flagKey: string;
  readonly evaluators: Readonly<Record<string, Logic>>;
  /** Within what is asked of each element of a list, where only the element can be read. */
  readonly isElement: boolean;
  readonly depth: number;
}

/**
 * Puts shared expressions in the place of their names, the flag's own key in place of `$flagd.flagKey`, and values in
 * place of what is the same for everybody.
 *
 * @throws {NotExpressible} where a name stands for nothing, or for itself, and for what only flagd knows
 */
export function expand(logic: Logic, flagKey: string, evaluators: Readonly<Record<string, Logic>>): Logic {
  return expanded(logic, { flagKey, evaluators, isElement: false, depth: 0 });
}

function expanded(logic: Logic, place: Place): Logic {
  if (place.depth > 50) throw new NotExpressible('its targeting nests too deeply, or its evaluators go in a circle');
  const inner = { ...place, depth: place.depth + 1 };
  if (Array.isArray(logic)) return logic.map((part) => expanded(part, inner));
  if (typeof logic !== 'object' || logic === null) return logic;
  const entries = Object.entries(logic) as [string, Logic][];
  const [[operator, operands] = []] = entries;
  if (operator === undefined) return logic;
  if (entries.length > 1)
    throw new NotExpressible(`no expression has several operators ('${entries.map(([key]) => key).join("', '")}')`);
  if (operator === '$ref' && typeof operands === 'string') {
    if (!Object.hasOwn(place.evaluators, operands)) throw new NotExpressible(`there is no evaluator '${operands}'`);
    return expanded(place.evaluators[operands], inner);
  }
  if (operator === 'var') return variable(logic, operands, place);
  const [first, ...rest] = Array.isArray(operands) ? (operands as Logic[]) : [];
  const isOverList = ITERATORS.has(operator) && rest.length > 0;
  const [each, ...initial] = rest;
  const parts = isOverList
    ? [
        expanded(first, inner),
        expanded(each, { ...inner, isElement: true }),
        ...initial.map((part) => expanded(part, inner)),
      ]
    : expanded(operands, inner);
  if (place.isElement && OWN.has(operator))
    throw new NotExpressible(`'${operator}' is asked of elements of a list, where flagd fails`);
  const written = { [operator]: parts };
  if (!isFixed(written, false)) {
    // The engine checks the operands of such a comparison against what it read last, and the key is no attribute here.
    if (LOOSE.has(operator) && JSON.stringify(operands).includes('"$flagd.flagKey"')) {
      throw new NotExpressible(`it compares its own key with '${operator}'`);
    }
    return written;
  }
  const value = valueOf(written);
  // A list that is written and one that is found are not the same to '!', '!!' and '+'.
  return typeof value === 'object' && value !== null ? written : value;
}

const LOOSE = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** flagd's own operators, beside those of JsonLogic. */
const OWN = new Set(['starts_with', 'ends_with', 'sem_ver', 'fractional']);

function variable(logic: Logic, operands: Logic, { flagKey, isElement }: Place): Logic {
  const [name] = Array.isArray(operands) ? (operands as Logic[]) : [operands];
  if ((name ?? '') === '' && !isElement) throw new NotExpressible('it asks for the context as a whole');
  if (typeof name !== 'string' || !name.startsWith('$flagd')) return logic;
  if (name === '$flagd.flagKey' && !isElement) return flagKey;
  throw new NotExpressible(`it asks for '${name}', which only flagd knows`);
}

/**
 * Writes out what flagd hashes where a `fractional` names nothing: its flag's key and the targeting key. Nobody is
 * drawn who has none.
 *
 * @param logic - an expression as {@link expand} leaves it
 */
export function withKeys(logic: Logic, flagKey: string): Logic {
  if (Array.isArray(logic)) return logic.map((part) => withKeys(part, flagKey));
  if (typeof logic !== 'object' || logic === null) return logic;
  const written = Object.fromEntries(
    Object.entries(logic).map(([operator, part]: [string, Logic]) => [operator, withKeys(part, flagKey)]),
  );
  const [operator, operands = []] = operation(written) ?? [];
  if (operator !== 'fractional' || !Array.isArray(operands[0])) return written;
  const key: Logic = { var: 'targetingKey' };
  return { fractional: [{ if: [key, { cat: [flagKey, key] }, null] }, ...operands] };
}

/** Whether an expression is the same for every context. */
function isFixed(logic: Logic, isElement: boolean): boolean {
  if (Array.isArray(logic)) return logic.every((part) => isFixed(part, isElement));
  const [operator, operands = []] = operation(logic) ?? [];
  if (operator === undefined) return true;
  if (operator === 'var') return isElement;
  if (OWN.has(operator) || operator === 'missing' || operator === 'missing_some') return false;
  if (!ITERATORS.has(operator)) return operands.every((part) => isFixed(part, isElement));
  const [list, each, ...initial] = operands;
  return isFixed(list, isElement) && isFixed(each, true) && initial.every((part) => isFixed(part, isElement));
}

/** @throws {NotExpressible} for what fails: flagd does not take such targeting at all */
function valueOf(logic: Logic): Logic {
  try {
    return compileLogic(logic, 'interpreted')(scopeOf({}));
  } catch (error) {
    throw new NotExpressible(`no condition says ${JSON.stringify(logic).slice(0, 200)}: ${messageOf(error)}`);
  }
}
