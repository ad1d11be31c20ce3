import expOfStdlib from '@stdlib/math-base-special-exp';
import lnOfStdlib from '@stdlib/math-base-special-ln';
import fc from 'fast-check';
import { exp } from '../../../../ml/elementary/exp';
import { ln } from '../../../../ml/elementary/ln';
import { mulberry32 } from '../../../../ml/random/mulberry32';

const EDGES = [
  ...[0, -0, 1, -1, Infinity, -Infinity, NaN, Number.MIN_VALUE, Number.MAX_VALUE, Number.EPSILON],
  ...[2 ** -1022, 2 ** -1021, 2 ** -1020, 2 ** 1022, 2 ** 1023, 2 ** -28, -(2 ** -28), 700, -700, 709.8, -745.2],
];

/** The doubles on either side of a number and itself. */
function around(x: number): number[] {
  const bits = new BigInt64Array(new Float64Array([x]).buffer);
  const near = (by: bigint): number => new Float64Array(new BigInt64Array([(bits[0] as bigint) + by]).buffer)[0] ?? NaN;
  return Number.isFinite(x) && x !== 0 ? [near(-1n), x, near(1n)] : [x];
}

describe.each([
  { name: 'ln', own: ln, reference: lnOfStdlib },
  { name: 'exp', own: exp, reference: expOfStdlib },
])('$name', ({ own, reference }) => {
  it('is that of the port of FreeBSD to the last bit, at any double', () => {
    fc.assert(
      fc.property(fc.double(), (x) => Object.is(own(x), reference(x))),
      { numRuns: 20_000, seed: 5 },
    );
  });

  it('is so at the edges of its ways, and beside each power of two', () => {
    const powers = Array.from({ length: 2_100 }, (_, index) => 2 ** (index - 1074));
    const points = [...EDGES, ...powers, ...powers.map((x) => -x), ...powers.map((x) => 1 + x)].flatMap(around);
    // Where logarithms change between two formulas, and exponentials their multiple of ln 2.
    for (let k = -1_020; k < 1_020; k++) {
      points.push(...[1.38, Math.SQRT2, 1.42].flatMap((x) => around(x * 2 ** k)), ...around((k + 0.5) * Math.LN2));
    }
    expect(points.filter((x) => !Object.is(own(x), reference(x)))).toEqual([]);
  });

  it('is so over the range that evidence lives in', () => {
    const random = mulberry32(11);
    const wrong: number[] = [];
    for (let draw = 0; draw < 200_000; draw++) {
      const x = draw % 2 === 0 ? 8 * random() : 1 + (random() - 0.5) * 2 ** (-40 * random());
      for (const point of [x, -20 * x]) if (!Object.is(own(point), reference(point))) wrong.push(point);
    }
    expect(wrong).toEqual([]);
  });
});
