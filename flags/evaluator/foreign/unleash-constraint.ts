import type { UnleashConstraint } from '../../document/foreign-condition';
import { compileIdentity } from './bucket';
import { isInRange, parseAddress, parseRange, type AddressRange } from '../cidr';
import { compileRegex } from '../regex';
import type { Predicate } from '../resolution';
import { compareSemver, parseSemver, type Semver } from '../semver';

type Test = (value: unknown) => boolean;

const never: Test = () => false;

/**
 * Compiles a constraint with the meaning that Unleash gives it: values are texts, numbers and dates are read from
 * texts, an operator that is not known or a value that it cannot read matches nobody, and `inverted` turns the answer
 * round in every case.
 *
 * @see https://docs.getunleash.io/reference/activation-strategies#constraints and the client specification's cases
 */
export function compileUnleashConstraint(constraint: UnleashConstraint): Predicate {
  const read = compileIdentity(constraint.contextName);
  const test = testOf(constraint);
  // An operator that nobody knows matches nobody, inverted or not.
  if (test === undefined) return () => false;
  return constraint.inverted === true ? (context) => !test(read(context)) : (context) => test(read(context));
}

function testOf(constraint: UnleashConstraint): Test | undefined {
  const { operator, value = '', values = [], caseInsensitive = false } = constraint;
  switch (operator) {
    case 'IN':
    case 'NOT_IN': {
      const list = new Set(values.map((each) => each.trim()).filter((each) => each !== ''));
      return operator === 'IN' ? (found) => list.has(textOf(found) ?? '') : (found) => !list.has(textOf(found) ?? '');
    }
    case 'STR_CONTAINS':
      return anyText(values, caseInsensitive, (found, part) => found.includes(part));
    case 'STR_STARTS_WITH':
      return anyText(values, caseInsensitive, (found, part) => found.startsWith(part));
    case 'STR_ENDS_WITH':
      return anyText(values, caseInsensitive, (found, part) => found.endsWith(part));
    case 'NUM_EQ':
      return compareNumbers(value, (found, wanted) => found === wanted);
    case 'NUM_GT':
      return compareNumbers(value, (found, wanted) => found > wanted);
    case 'NUM_GTE':
      return compareNumbers(value, (found, wanted) => found >= wanted);
    case 'NUM_LT':
      return compareNumbers(value, (found, wanted) => found < wanted);
    case 'NUM_LTE':
      return compareNumbers(value, (found, wanted) => found <= wanted);
    case 'DATE_AFTER':
      return compareDates(value, (found, wanted) => found > wanted);
    case 'DATE_BEFORE':
      return compareDates(value, (found, wanted) => found < wanted);
    case 'SEMVER_EQ':
      return compareVersions(value, (order) => order === 0);
    case 'SEMVER_GT':
      return compareVersions(value, (order) => order > 0);
    case 'SEMVER_GTE':
      return compareVersions(value, (order) => order >= 0);
    case 'SEMVER_LT':
      return compareVersions(value, (order) => order < 0);
    case 'SEMVER_LTE':
      return compareVersions(value, (order) => order <= 0);
    case 'REGEX': {
      const matches = compileRegex(value, caseInsensitive);
      return matches === undefined ? never : (found) => typeof found === 'string' && matches(found);
    }
    case 'IN_CIDR': {
      const ranges = values.map(parseRange).filter((range): range is AddressRange => range !== undefined);
      return (found) => {
        const address = parseAddress(found);
        return address !== undefined && ranges.some((range) => isInRange(address, range));
      };
    }
    default:
      return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function anyText(values: readonly string[], ignoreCase: boolean, test: (found: string, part: string) => boolean): Test {
  const parts = ignoreCase ? values.map((part) => part.toLowerCase()) : values;
  return (value) => {
    if (typeof value !== 'string') return false;
    const found = ignoreCase ? value.toLowerCase() : value;
    return parts.some((part) => test(found, part));
  };
}

function compareNumbers(value: string, test: (found: number, wanted: number) => boolean): Test {
  const wanted = numberOf(value);
  if (wanted === undefined) return never;
  return (value) => {
    const found = numberOf(value);
    return found !== undefined && test(found, wanted);
  };
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function compareDates(value: string, test: (found: number, wanted: number) => boolean): Test {
  const wanted = instantOf(value);
  if (wanted === undefined) return never;
  return (value) => {
    const found = instantOf(value);
    return found !== undefined && test(found, wanted);
  };
}

/** Unlike Headgate's own operators this takes every form of a date that JavaScript reads, as Unleash's client does. */
function instantOf(value: unknown): number | undefined {
  if (!(value instanceof Date) && (typeof value !== 'string' || value.length > 40)) return undefined;
  const ms = new Date(value).getTime();
  return Number.isNaN(ms) ? undefined : ms;
}

function compareVersions(value: string, test: (order: number) => boolean): Test {
  const wanted = versionOf(value);
  if (wanted === undefined) return never;
  return (value) => {
    const found = versionOf(value);
    return found !== undefined && test(compareSemver(found, wanted));
  };
}

/** Unleash takes no leading `v`. */
function versionOf(value: unknown): Semver | undefined {
  return typeof value === 'string' && value.trim().startsWith('v') ? undefined : parseSemver(value);
}
