import type { Condition } from '../document/condition';
import * as plain from './truth';
import type { Truth } from './truth';

export { negated, type Truth } from './truth';

/** Holds for nobody. */
export const NEVER: Condition = { attribute: 'targetingKey', operator: 'in', value: [] };

/** Whether asking a condition may fail the evaluation. */
export function mayFail(truth: Truth): boolean {
  if (typeof truth === 'boolean') return false;
  if ('all' in truth) return truth.all.some(mayFail);
  if ('any' in truth) return truth.any.some(mayFail);
  return 'not' in truth ? mayFail(truth.not) : 'flagd' in truth;
}

/** All of several, asked in their order. What may fail is asked even where a later part never holds. */
export function allOf(parts: readonly Truth[]): Truth {
  const asked = upTo(parts, false);
  return asked.some(mayFail) ? plain.allOf(asked.map((part) => (part === false ? NEVER : part))) : plain.allOf(parts);
}

/** Any of several, asked in their order. What may fail is asked even where a later part always holds. */
export function anyOf(parts: readonly Truth[]): Truth {
  const asked = upTo(parts, true);
  return asked.some(mayFail)
    ? plain.anyOf(asked.map((part) => (part === true ? { not: NEVER } : part)))
    : plain.anyOf(parts);
}

/** Parts up to the first that decides. */
function upTo(parts: readonly Truth[], decisive: boolean): readonly Truth[] {
  const at = parts.indexOf(decisive);
  return at < 0 ? parts : parts.slice(0, at + 1);
}
