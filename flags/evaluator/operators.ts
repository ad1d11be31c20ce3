import { isCalendarDay } from '../../core/calendar-day';
import type { Operator } from '../document/condition';
import { isInRange, parseAddress, parseRange, type AddressRange } from './cidr';
import { compileRegex } from './regex';
import { compareSemver, parseSemver } from './semver';

type Scalar = string | number | boolean;
/** Whether an attribute's value meets a condition. */
export type Test = (value: unknown) => boolean;

const never: Test = () => false;

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * Milliseconds of a Date, or of ISO 8601 text: a date (midnight UTC) or a time with its zone. Undefined for anything
 * else: local times among them, since they would mean something else on every machine, and days that do not exist.
 */
export function instantOf(value: unknown): number | undefined {
  const ms = value instanceof Date ? value.getTime() : isInstantText(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isInstantText(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 40) return false;
  const [, year, month, day] = INSTANT.exec(value) ?? [];
  return year !== undefined && isCalendarDay(Number(year), Number(month), Number(day));
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

function contains(wanted: unknown, fold: Fold): Test {
  if (typeof wanted === 'object') return never;
  const folded = fold(wanted);
  const inText = text(folded, (value, part) => (fold(value) as string).includes(part));
  return (value) => (Array.isArray(value) ? value.some((each) => fold(each) === folded) : inText(value));
}

function semver(wanted: unknown, test: (order: number) => boolean): Test {
  const version = parseSemver(wanted);
  if (version === undefined) return never;
  return (value) => {
    const found = parseSemver(value);
    return found !== undefined && test(compareSemver(found, version));
  };
}

function cidr(wanted: unknown): Test {
  const list: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  const ranges = list.map(parseRange).filter((range): range is AddressRange => range !== undefined);
  return (value) => {
    const address = parseAddress(value);
    return address !== undefined && ranges.some((range) => isInRange(address, range));
  };
}

function pattern(wanted: unknown, ignoreCase: boolean): Test {
  const matches = typeof wanted === 'string' ? compileRegex(wanted, ignoreCase) : undefined;
  return matches === undefined ? never : (value) => typeof value === 'string' && matches(value);
}

/** Brings what may be a text to the form in which it is compared. */
type Fold = (value: unknown) => unknown;

const asWritten: Fold = (value) => value;
const lowerCase: Fold = (value) => (typeof value === 'string' ? value.toLowerCase() : value);

/**
 * Compiles an operator with the value written in the flag. Types are strict: the text '5' is not the number 5. A
 * missing value or one of another type never passes, except under `not_in`. `contains` also finds an element of an
 * array.
 */
export function compileOperator(operator: Operator, wanted: Scalar | readonly Scalar[], ignoreCase = false): Test {
  const fold = ignoreCase ? lowerCase : asWritten;
  switch (operator) {
    case 'equals': {
      if (typeof wanted === 'object') return never;
      const folded = fold(wanted);
      return ignoreCase ? (value) => fold(value) === folded : (value) => value === wanted;
    }
    case 'in':
    case 'not_in': {
      const list = new Set<unknown>((typeof wanted === 'object' ? wanted : [wanted]).map(fold));
      if (ignoreCase) return operator === 'in' ? (value) => list.has(fold(value)) : (value) => !list.has(fold(value));
      return operator === 'in' ? (value) => list.has(value) : (value) => !list.has(value);
    }
    case 'contains':
      return contains(wanted, fold);
    case 'starts_with':
      return text(fold(wanted), (value, part) => (fold(value) as string).startsWith(part));
    case 'ends_with':
      return text(fold(wanted), (value, part) => (fold(value) as string).endsWith(part));
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
    case 'semver_equals':
      return semver(wanted, (order) => order === 0);
    case 'semver_less_than':
      return semver(wanted, (order) => order < 0);
    case 'semver_less_or_equal':
      return semver(wanted, (order) => order <= 0);
    case 'semver_greater_than':
      return semver(wanted, (order) => order > 0);
    case 'semver_greater_or_equal':
      return semver(wanted, (order) => order >= 0);
    case 'in_cidr':
      return cidr(wanted);
    case 'matches':
      return pattern(wanted, ignoreCase);
    case 'exists':
      return (value) => (value !== undefined && value !== null) === wanted;
    default:
      // An operator of a newer server: matching nobody is the safe reading.
      return never;
  }
}
