/** Draws uniform numbers in [0, 1). Passed in wherever chance is needed, so that a seed repeats a run exactly. */
export type Rng = () => number;

/**
 * Mulberry32: a small seeded generator with 32 bits of state and period 2^32, for simulations and tests, never for secrets.
 *
 * @param seed - any number; its lower 32 bits count
 * @returns a generator of uniform numbers in [0, 1), the same on every machine
 * @see Tommy Ettinger (2017), mulberry32, public domain
 */
export function mulberry32(seed: number): Rng {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
