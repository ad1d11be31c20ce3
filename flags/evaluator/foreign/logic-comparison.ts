import type { Manner } from './logic';
import { LogicError, numeric, unfit, type Json, type Run } from './logic-scope';

/** Operands as JavaScript compares them, whatever their types: what is wanted here. */
type Test = (a: number, b: number) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  // eslint-disable-next-line eqeqeq -- JsonLogic's `==` is JavaScript's.
  '==': (a, b) => a == b,
  '===': (a, b) => a === b,
  // eslint-disable-next-line eqeqeq -- JsonLogic's `!=` is JavaScript's.
  '!=': (a, b) => a != b,
  '!==': (a, b) => a !== b,
};

/** Operators that compare two operands, or three in a row. */
export const COMPARISONS: ReadonlySet<string> = new Set(Object.keys(TESTS));

/**
 * Compares operands of which each stands in the relation to the next. Texts compare with texts; else both must read as
 * numbers, or the evaluation fails. What is missing is null.
 *
 * @throws {LogicError} for fewer than two operands, or more than three
 */
export function compileComparison(operator: string, runs: readonly Run[], manner: Manner): Run {
  const test = TESTS[operator] as Test;
  const [first, ...rest] = runs;
  if (first === undefined || rest.length < 1 || rest.length > 2)
    throw new LogicError(`'${operator}' compares two or three operands`);
  const isStrict = operator.length === 3;
  if (manner === 'interpreted') return interpreted(first, rest, isStrict, test);
  return (scope) => {
    let left = (scope.last = first(scope));
    for (const next of rest) {
      const found = next(scope);
      const right = isStrict ? found : checked(found, scope.last);
      if (rest.length > 1) scope.last = right;
      if (!test(left as number, right as number)) return false;
      left = right;
    }
    return true;
  };
}

function interpreted(first: Run, rest: readonly Run[], isStrict: boolean, test: Test): Run {
  return (scope) => {
    let left = first(scope);
    for (const next of rest) {
      const right = next(scope);
      const isPlain = isStrict || (isTextOrNull(left) && isTextOrNull(right));
      if (!isPlain) {
        if (Number.isNaN(Number(numeric(left, 'comparison')))) throw unfit('comparison');
        if (Number.isNaN(Number(numeric(right, 'comparison'))) && left !== null) throw unfit('comparison');
      }
      const holds = isPlain ? test(left as number, right as number) : test(Number(left), Number(right));
      if (!holds) return false;
      left = right;
    }
    return true;
  };
}

/** The right operand, as it is compared after both were found to be fit. */
function checked(right: Json, last: Json): Json {
  if (isTextOrNull(right) && isTextOrNull(last)) return right;
  if (Number.isNaN(Number(numeric(right, 'comparison'))) && last !== null) throw unfit('comparison');
  if (Number.isNaN(Number(numeric(last, 'comparison')))) throw unfit('comparison');
  // Null is 0 where the other operand is none or 0.
  if (last === null && !right) return null;
  return right === null && !last ? 0 : right;
}

function isTextOrNull(value: Json): boolean {
  return typeof value === 'string' || value === null;
}
