import type { Rng } from '../../../ml/random/mulberry32';

/** A standard normal draw (Box-Muller). */
export function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
}

/** A draw evenly from a span. */
export function uniform(rng: Rng, from: number, to: number): number {
  return from + (to - from) * rng();
}

/** One of several, each with its chance; the chances add up to 1. */
export function choose<T>(rng: Rng, options: readonly (readonly [option: T, chance: number])[]): T {
  let left = rng();
  for (const [option, chance] of options) {
    left -= chance;
    if (left < 0) return option;
  }
  return (options[options.length - 1] as readonly [T, number])[0];
}

/**
 * A Poisson draw, exact: by products of uniforms below a mean of 10, by transformed rejection above.
 *
 * @see Hörmann (1993), algorithm PTRS, doi:10.1016/0167-6687(93)90997-4
 */
export function poisson(rng: Rng, mean: number): number {
  if (!(mean > 0)) return 0;
  if (mean < 10) {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = rng(); product > limit; product *= rng()) count += 1;
    return count;
  }
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const easy = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = rng() - 0.5;
    const v = rng();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= easy) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (Math.log((v * inverse) / (a / (us * us) + b)) <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

/**
 * A binomial draw, exact: by inversion below a mean of 10, by transformed rejection above.
 *
 * @see Hörmann (1993), algorithm BTRS, doi:10.1080/00949659308811496
 */
export function binomial(rng: Rng, trials: number, share: number): number {
  if (trials <= 0 || !(share > 0)) return 0;
  if (share >= 1) return trials;
  if (share > 0.5) return trials - binomial(rng, trials, 1 - share);
  return trials * share < 10 ? binomialByInversion(rng, trials, share) : binomialByRejection(rng, trials, share);
}

function binomialByInversion(rng: Rng, trials: number, share: number): number {
  const odds = share / (1 - share);
  let chance = (1 - share) ** trials;
  let left = rng();
  for (let count = 0; count < trials; count++) {
    if (left < chance) return count;
    left -= chance;
    chance *= (odds * (trials - count)) / (count + 1);
  }
  return trials;
}

function binomialByRejection(rng: Rng, trials: number, share: number): number {
  const spread = Math.sqrt(trials * share * (1 - share));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * share;
  const c = trials * share + 0.5;
  const easy = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const odds = Math.log(share / (1 - share));
  const mode = Math.floor((trials + 1) * share);
  const h = logFactorial(mode) + logFactorial(trials - mode);
  for (;;) {
    const v0 = rng();
    const u = rng() - 0.5;
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (k < 0 || k > trials) continue;
    if (us >= 0.07 && v0 <= easy) return k;
    const v = Math.log((v0 * alpha) / (a / (us * us) + b));
    if (v <= h - logFactorial(k) - logFactorial(trials - k) + (k - mode) * odds) return k;
  }
}

/** How many of `trials` fall into each class; `shares` add up to 1. */
export function multinomial(rng: Rng, trials: number, shares: ArrayLike<number>): number[] {
  const counts = new Array<number>(shares.length).fill(0);
  let left = trials;
  let rest = 1;
  for (let index = 0; index < shares.length && left > 0; index++) {
    const share = shares[index] as number;
    const count = index === shares.length - 1 ? left : binomial(rng, left, rest > 0 ? Math.min(1, share / rest) : 1);
    counts[index] = count;
    left -= count;
    rest -= share;
  }
  return counts;
}

/**
 * A gamma draw of mean `shape`.
 *
 * @see Marsaglia and Tsang (2000), doi:10.1145/358407.358414
 */
export function gamma(rng: Rng, shape: number): number {
  if (shape < 1) return gamma(rng, shape + 1) * (1 - rng()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(rng);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/**
 * A share drawn from a beta distribution of this mean and coefficient of variation, so that counts drawn by it are
 * beta-binomial.
 */
export function betaShare(rng: Rng, mean: number, cv: number): number {
  if (cv <= 0 || mean <= 0 || mean >= 1) return mean;
  const squared = Math.min(cv * cv, (0.9 * (1 - mean)) / mean);
  const k = (1 - mean) / (mean * squared) - 1;
  const x = gamma(rng, mean * k);
  const y = gamma(rng, (1 - mean) * k);
  return x + y > 0 ? x / (x + y) : mean;
}

const LOG_FACTORIALS = [0, 0];

function logFactorial(n: number): number {
  const known = LOG_FACTORIALS[n];
  if (known !== undefined) return known;
  if (n < 256) return (LOG_FACTORIALS[n] = logFactorial(n - 1) + Math.log(n));
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}
