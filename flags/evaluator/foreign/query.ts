import type { EvaluationContext } from '@openfeature/core';
import { targetingKeyOf } from '../attribute';
import { compileRegex } from '../regex';
import type { Predicate } from '../resolution';

type Json = unknown;
type Test = (value: Json) => boolean;
type Members = Readonly<Record<string, Json>>;

const never: Test = () => false;

/**
 * Compiles a query in the style of MongoDB's with the meaning that GrowthBook gives it: loose where JavaScript is
 * (texts and numbers compare with each other, a missing attribute is null), lists match by any element. An operator
 * that is not known matches nobody.
 *
 * @see https://docs.growthbook.io/lib/build-your-own#conditions and the conditions of GrowthBook's `cases.json`
 */
export function compileQuery(query: Members): Predicate {
  const test = compileMembers(query);
  return (context) => test(withIdentity(context));
}

/** The attribute `id` is the targeting key where the context does not name it. */
function withIdentity(context: EvaluationContext): Json {
  if (context['id'] !== undefined) return context;
  const key = targetingKeyOf(context);
  return key === undefined ? context : { ...context, id: key };
}

function compileMembers(query: Members): Test {
  const tests = Object.entries(query).map(([name, wanted]) => compileMember(name, wanted));
  return (object) => tests.every((test) => test(object));
}

function compileMember(name: string, wanted: Json): Test {
  switch (name) {
    case '$or':
    case '$nor': {
      const any = compileAny(wanted);
      return name === '$or' ? any : (object) => !any(object);
    }
    case '$and': {
      const tests = listOf(wanted).map((part) => compileMembers(membersOf(part)));
      return (object) => tests.every((test) => test(object));
    }
    case '$not': {
      const test = compileMembers(membersOf(wanted));
      return (object) => !test(object);
    }
    default: {
      const path = name.split('.');
      const test = compileValue(wanted);
      return (object) => test(valueAt(object, path));
    }
  }
}

/** An empty list of alternatives stands for no condition. */
function compileAny(wanted: Json): Test {
  const tests = listOf(wanted).map((part) => compileMembers(membersOf(part)));
  return tests.length === 0 ? () => true : (object) => tests.some((test) => test(object));
}

function valueAt(object: Json, path: readonly string[]): Json {
  let value = object;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Members)[name];
  }
  return value ?? null;
}

function compileValue(wanted: Json, ignoreCase = false): Test {
  if (typeof wanted === 'string') {
    const text = ignoreCase ? wanted.toLowerCase() : wanted;
    return (value) => (ignoreCase ? textOf(value).toLowerCase() : textOf(value)) === text;
  }
  if (typeof wanted === 'number') return (value) => loose(value) * 1 === wanted;
  if (typeof wanted === 'boolean') return (value) => value !== null && Boolean(value) === wanted;
  if (wanted === null) return (value) => value === null;
  if (Array.isArray(wanted) || !isOperators(wanted)) {
    const written = JSON.stringify(wanted);
    return (value) => JSON.stringify(value) === written;
  }
  const tests = Object.entries(wanted).map(([operator, operand]) => compileOperator(operator, operand));
  return (value) => tests.every((test) => test(value));
}

function isOperators(value: Json): value is Members {
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return names.length > 0 && names.every((name) => name.startsWith('$'));
}

function compileOperator(operator: string, wanted: Json): Test {
  switch (operator) {
    case '$eq':
      return (value) => value === wanted;
    case '$ne':
      return (value) => value !== wanted;
    case '$lt':
      return (value) => loose(value) < loose(wanted);
    case '$lte':
      return (value) => loose(value) <= loose(wanted);
    case '$gt':
      return (value) => loose(value) > loose(wanted);
    case '$gte':
      return (value) => loose(value) >= loose(wanted);
    case '$veq':
      return compareVersions(wanted, (found, version) => found === version);
    case '$vne':
      return compareVersions(wanted, (found, version) => found !== version);
    case '$vlt':
      return compareVersions(wanted, (found, version) => found < version);
    case '$vlte':
      return compareVersions(wanted, (found, version) => found <= version);
    case '$vgt':
      return compareVersions(wanted, (found, version) => found > version);
    case '$vgte':
      return compareVersions(wanted, (found, version) => found >= version);
    case '$exists':
      return wanted ? (value) => value !== null : (value) => value === null;
    case '$in':
    case '$ini':
      return compileIn(wanted, operator === '$ini');
    case '$nin':
    case '$nini':
      return compileNotIn(wanted, operator === '$nini');
    case '$not': {
      const test = compileValue(wanted);
      return (value) => !test(value);
    }
    case '$size': {
      const test = compileValue(wanted);
      return (value) => Array.isArray(value) && test(value.length);
    }
    case '$elemMatch': {
      const test = isOperators(wanted) ? compileValue(wanted) : compileMembers(membersOf(wanted));
      return (value) => Array.isArray(value) && value.some(test);
    }
    case '$all':
    case '$alli': {
      const tests = listOf(wanted).map((part) => compileValue(part, operator === '$alli'));
      return (value) => Array.isArray(value) && tests.every((test) => value.some(test));
    }
    case '$regex':
    case '$regexi':
      return compilePattern(wanted, operator === '$regexi');
    case '$notRegex':
    case '$notRegexi': {
      const test = compilePattern(wanted, operator === '$notRegexi');
      return (value) => !test(value);
    }
    case '$type':
      return (value) => typeOf(value) === wanted;
    default:
      return never;
  }
}

function compileIn(wanted: Json, ignoreCase: boolean): Test {
  if (!Array.isArray(wanted)) return never;
  const fold = (value: Json): Json => (ignoreCase && typeof value === 'string' ? value.toLowerCase() : value);
  const list = new Set(wanted.map(fold));
  return (value) => (Array.isArray(value) ? value.some((one) => list.has(fold(one))) : list.has(fold(value)));
}

/** A list that is none matches nobody, here too. */
function compileNotIn(wanted: Json, ignoreCase: boolean): Test {
  if (!Array.isArray(wanted)) return never;
  const test = compileIn(wanted, ignoreCase);
  return (value) => !test(value);
}

function compilePattern(wanted: Json, ignoreCase: boolean): Test {
  const matches = typeof wanted === 'string' ? compileRegex(wanted, ignoreCase) : undefined;
  return matches === undefined ? never : (value) => matches(textOf(value));
}

/** Versions are compared as texts, each number padded, a release after its prereleases. */
function compareVersions(wanted: Json, test: (found: string, version: string) => boolean): Test {
  const version = paddedVersion(wanted);
  return (value) => test(paddedVersion(value), version);
}

function paddedVersion(value: Json): string {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' && value !== '' ? value : '0';
  const parts = text.replace(/(^v|\+.*$)/g, '').split(/[-.]/);
  if (parts.length === 3) parts.push('~');
  return parts.map((part) => (/^\d+$/.test(part) ? part.padStart(5, ' ') : part)).join('-');
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** What JavaScript's comparisons make of a value is what is wanted here. */
function loose(value: Json): number {
  return value as number;
}

function textOf(value: Json): string {
  return String(value);
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function membersOf(value: Json): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}
