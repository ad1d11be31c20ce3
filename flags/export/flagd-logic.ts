import type { z } from 'zod';
import type { AttributeCondition, Condition } from '../document/condition';
import type { FlagdLogic, ForeignBucket } from '../document/foreign-condition';
import { NotExpressible } from '../import/imported';
import { plainPath } from './exported';

/** A JsonLogic expression. */
export type Logic = string | number | boolean | null | readonly Logic[] | { readonly [operator: string]: Logic };

const ORDER: Readonly<Record<string, string>> = {
  less_than: '<',
  less_or_equal: '<=',
  greater_than: '>',
  greater_or_equal: '>=',
  semver_equals: '=',
  semver_less_than: '<',
  semver_less_or_equal: '<=',
  semver_greater_than: '>',
  semver_greater_or_equal: '>=',
};

/**
 * A condition as a JsonLogic expression that is true or false. JsonLogic compares loosely where Headgate is strict, so
 * equality is `===`, and an order of numbers asks first that the attribute be none of what JsonLogic would take for a
 * number.
 *
 * @param segment - what stands for a segment
 * @param changed - told of what means something else for some contexts
 * @throws {NotExpressible} for what flagd has no operator for
 * @see https://flagd.dev/reference/custom-operations/
 */
export function logicOf(
  condition: Condition,
  segment: (key: string) => Logic,
  changed: (message: string) => void,
): Logic {
  if ('segment' in condition) return segment(condition.segment);
  if ('all' in condition)
    return joined(
      'and',
      condition.all.map((part) => logicOf(part, segment, changed)),
    );
  if ('any' in condition)
    return joined(
      'or',
      condition.any.map((part) => logicOf(part, segment, changed)),
    );
  if ('not' in condition) return not(logicOf(condition.not, segment, changed));
  if ('bucket' in condition && condition.bucket.hash === 'flagd') return drawLogic(condition.bucket);
  if ('flagd' in condition) return ownLogic(condition.flagd);
  if ('unleash' in condition || 'query' in condition || 'bucket' in condition) {
    throw new NotExpressible(
      `flagd has no condition '${Object.keys(condition).join()}', which keeps another system's meaning`,
    );
  }
  return attributeLogic(condition, changed);
}

/** An expression of flagd's own, as it was. */
function ownLogic({ logic, interpreted, outcome, noneBut }: FlagdLogic): Logic {
  if (noneBut !== undefined) throw new NotExpressible('its targeting may name what is no variant, which fails');
  const written = logic as Logic;
  // An `if` of two operands is what made the difference there, and makes it again.
  const own: Logic = interpreted === true ? { if: [written, ...(outcome === undefined ? [true] : [])] } : written;
  if (outcome === undefined) return own;
  if (interpreted === true)
    throw new NotExpressible("an outcome of an 'if' of two operands is written as a variant's name alone");
  return joined('and', [{ '!==': [own, null] }, { '===': [{ cat: [own, ''] }, outcome] }]);
}

/** Buckets of flagd's own, as a draw that comes to true or false. Whoever has not the attribute is in none of them. */
function drawLogic({ seed, attributes: [attribute = ''], size, ranges }: ForeignBucket): Logic {
  const read: Logic = { var: plainPath(attribute) };
  let from = 0;
  const shares: Logic[] = [];
  for (const [start, end] of [...ranges].sort(([a], [b]) => a - b)) {
    shares.push([false, start - from], [true, end - start]);
    from = end;
  }
  shares.push([false, size - from]);
  const isWeight = (share: Logic): boolean => Number.isInteger((share as readonly Logic[])[1]);
  if (!shares.every(isWeight) || size >= 2 ** 31) throw new NotExpressible('flagd has whole buckets alone');
  const drawn = shares.filter((share) => ((share as readonly Logic[])[1] as number) > 0);
  return joined('and', [{ '!!': [read] }, { fractional: [{ cat: [seed, read] }, ...drawn] }]);
}

function attributeLogic(
  { attribute, operator, value, ignoreCase }: z.infer<typeof AttributeCondition>,
  changed: (message: string) => void,
): Logic {
  if (attribute.startsWith('$flagd')) throw new NotExpressible(`'${attribute}' means flagd's own there`);
  if (ignoreCase === true) throw new NotExpressible(`flagd compares no texts whatever their case ('${attribute}')`);
  const read: Logic = { var: plainPath(attribute) };
  switch (operator) {
    case 'equals':
      return { '===': [read, value] };
    case 'in':
      return { in: [read, value] };
    case 'not_in':
      return not({ in: [read, value] });
    case 'contains':
      if (typeof value === 'string') return contains(value, read);
      throw new NotExpressible(`flagd finds texts in texts and lists, not ${JSON.stringify(value)}`);
    case 'starts_with':
    case 'ends_with':
      return { [operator]: [read, value] };
    case 'less_than':
    case 'less_or_equal':
    case 'greater_than':
    case 'greater_or_equal':
      return joined('and', [...isNumber(read), { [ORDER[operator] as string]: [read, value] }]);
    case 'semver_equals':
    case 'semver_less_than':
    case 'semver_less_or_equal':
    case 'semver_greater_than':
    case 'semver_greater_or_equal':
      changed(`flagd also takes versions that are none, such as '1.2' for '1.2.0' ('${attribute}')`);
      // Of what is no text flagd makes an error.
      return joined('and', [isText(read), { sem_ver: [read, ORDER[operator] as string, value] }]);
    case 'exists':
      return { [value === true ? '!==' : '===']: [read, null] };
    case 'before':
    case 'after':
    case 'in_cidr':
    case 'matches':
      throw new NotExpressible(`flagd has no operator for '${operator}'`);
  }
}

/** Nothing that JsonLogic would take for a number though it is none: no text, nothing missing, no boolean. */
function isNumber(read: Logic): Logic[] {
  return [not(isText(read)), ...[null, true, false].map((other) => ({ '!==': [read, other] }))];
}

/** A part of a text, or an element of a list; of anything else flagd would make an error. */
function contains(value: string, read: Logic): Logic {
  return joined('or', [joined('and', [isText(read), { in: [value, read] }]), { in: [value, { merge: [read] }] }]);
}

function isText(read: Logic): Logic {
  return { starts_with: [read, ''] };
}

function not(logic: Logic): Logic {
  return { '!': [logic] };
}

function joined(operator: 'and' | 'or', parts: readonly Logic[]): Logic {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { [operator]: parts };
}
