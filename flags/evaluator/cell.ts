import { prepareSalt } from './bucket';
import { murmur3 } from './murmur3';

const CELLS = 64;
const CELL_SALT = prepareSalt('cell');

/**
 * Hash cell of a targeting key, 0–63: under which its totals are kept, so that no user is stored. Its salt is fixed, so that it
 * tells nothing about buckets, and every process finds the same.
 */
export function cellOf(targetingKey: string): number {
  return murmur3(CELL_SALT, targetingKey) % CELLS;
}
