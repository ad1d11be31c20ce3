import type { Rng } from '../../ml/random/mulberry32';

/** A standard normal draw (Box-Muller). */
export function normal(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());
}

/** A Poisson draw: exact up to a mean of 30, the rounded normal above. */
export function poisson(rng: Rng, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(rng)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = rng(); product > limit; product *= rng()) count += 1;
  return count;
}

/** A binomial draw: exact up to 30 trials, the rounded normal or the Poisson of the same mean above. */
export function binomial(rng: Rng, trials: number, share: number): number {
  if (trials <= 0 || share <= 0) return 0;
  if (trials <= 30) {
    let count = 0;
    for (let trial = 0; trial < trials; trial++) if (rng() < share) count += 1;
    return count;
  }
  if (trials * Math.min(share, 1 - share) < 15) return Math.min(trials, poisson(rng, trials * share));
  const spread = Math.sqrt(trials * share * (1 - share));
  return Math.min(trials, Math.max(0, Math.round(trials * share + spread * normal(rng))));
}
