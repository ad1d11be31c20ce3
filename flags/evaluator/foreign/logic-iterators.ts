import type { LogicCompiler } from './logic';
import { innerScope, isTruthy, LogicError, unfit, type Json, type Run, type Scope } from './logic-scope';

/** Operators over the elements of a list. */
export const ITERATORS: ReadonlySet<string> = new Set(['map', 'filter', 'all', 'some', 'none', 'reduce']);

/**
 * Compiles an operator over a list. What is missing, or false, is an empty list; `all` of a list that is written as
 * empty, or found so, is false.
 *
 * @throws {LogicError} for other than a list and what is asked of each element, and a first value for `reduce`
 */
export function compileIterator(operator: string, operands: readonly Json[], { compile, manner }: LogicCompiler): Run {
  const isReduce = operator === 'reduce';
  if (operands.length < 2 || operands.length > (isReduce ? 3 : 2))
    throw new LogicError(`'${operator}' takes a list and an expression`);
  const [source, each, initial] = operands.map(compile) as [Run, Run, Run | undefined];
  // Of what is no list the interpreter takes the elements that it has, for three of the operators.
  const isLenient = manner === 'interpreted';
  const elements = (value: Json, lenient: boolean): readonly Json[] => {
    const taken = value || [];
    if (Array.isArray(taken)) return taken;
    if (!lenient) throw unfit(operator);
    return typeof taken === 'string' ? taken.split('') : [];
  };
  const test = (scope: Scope, element: Json): boolean => isTruthy(each(innerScope(scope, element)));
  switch (operator) {
    case 'map':
      return (scope) => elements(source(scope), false).map((element) => each(innerScope(scope, element)));
    case 'filter':
      return (scope) => elements(source(scope), false).filter((element) => test(scope, element));
    case 'some':
    case 'none': {
      const wanted = operator === 'some';
      return (scope) => elements(source(scope), isLenient).some((element) => test(scope, element)) === wanted;
    }
    case 'all':
      return (scope) => {
        const value = (scope.last = source(scope));
        const list = elements(value, isLenient);
        if (Array.isArray(isLenient ? value || [] : value) && list.length === 0) return false;
        return list.every((element) => test(scope, element));
      };
    default:
      if (isLenient && isFold(operands[1], '*')) {
        throw new LogicError("no 'reduce' to a product in such an 'if'");
      }
      if (isLenient && isFold(operands[1], '+')) return compile({ '+': [{ '+': operands[0] }, operands[2] ?? 0] });
      return (scope) =>
        reduced(elements(source(scope), false), each, initial === undefined ? [] : [flat(initial(scope))], scope);
  }
}

/** Whether a `reduce` only adds up, or multiplies, which the interpreter does at one go. */
function isFold(each: Json, operator: string): boolean {
  const parts: Json = typeof each === 'object' && each !== null ? Reflect.get(each, operator) : undefined;
  if (!Array.isArray(parts) || parts.length !== 2) return false;
  const names = parts.map((part: Json) =>
    typeof part === 'object' && part !== null ? (Reflect.get(part, 'var') as Json) : undefined,
  );
  return names.includes('accumulator') && names.includes('current');
}

function reduced(list: readonly Json[], each: Run, initial: readonly Json[], scope: Scope): Json {
  const [first, ...rest] = [...initial, ...list];
  if (initial.length === 0 && list.length === 0) throw unfit('reduce');
  return rest.reduce((accumulator, current) => flat(each(innerScope(scope, { accumulator, current }))), first);
}

/** flagd accumulates no lists of lists, and no objects within objects. */
function flat(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.values(value).some((member) => typeof member === 'object' && member !== null)) throw unfit('reduce');
  return value;
}
