import type { Condition } from '../document/condition';
import { attributeOf, isScalar, operation, type Logic } from './flagd-expression';

/** A part of a draw: buckets from `from` (inclusive) to `to` (exclusive), and what they come to. */
export interface Share {
  readonly outcome: Logic;
  readonly from: number;
  readonly to: number;
}

/** What flagd's `fractional` draws: the bucket of a hash of `seed` and one attribute, of `total` buckets. */
export interface Draw {
  readonly seed: string;
  readonly attribute: string;
  /** Attributes of other types than text are drawn as the texts they are written as; else they are not drawn. */
  readonly isJoined: boolean;
  readonly total: number;
  readonly shares: readonly Share[];
}

/** flagd adds weights up in 31 bits. */
const LARGEST_TOTAL = 2 ** 31 - 1;

/**
 * A `fractional` as a draw that comes to the same; null where nothing here does: hashed by several attributes or by none, or weights that are no whole numbers.
 *
 * @see https://flagd.dev/reference/custom-operations/fractional-operation/
 */
export function drawOf(operands: readonly Logic[], flagKey: string): Draw | null {
  const [first] = operands;
  const isKeyed = !Array.isArray(first);
  const identity = isKeyed ? identityOf(first) : { seed: flagKey, attribute: 'targetingKey', isJoined: false };
  if (identity === null) return null;
  const shares: Share[] = [];
  let total = 0;
  for (const entry of isKeyed ? operands.slice(1) : operands) {
    if (!Array.isArray(entry) || entry.length === 0 || entry.length > 2) return null;
    const [outcome, weight = 1] = entry as readonly Logic[];
    if (typeof weight !== 'number' || !Number.isInteger(weight)) return null;
    const from = total;
    total += Math.max(0, weight);
    if (total > from) shares.push({ outcome, from, to: total });
  }
  return total > LARGEST_TOTAL ? null : { ...identity, total, shares };
}

function identityOf(logic: Logic): Pick<Draw, 'seed' | 'attribute' | 'isJoined'> | null {
  const [operator, operands = []] = operation(logic) ?? [];
  if (operator === 'var') {
    const attribute = attributeOf(logic);
    return attribute === null ? null : { seed: '', attribute, isJoined: false };
  }
  const attribute = operator === 'cat' ? attributeOf(operands.at(-1)) : null;
  const before = operands.slice(0, -1);
  return attribute === null || !before.every(isScalar) ? null : { seed: before.join(''), attribute, isJoined: true };
}

/** Whom a share has; nobody without the attribute. */
export function shareCondition({ seed, attribute, isJoined, total }: Draw, { from, to }: Share): Condition {
  const bucket: Condition = {
    bucket: { hash: 'flagd', seed, attributes: [attribute], size: total, ranges: [[from, to]] },
  };
  if (isJoined || attribute === 'targetingKey') return bucket;
  return { all: [{ attribute, operator: 'starts_with', value: '' }, bucket] };
}
