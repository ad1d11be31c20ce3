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

/**
 * The context's attribute that `{ "var": … }` names; null for anything else.
 *
 * @throws {NotExpressible} for what only flagd knows, for a value in place of a missing attribute, and for a place in a list
 */
export function attributeOf(logic: Logic): string | null {
  const [operator, [name, otherwise = null] = []] = operation(logic) ?? [];
  if (operator !== 'var' || typeof name !== 'string' || name === '') return null;
  if (name.startsWith('$flagd')) throw new NotExpressible(`it asks for '${name}', which only flagd knows`);
  if (otherwise !== null) {
    const written = JSON.stringify(otherwise).slice(0, 100);
    throw new NotExpressible(
      `it takes ${written} where '${name}' is missing, and a condition here has no value for that`,
    );
  }
  if (name.split('.').some((part) => /^\d+$/.test(part))) {
    throw new NotExpressible(`'${name}' names a place in a list, and no condition here looks into lists`);
  }
  return name;
}

/** Whether a value stands for itself in an expression. */
export function isScalar(value: Logic): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/**
 * Puts shared expressions in the place of their names, the flag's own key in place of `$flagd.flagKey`, and joins texts that are the same for everybody.
 *
 * @throws {NotExpressible} where a name stands for nothing, or for itself
 */
export function expand(logic: Logic, flagKey: string, evaluators: Readonly<Record<string, Logic>>, depth = 0): Logic {
  if (depth > 50) throw new NotExpressible('its targeting nests too deeply, or its evaluators go in a circle');
  const inner = (part: Logic): Logic => expand(part, flagKey, evaluators, depth + 1);
  if (Array.isArray(logic)) return logic.map(inner);
  if (typeof logic !== 'object' || logic === null) return logic;
  const name: unknown = Reflect.get(logic, '$ref');
  if (typeof name === 'string') {
    if (!Object.hasOwn(evaluators, name)) throw new NotExpressible(`there is no evaluator '${name}'`);
    return inner(evaluators[name]);
  }
  const expanded = Object.fromEntries(Object.entries(logic).map(([key, part]: [string, Logic]) => [key, inner(part)]));
  const [operator, operands = []] = operation(expanded) ?? [];
  if (operator === 'var' && operands[0] === '$flagd.flagKey') return flagKey;
  if (operator === 'cat' && operands.every(isScalar)) return operands.join('');
  return expanded;
}
