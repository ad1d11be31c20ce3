import type { Rng } from '../../ml/random/mulberry32';

/** Independent standard normal values, by Box and Muller. */
export function normals(rng: Rng, length: number): number[] {
  return Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng()));
}

/** A random walk with normal steps. */
export function randomWalk(rng: Rng, length: number): number[] {
  let level = 0;
  return normals(rng, length).map((step) => (level += step));
}

/** Two series that an event lifts for good in the middle; the second follows the first by one observation. */
export function steppedPair(rng: Rng, length: number): { first: number[]; second: number[] } {
  const first = normals(rng, length).map((value, t) => value + (t >= length / 2 ? 8 : 0));
  const second = normals(rng, length).map((value, t) => value + 0.9 * (first[t - 1] ?? 0));
  return { first, second };
}
