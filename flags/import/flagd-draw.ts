import type { Condition } from '../document/condition';
import { flagdBucket, LARGEST_TOTAL } from '../evaluator/foreign/flagd-operators';
import { EMPTY_HASH, murmur3 } from '../evaluator/murmur3';
import type { Reading } from './flagd-condition';
import { attributeOf, isScalar, operation, type Logic } from './flagd-expression';
import { anyOf, type Truth } from './flagd-truth';

/** A part of a draw: buckets from `from` (inclusive) to `to` (exclusive), and what they come to. */
export interface Share {
  readonly outcome: string | number | boolean | null;
  readonly from: number;
  readonly to: number;
}

/** What flagd's `fractional` draws: the bucket of a hash of `seed` and one attribute, of `total` buckets. */
export interface Draw {
  readonly seed: string;
  readonly attribute: string;
  /** What is hashed beside the seed where the attribute is missing, and where it is empty; null where those are not drawn. */
  readonly missing: string | null;
  readonly empty: string | null;
  /** Texts alone are drawn. */
  readonly isText: boolean;
  readonly total: number;
  readonly shares: readonly Share[];
}

/**
 * A `fractional` as a draw that comes to the same; null where nothing here does: hashed by several attributes or by
 * none, or with outcomes and weights that are expressions.
 *
 * @param operands - as {@link expand} leaves them
 * @see https://flagd.dev/reference/custom-operations/fractional-operation/
 */
export function drawOf(operands: readonly Logic[], reading: Reading): Draw | null {
  const isKeyed = Array.isArray(operands[0]);
  const identity = isKeyed ? ofTargetingKey(reading.flagKey) : identityOf(operands[0], reading);
  if (identity === null) return null;
  const shares: Share[] = [];
  let total = 0;
  for (const entry of isKeyed ? operands : operands.slice(1)) {
    if (!Array.isArray(entry) || entry.length === 0 || entry.length > 2) return null;
    const [outcome = null, weight = 1] = entry as readonly Logic[];
    if ((outcome !== null && !isScalar(outcome)) || typeof weight !== 'number' || !Number.isInteger(weight))
      return null;
    const from = total;
    total += Math.max(0, weight);
    if (total > from) shares.push({ outcome, from, to: total });
  }
  return total > LARGEST_TOTAL ? null : { ...identity, total, shares };
}

type Identity = Omit<Draw, 'total' | 'shares'>;

/** What flagd hashes where nothing is named. */
function ofTargetingKey(seed: string): Identity {
  return { seed, attribute: 'targetingKey', missing: null, empty: null, isText: false };
}

function identityOf(logic: Logic, { isInterpreted }: Reading): Identity | null {
  const [operator, operands = []] = operation(logic) ?? [];
  if (operator === 'var') {
    const attribute = attributeOf(logic);
    if (attribute === null || (isInterpreted && attribute.includes('.'))) return null;
    return { seed: '', attribute, missing: null, empty: '', isText: true };
  }
  const [, ...beside] = operands;
  const attribute = operator === 'cat' && beside.length > 0 ? attributeOf(operands.at(-1)) : null;
  const before = operands.slice(0, -1);
  if (attribute === null || !before.every(isScalar) || (isInterpreted && attribute.includes('.'))) return null;
  return { seed: before.join(''), attribute, missing: isInterpreted ? '' : 'null', empty: '', isText: false };
}

/** Whom a share has. */
export function shareTruth({ seed, attribute, missing, empty, isText, total }: Draw, { from, to }: Share): Truth {
  const bucket: Condition = {
    bucket: { hash: 'flagd', seed, attributes: [attribute], size: total, ranges: [[from, to]] },
  };
  const has = (text: string | null): boolean => {
    if (text === null) return false;
    const at = flagdBucket(murmur3(EMPTY_HASH, `${seed}${text}`), total);
    return at >= from && at < to;
  };
  return anyOf([
    isText ? { all: [{ attribute, operator: 'starts_with', value: '' }, bucket] } : bucket,
    has(empty) && { attribute, operator: 'equals', value: '' },
    has(missing) && { attribute, operator: 'exists', value: false },
  ]);
}
