import { EMPTY_HASH, murmur3 } from '../murmur3';
import { compareSemver, parseSemver, type Semver } from '../semver';
import type { Json } from './logic-scope';

/** flagd adds weights up in 31 bits. */
export const LARGEST_TOTAL = 2 ** 31 - 1;

/** The bucket, of `total`, of a hash of 32 bits. */
export function flagdBucket(hash: number, total: number): number {
  // Below 2^53 together, so that nothing is rounded.
  return total > 2 ** 21 ? Number((BigInt(hash) * BigInt(total)) >> 32n) : Math.floor((hash * total) / 2 ** 32);
}

/** Whether one text begins or ends with another; null where they are not two texts. */
export function affix(how: 'startsWith' | 'endsWith', values: readonly Json[]): boolean | null {
  const [text, wanted] = values;
  if (values.length !== 2 || typeof text !== 'string' || typeof wanted !== 'string') return null;
  return text[how](wanted);
}

/**
 * How two versions stand to each other; null where one of them is none. `^` asks for the same major number, `~` for the
 * same minor number too.
 *
 * @see https://flagd.dev/reference/custom-operations/semver-operation/
 */
export function compareVersions(values: readonly Json[]): boolean | null {
  const [left, operator, right] = values;
  const [a, b] = [versionOf(left), versionOf(right)];
  if (values.length !== 3 || a === undefined || b === undefined) return null;
  const order = compareSemver(a, b);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '^':
      return a.numbers[0] === b.numbers[0];
    case '~':
      return a.numbers[0] === b.numbers[0] && a.numbers[1] === b.numbers[1];
    default:
      return null;
  }
}

/** A version as flagd reads it: with a `v` before it or without, and with numbers left out at its end. */
function versionOf(value: Json): Semver | undefined {
  const text = String(value).replace(/^[vV]/, '');
  const version =
    parseSemver(text) ??
    (/^\d+(\.\d+)?$/.test(text) ? parseSemver(`${text}${text.includes('.') ? '.0' : '.0.0'}`) : undefined);
  return version?.numbers.every((number) => number <= Number.MAX_SAFE_INTEGER) === true ? version : undefined;
}

/**
 * The outcome of the share whose buckets have the hash of a text; null without a text, and where shares are none.
 *
 * @param values - the text, then shares: an outcome, and a whole number as its weight, 1 where it is left out
 * @see https://flagd.dev/reference/custom-operations/fractional-operation/
 */
export function drawFractional([text, ...entries]: readonly Json[]): Json {
  if (typeof text !== 'string') return null;
  const shares: { readonly outcome: Json; readonly below: number }[] = [];
  let total = 0;
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length === 0 || entry.length > 2) return null;
    const [outcome, weight = 1] = entry as readonly Json[];
    if (typeof outcome === 'object' && outcome !== null) return null;
    if (typeof weight !== 'number' || !Number.isInteger(weight)) return null;
    total += Math.max(0, weight);
    shares.push({ outcome, below: total });
  }
  if (total > LARGEST_TOTAL) return null;
  const bucket = flagdBucket(murmur3(EMPTY_HASH, text), total);
  return shares.find(({ below }) => bucket < below)?.outcome ?? null;
}
