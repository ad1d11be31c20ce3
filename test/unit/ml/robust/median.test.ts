import { median, robustLevel } from '../../../../ml/robust/median';
import golden from '../../../fixtures/ml/golden.json';

describe('robustLevel', () => {
  it.each(golden.median)('agrees with the reference on $values', ({ values, level, spread }) => {
    expect(robustLevel(values).level).toBeCloseTo(level, 12);
    expect(robustLevel(values).spread).toBeCloseTo(spread, 12);
  });

  it('is not moved by a minority of outliers', () => {
    expect(robustLevel([1, 1, 1, 1, 1e9, 1e9])).toEqual({ level: 1, spread: 0 });
  });

  it('is 0 without values', () => {
    expect(median([])).toBe(0);
    expect(robustLevel([])).toEqual({ level: 0, spread: 0 });
  });
});
