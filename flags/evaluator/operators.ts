import type { Operator } from '../document/condition';

type Scalar = string | number | boolean;
/** Whether an attribute's value meets a condition. */
export type Test = (value: unknown) => boolean;

const never: Test = () => false;

const INSTANT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * Milliseconds of a Date, or of ISO 8601 text: a date (midnight UTC) or a time with its zone. Undefined for anything else, local
 * times among them, since they would mean something else on every machine.
 */
export function instantOf(value: unknown): number | undefined {
  const ms = value instanceof Date ? value.getTime() : isInstantText(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isInstantText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 40 && INSTANT.test(value);
}

function text(wanted: unknown, test: (value: string, wanted: string) => boolean): Test {
  if (typeof wanted !== 'string') return never;
  return (value) => typeof value === 'string' && test(value, wanted);
}

function number(wanted: unknown, test: (value: number, wanted: number) => boolean): Test {
  if (typeof wanted !== 'number') return never;
  return (value) => typeof value === 'number' && test(value, wanted);
}

function instant(wanted: unknown, test: (value: number, wanted: number) => boolean): Test {
  const wantedMs = instantOf(wanted);
  if (wantedMs === undefined) return never;
  return (value) => {
    const ms = instantOf(value);
    return ms !== undefined && test(ms, wantedMs);
  };
}

function contains(wanted: unknown): Test {
  if (typeof wanted === 'object') return never;
  const inText = text(wanted, (value, part) => value.includes(part));
  return (value) => (Array.isArray(value) ? value.includes(wanted) : inText(value));
}

/**
 * Compiles an operator with the value written in the flag. Types are strict: the text '5' is not the number 5. A missing value or one of
 * another type never passes, except under `not_in`. `contains` also finds an element of an array.
 */
export function compileOperator(operator: Operator, wanted: Scalar | readonly Scalar[]): Test {
  switch (operator) {
    case 'equals':
      return typeof wanted === 'object' ? never : (value) => value === wanted;
    case 'in':
    case 'not_in': {
      const list = new Set<unknown>(typeof wanted === 'object' ? wanted : [wanted]);
      return operator === 'in' ? (value) => list.has(value) : (value) => !list.has(value);
    }
    case 'contains':
      return contains(wanted);
    case 'starts_with':
      return text(wanted, (value, part) => value.startsWith(part));
    case 'ends_with':
      return text(wanted, (value, part) => value.endsWith(part));
    case 'less_than':
      return number(wanted, (value, bound) => value < bound);
    case 'less_or_equal':
      return number(wanted, (value, bound) => value <= bound);
    case 'greater_than':
      return number(wanted, (value, bound) => value > bound);
    case 'greater_or_equal':
      return number(wanted, (value, bound) => value >= bound);
    case 'before':
      return instant(wanted, (value, bound) => value < bound);
    case 'after':
      return instant(wanted, (value, bound) => value > bound);
    case 'exists':
      return (value) => (value !== undefined && value !== null) === wanted;
    default:
      // An operator of a newer server: matching nobody is the safe reading.
      return never;
  }
}
