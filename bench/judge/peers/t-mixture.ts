import erfc from '@stdlib/math-base-special-erfc';
import type { Minutes } from './minutes';
import { combine, standardised, tablesOf } from './stratified';

/** Sequential t mixture on the minutes' standardised differences: the scale is estimated from the minutes themselves. */
export function tMixture(minutes: Minutes): number[] {
  return combine(tablesOf(minutes).map((tables) => evidence(tables.map((table) => standardised(table, 0.25).z))));
}

function evidence(z: readonly number[]): number[] {
  let sum = 0;
  let squares = 0;
  return z.map((value, index) => {
    const n = index + 1;
    sum += value;
    squares += value * value;
    if (n < 4) return Number.NEGATIVE_INFINITY;
    const mean = sum / n;
    const freedom = n - 1;
    const t = (mean * Math.sqrt(n)) / Math.sqrt(Math.max(squares - n * mean * mean, 1e-12) / freedom);
    const likelihood = Math.log1p((t * t) / freedom / (1 + n)) - Math.log1p((t * t) / freedom);
    return (
      -0.5 * Math.log1p(n) - ((freedom + 1) / 2) * likelihood + Math.log(2) + logNormalBelow(t * Math.sqrt(n / (1 + n)))
    );
  });
}

function logNormalBelow(x: number): number {
  if (x > -30) return Math.log(0.5 * erfc(-x / Math.SQRT2));
  return -0.5 * x * x - Math.log(-x * Math.sqrt(2 * Math.PI));
}
