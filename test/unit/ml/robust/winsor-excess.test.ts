import fc from 'fast-check';
import { winsorExcess, winsorExcessOfClusters } from '../../../../ml/robust/winsor-excess';

const excessOf = (terms: readonly number[]): number => winsorExcess(terms.length, (index) => terms[index] ?? 0);

describe('winsorExcess', () => {
  it('takes what the two largest have above the third', () => {
    expect(excessOf([1, 9, 3, 5, -20])).toBe(9 - 3 + (5 - 3));
    expect(excessOf([4, 4, 4])).toBe(0);
  });

  it('takes everything positive from fewer than three', () => {
    expect(excessOf([])).toBe(0);
    expect(excessOf([5, 2])).toBe(7);
    expect(excessOf([-5, 2])).toBe(0);
  });

  it('leaves a sum that no one or two terms can raise', () => {
    const terms = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(terms, (all) => {
        const sorted = [...all].sort((a, b) => b - a);
        const raised = [(sorted[0] ?? 0) + 1000, (sorted[1] ?? 0) + 1000, ...sorted.slice(2)];
        const agreed = (list: readonly number[]): number => list.reduce((sum, term) => sum + term, 0) - excessOf(list);
        expect(agreed(raised)).toBe(agreed(all));
      }),
    );
  });
});

describe('winsorExcessOfClusters', () => {
  it('is the same to the bit as asking for each term', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e6), max: Math.fround(1e6) });
    const clusters = fc.array(fc.tuple(float, float), { minLength: 3, maxLength: 64 });
    fc.assert(
      fc.property(clusters, float, fc.constantFrom(1, -1, 1.3, -0.7), (pairs, slope, factor) => {
        const influences = Float32Array.from(pairs, ([influence]) => influence);
        const sizes = Float32Array.from(pairs, ([, size]) => size);
        const terms = [...influences].map((influence, at) => factor * (influence - slope * (sizes[at] as number)));
        expect(winsorExcessOfClusters(influences, factor, { sizes, slope }) + 0).toBe(excessOf(terms) + 0);
        const alone = [...influences].map((influence) => factor * influence);
        expect(winsorExcessOfClusters(influences, factor) + 0).toBe(excessOf(alone) + 0);
      }),
    );
  });
});
