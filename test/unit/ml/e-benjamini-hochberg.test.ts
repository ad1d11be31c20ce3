import fc from 'fast-check';
import { rejectByEvidence } from '../../../ml/sequential/e-benjamini-hochberg';

/** The definition, tried for every k. */
function byDefinition(values: readonly number[], rate: number): number[] {
  const sorted = [...values].sort((a, b) => b - a);
  let largest = 0;
  for (let k = 1; k <= values.length; k++) if ((sorted[k - 1] ?? 0) >= values.length / (rate * k)) largest = k;
  const bar = largest === 0 ? Number.POSITIVE_INFINITY : (sorted[largest - 1] ?? 0);
  return values.flatMap((value, index) => (value >= bar ? [index] : []));
}

describe('rejectByEvidence', () => {
  it('asks a lone e-value for n / rate, and more of them for less each', () => {
    expect(rejectByEvidence([201, 1, 1, 1, 1, 1, 1, 1, 1, 1].map(Math.log), 0.05)).toEqual([0]);
    expect(rejectByEvidence([199, 1, 1, 1, 1, 1, 1, 1, 1, 1].map(Math.log), 0.05)).toEqual([]);
    expect(rejectByEvidence([101, 1, 101, 1, 1, 1, 1, 1, 1, 1].map(Math.log), 0.05)).toEqual([0, 2]);
  });

  it('does what the definition says', () => {
    const values = fc.array(fc.double({ min: 0.01, max: 1000, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(values, fc.constantFrom(0.05, 0.2), (given, rate) => {
        expect(rejectByEvidence(given.map(Math.log), rate)).toEqual(byDefinition(given, rate));
      }),
    );
  });

  it('rejects nothing without hypotheses or evidence', () => {
    expect(rejectByEvidence([], 0.05)).toEqual([]);
    expect(rejectByEvidence([Number.NEGATIVE_INFINITY, 0], 0.05)).toEqual([]);
  });
});
