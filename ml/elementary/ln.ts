import lnOfAny from '@stdlib/math-base-special-ln';
import { ONE_AT, POWERS_OF_TWO } from './powers-of-two';

/*
 * Steps and coefficients are those of FreeBSD's e_log.c, as @stdlib/math-base-special-ln takes them:
 *
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 *
 * Developed at SunPro, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice
 * is preserved.
 */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** High words of the numbers between which the quick way goes: positive and normal, twice over. */
const LEAST_HIGH = 0x00200000;
const MOST_HIGH = 0x7fd00000;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
/** Where the high word of a double is, on this machine. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * Natural logarithm, to the last bit that of `@stdlib/math-base-special-ln` and in half the time: the significand is
 * taken by an exact product instead of by writing half of a double, which a processor cannot read back at once. Every
 * look takes tens of thousands. The same on every machine, as `Math.log` need not be. O(1).
 *
 * @param x - any number
 * @returns less than one unit in the last place away; -Infinity for 0, NaN below and for NaN
 * @see FreeBSD, lib/msun/src/e_log.c
 */
export function ln(x: number): number {
  double[0] = x;
  const whole = words[HIGH] as number;
  if (whole < LEAST_HIGH || whole >= MOST_HIGH) return lnOfAny(x);
  const high = whole & 0xfffff;
  // Close to a power of two it takes another way.
  if (((2 + high) & 0xfffff) < 3) return lnOfAny(x);
  const k = (whole >> 20) - 1023 + (((high + 0x95f64) & 0x100000) >> 20);
  const f = x * (POWERS_OF_TWO[ONE_AT - k] as number) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const rest = even + odd;
  if (((high - 0x6147a) | (0x6b851 - high)) > 0) {
    const half = 0.5 * f * f;
    if (k === 0) return f - (half - s * (half + rest));
    return k * LN2_HIGH - (half - (s * (half + rest) + k * LN2_LOW) - f);
  }
  if (k === 0) return f - s * (f - rest);
  return k * LN2_HIGH - (s * (f - rest) - k * LN2_LOW - f);
}
