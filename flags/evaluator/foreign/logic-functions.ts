import { drawFractional, affix, compareVersions } from './flagd-operators';
import type { LogicCompiler } from './logic';
import {
  boundedText,
  listOf,
  LogicError,
  numeric,
  takeSteps,
  textOf,
  unfit,
  type Json,
  type Run,
  type Scope,
} from './logic-scope';
import { splitPath } from './logic-variable';

type Make = (operands: Json, compiler: LogicCompiler) => Run;

/** An operator that is a function of its operands' values. */
const of =
  (apply: (values: readonly Json[], scope: Scope) => Json): Make =>
  (operands, { compile }) => {
    const run = compile(operands);
    return (scope) => apply(listOf(run(scope)), scope);
  };

/** Operators whose operands are all evaluated. */
export const FUNCTIONS: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['+', arithmetic('+', (a, b) => a + b)],
  ['-', arithmetic('-', (a, b) => a - b)],
  ['*', arithmetic('*', (a, b) => a * b)],
  ['/', arithmetic('/', (a, b) => a / b)],
  ['%', arithmetic('%', (a, b) => a % b)],
  ['max', of((values) => Math.max(...numbers(values, 'max')))],
  ['min', of((values) => Math.min(...numbers(values, 'min')))],
  ['cat', concatenation],
  ['substr', of(([text, from, length]) => part(text, from, length))],
  ['in', membership],
  ['merge', of((values, scope) => merged(values, scope))],
  ['missing', of((names, { context }) => missing(names, context))],
  [
    'missing_some',
    of(([needed, names], { context }) => {
      if (!Array.isArray(names)) throw unfit('missing_some');
      const absent = missing(names, context);
      return names.length - absent.length < (needed as number) ? absent : [];
    }),
  ],
  ['starts_with', of((values) => affix('startsWith', values))],
  ['ends_with', of((values) => affix('endsWith', values))],
  ['sem_ver', of(compareVersions)],
  ['fractional', of(drawFractional)],
]);

/**
 * Operators on numbers. A text that reads as one counts, what is missing and false are 0, true is 1; anything else
 * fails, and so do a result that is none and a division by 0.
 *
 * @throws {LogicError} for too few operands, and for one that is written as what could be no number
 */
function arithmetic(operator: string, apply: (a: number, b: number) => number): Make {
  const fewest = operator === '%' ? 2 : operator === '+' || operator === '*' ? 0 : 1;
  const isUnary = operator === '+' || operator === '-';
  return (operands, { compile, manner }) => {
    const isWritten = Array.isArray(operands) || typeof operands !== 'object' || operands === null;
    const written = listOf(operands);
    if (
      written.length < fewest ||
      (!isWritten && !isUnary) ||
      (isWritten && written.some((one, at) => isHopeless(one, operator, at)))
    ) {
      throw new LogicError(`'${operator}' takes numbers, not ${JSON.stringify(operands).slice(0, 100)}`);
    }
    const runs = written.map(compile);
    // A list that an only operand comes to stands for its elements.
    const isSpread = isUnary && runs.length === 1 && (!isWritten || manner === 'interpreted');
    return (scope) => {
      const found = runs.map((run) => run(scope));
      const values: readonly Json[] = isSpread && Array.isArray(found[0]) ? found[0] : found;
      if (values.length < fewest) throw unfit(operator);
      const numbers = values.map((value) => Number(numeric(value, operator)));
      if (operator === '/') {
        if (numbers.length === 1) numbers.unshift(1);
        const divisors: readonly Json[] =
          manner === 'compiled' || values.length === 1 ? numbers.slice(1) : values.slice(1);
        if (divisors.some((divisor) => !divisor)) throw unfit(operator);
      }
      // The only number of a list that was found is not looked at again.
      const isUnchecked = isSpread && operator === '-' && values !== found && values.length === 1;
      const result = resultOf(operator, numbers, apply);
      if ((Number.isNaN(result) && !isUnchecked) || (operator === '/' && result === Infinity)) throw unfit(operator);
      return result;
    };
  };
}

function resultOf(
  operator: string,
  [first, ...rest]: readonly number[],
  apply: (a: number, b: number) => number,
): number {
  if (first === undefined) return operator === '*' ? 1 : 0;
  if (rest.length === 0) return operator === '-' ? -first : first;
  return rest.reduce(apply, first);
}

/** Whether an operand is written as what could be no number, or divides by 0: flagd does not take such targeting at all. */
function isHopeless(operand: Json, operator: string, at: number): boolean {
  if (typeof operand === 'object' && operand !== null) return Array.isArray(operand);
  return Number.isNaN(Number(operand)) || (operator === '/' && at > 0 && Number(operand) === 0);
}

function numbers(values: readonly Json[], operator: string): readonly number[] {
  if (values.length > 0 && values.every((value) => typeof value === 'number')) return values;
  throw unfit(operator);
}

/** Joins texts. What is missing reads as 'null' where flagd compiles, and as nothing where it interprets. */
function concatenation(operands: Json, { compile, manner }: LogicCompiler): Run {
  const isWritten = Array.isArray(operands);
  if (manner === 'compiled' && (isWritten || typeof operands !== 'object')) {
    const runs = listOf(operands).map(compile);
    return (scope) => boundedText(runs.map((run) => textOf(run(scope))).join(''));
  }
  const only = isWritten && operands.length === 1 && !Array.isArray(operands[0]) ? (operands[0] as Json) : operands;
  const run = compile(only);
  return (scope) => {
    const value = run(scope);
    if (value === null || value === undefined) throw unfit('cat');
    return boundedText(
      Array.isArray(value) ? value.map((one) => (one === null ? '' : textOf(one))).join('') : textOf(value),
    );
  };
}

function part(text: Json, from: Json, length: Json): string {
  if (typeof text !== 'string') throw unfit('substr');
  const start = from as number;
  // For its reading of negative numbers.
  const cut = (whole: string, at: number, count?: number): string => whole.substr(at, count);
  if (!((length as number) < 0)) return cut(text, start, length as number);
  const rest = cut(text, start);
  return cut(rest, 0, rest.length + (length as number));
}

/** Whether a text holds another, or a list a value. */
function membership(operands: Json, { compile }: LogicCompiler): Run {
  if (!Array.isArray(operands) || operands.length !== 2) throw new LogicError("'in' takes two operands");
  const [needle, haystack] = operands.map(compile) as [Run, Run];
  return (scope) => {
    const within = haystack(scope) || [];
    const value = needle(scope);
    if (Array.isArray(within)) return within.includes(value);
    if (typeof within === 'string') return within.includes(value as string);
    throw unfit('in');
  };
}

function merged(values: readonly Json[], { budget }: Scope): Json[] {
  const flat = values.flat(1);
  takeSteps(budget, flat.length);
  return flat;
}

/** Names of what a context has not: null counts as there. */
function missing(names: readonly Json[], context: Json): Json[] {
  return names.filter((name) => {
    let at = context;
    for (const step of splitPath(textOf(name))) {
      if (!at) return true;
      at = (at as Readonly<Record<string, Json>>)[step];
      if (at === undefined) return true;
    }
    return false;
  });
}
