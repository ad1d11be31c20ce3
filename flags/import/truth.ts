import type { Condition } from '../document/condition';

/** A condition, or a boolean where the answer is the same for everybody. */
export type Truth = Condition | boolean;

/** All of several: false as soon as one of them is. */
export function allOf(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false;
  const conditions = parts.filter((part): part is Condition => part !== true);
  const [only] = conditions;
  if (only === undefined) return true;
  return conditions.length === 1 ? only : { all: conditions };
}

/** Any of several: true as soon as one of them is. */
export function anyOf(parts: readonly Truth[]): Truth {
  if (parts.includes(true)) return true;
  const conditions = parts.filter((part): part is Condition => part !== false);
  const [only] = conditions;
  if (only === undefined) return false;
  return conditions.length === 1 ? only : { any: conditions };
}

/** The opposite. */
export function negated(truth: Truth): Truth {
  return typeof truth === 'boolean' ? !truth : { not: truth };
}
