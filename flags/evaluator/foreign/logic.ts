import type { FlagdLogic } from '../../document/foreign-condition';
import type { Predicate } from '../resolution';
import { compileComparison, COMPARISONS } from './logic-comparison';
import { compileIterator, ITERATORS } from './logic-iterators';
import { FUNCTIONS } from './logic-functions';
import { isTruthy, listOf, LogicError, LogicFault, scopeOf, textOf, type Json, type Run } from './logic-scope';
import { compileVariable } from './logic-variable';

/** How deeply an expression may nest: deeper ones could not be walked safely. */
const DEEPEST = 60;

/**
 * How flagd's JavaScript engine runs an expression: it compiles targeting, and interprets what stands in an `if` of two
 * operands. The two differ for operands of types that do not fit, and flags keep what they did there.
 */
export type Manner = 'compiled' | 'interpreted';

/** Compiles the parts of an expression. */
export interface LogicCompiler {
  readonly manner: Manner;
  readonly compile: (logic: Json) => Run;
}

/**
 * Compiles a condition of an imported flagd flag: an expression in JsonLogic with flagd's own operators, evaluated with
 * the meaning that flagd's JavaScript core gives it.
 *
 * @throws {LogicError} for what is no expression, or has an operator that flagd has not
 * @see https://flagd.dev/reference/flag-definitions/#targeting-rules and https://jsonlogic.com/operations.html
 */
export function compileFlagdLogic({ logic, interpreted, outcome, noneBut }: FlagdLogic): Predicate {
  const run = compileLogic(logic, interpreted === true ? 'interpreted' : 'compiled');
  const evaluate = (context: Json): Json => {
    try {
      return run(scopeOf(context));
    } catch (error) {
      throw error instanceof LogicFault ? error : new LogicFault(`targeting fails: ${String(error)}`);
    }
  };
  if (outcome !== undefined) return (context) => nameOf(evaluate(context)) === outcome;
  if (noneBut === undefined) return (context) => isTruthy(evaluate(context));
  const known = new Set<string | undefined>([undefined, ...noneBut]);
  return (context) => {
    const name = nameOf(evaluate(context));
    if (!known.has(name)) throw new LogicFault(`targeting names '${name ?? ''}', which is no variant`);
    return false;
  };
}

/** The variant that an outcome names; undefined for the default. */
function nameOf(outcome: Json): string | undefined {
  return outcome === null || outcome === undefined ? undefined : textOf(outcome);
}

/** @throws {LogicError} for what is no expression */
export function compileLogic(logic: Json, manner: Manner, depth = 0): Run {
  if (depth > DEEPEST) throw new LogicError(`it nests deeper than ${DEEPEST} levels`);
  const compiler: LogicCompiler = { manner, compile: (part) => compileLogic(part, manner, depth + 1) };
  if (Array.isArray(logic)) {
    const runs = logic.map(compiler.compile);
    return (scope) => runs.map((run) => run(scope));
  }
  if (typeof logic !== 'object' || logic === null) return () => logic;
  const [[operator, operands] = [], ...others] = Object.entries(logic) as [string, Json][];
  if (operator === undefined) return () => logic;
  if (others.length > 0)
    throw new LogicError(`an expression has one operator, not '${Object.keys(logic).join("', '")}'`);
  return compileOperation(operator, operands, compiler, (part) => compileLogic(part, 'interpreted', depth + 1));
}

function compileOperation(
  operator: string,
  operands: Json,
  compiler: LogicCompiler,
  interpret: (part: Json) => Run,
): Run {
  const { compile, manner } = compiler;
  if (operator === 'var') return compileVariable(listOf(operands), compiler);
  if (COMPARISONS.has(operator)) return compileComparison(operator, list(operator, operands).map(compile), manner);
  if (ITERATORS.has(operator)) return compileIterator(operator, list(operator, operands), compiler);
  switch (operator) {
    case 'if':
    case '?:': {
      const parts = list(operator, operands);
      return compileChoice(parts.map(parts.length < 3 ? interpret : compile));
    }
    case 'and':
    case 'or':
      return compileJunction(operator === 'or', list(operator, operands).map(compile));
    case '!':
    case '!!':
      return compileNegation(operator === '!', operands, compiler);
    default: {
      const make = FUNCTIONS.get(operator);
      if (make === undefined) throw new LogicError(`flagd has no operator '${operator}'`);
      return make(operands, compiler);
    }
  }
}

function list(operator: string, operands: Json): readonly Json[] {
  if (Array.isArray(operands)) return operands;
  throw new LogicError(`'${operator}' takes a list`);
}

function compileChoice(runs: readonly Run[]): Run {
  return (scope) => {
    let at = 0;
    for (; at + 1 < runs.length; at += 2) {
      if (isTruthy((runs[at] as Run)(scope))) return (runs[at + 1] as Run)(scope);
    }
    return runs[at]?.(scope) ?? null;
  };
}

/** The first operand that decides, or the last. */
function compileJunction(decisive: boolean, runs: readonly Run[]): Run {
  return (scope) => {
    let value: Json = null;
    for (const run of runs) {
      value = scope.last = run(scope);
      if (isTruthy(value) === decisive) break;
    }
    return value;
  };
}

/** Of a list that an only operand comes to, the interpreter asks the first element. */
function compileNegation(isNegated: boolean, operands: Json, { compile, manner }: LogicCompiler): Run {
  const first: Json = Array.isArray(operands) ? (operands[0] ?? null) : operands;
  const run = compile(first);
  if (manner === 'compiled' || (Array.isArray(operands) && (operands.length > 1 || Array.isArray(first))))
    return (scope) => isTruthy(run(scope)) !== isNegated;
  return (scope) => {
    const value = run(scope);
    return isTruthy(Array.isArray(value) ? value[0] : value) !== isNegated;
  };
}
