import { exp } from '../elementary/exp';
import { ln } from '../elementary/ln';

/** Bins in the natural logarithm of a value: twelve for each factor of e, around 1. */
const BINS = 400;
const MIDDLE = 200;
const PER_E = 12;
/** Values are counted halving in weight after this many later ones, so that a past regime fades. */
const HALF_LIFE = 3_000;
const GROWTH = exp(ln(2) / HALF_LIFE);
/** The tail is fitted to this share of the largest values. */
const TAIL_SHARE = 0.05;
/** The tail's index before anything is known of it, and how many values that opinion is worth. */
const PRIOR_INDEX = 4;
const PRIOR_VALUES = 5;
/** Fewer values than this tell nothing about a tail. */
const ENOUGH = 20;

/**
 * How improbable a value is among those seen so far: an exponentially forgetting histogram in logarithmic bins, with a
 * Pareto tail (Hill's estimator, shrunk) beyond the largest 5 %. Costs one pass over 400 bins for each value; its state
 * does not grow.
 *
 * Assumes non-negative statistics whose tail is regularly varying; values of one bin are taken as ties.
 *
 * @see Hill (1975), doi:10.1214/aos/1176343247; Siffer et al. (2017), doi:10.1145/3097983.3098144, for the idea on streams
 */
export class TailHistogram {
  private readonly weights = new Float64Array(BINS);
  private total = 0;
  /** Weight of the next value. Growing it is cheaper than shrinking all others. */
  private next = 1;

  /**
   * Minus the natural logarithm of the chance to see `value` or more.
   *
   * @param value - finite, at least 0
   * @returns at least 0; 0 while fewer than 20 values were seen
   */
  surprise(value: number): number {
    const count = this.total / this.next;
    if (count < ENOUGH) return 0;
    const wanted = Math.max(TAIL_SHARE * count, Math.min(8, 0.3 * count));
    const { edge, above } = this.upperShare(wanted);
    const bin = binOf(value);
    // Almost all values are 0: only counting is possible.
    if (edge === 0) return bin === 0 ? 0 : -ln((this.countFrom(bin) + 0.5) / (count + 1));
    if (bin <= edge) return -ln(Math.min(1, (this.countFrom(bin) + 0.5) / (count + 1)));
    const mean = (this.excessAbove(edge) + PRIOR_VALUES / PRIOR_INDEX) / (this.countFrom(edge) + PRIOR_VALUES);
    return -ln(above / (count + 1)) + (ln(value) - middleLn(edge)) / mean;
  }

  /** Takes a value in. */
  add(value: number): void {
    this.next *= GROWTH;
    if (this.next > 1e100) this.rescale();
    const bin = binOf(value);
    this.weights[bin] = this.at(bin) + this.next;
    this.total += this.next;
  }

  private at(bin: number): number {
    return this.weights[bin] as number;
  }

  private upperShare(wanted: number): { edge: number; above: number } {
    let above = 0;
    for (let edge = BINS - 1; edge > 0; edge -= 1) {
      above += this.at(edge) / this.next;
      if (above >= wanted) return { edge, above };
    }
    return { edge: 0, above };
  }

  private countFrom(bin: number): number {
    let sum = 0;
    for (let k = BINS - 1; k >= bin; k -= 1) sum += this.at(k);
    return sum / this.next;
  }

  /** Sum of the logarithmic excesses over the edge, which Hill's estimator averages. */
  private excessAbove(edge: number): number {
    let sum = 0;
    for (let k = BINS - 1; k > edge; k -= 1) sum += (this.at(k) * (k - edge)) / PER_E;
    return sum / this.next;
  }

  private rescale(): void {
    for (let k = 0; k < BINS; k += 1) this.weights[k] = this.at(k) / this.next;
    this.total /= this.next;
    this.next = 1;
  }
}

/** Logarithm of a bin's middle. */
function middleLn(bin: number): number {
  return (bin - MIDDLE + 0.5) / PER_E;
}

function binOf(value: number): number {
  if (!(value > 1e-9)) return 0;
  return Math.max(0, Math.min(BINS - 1, MIDDLE + Math.floor(ln(value) * PER_E)));
}
