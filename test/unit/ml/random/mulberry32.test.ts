import { mulberry32 } from '../../../../ml/random/mulberry32';

describe('mulberry32', () => {
  it('gives the published sequence for seed 1', () => {
    const rng = mulberry32(1);
    expect([rng(), rng()]).toEqual([0.6270739405881613, 0.002735721180215478]);
  });

  it('repeats a seed exactly and differs between seeds', () => {
    expect(mulberry32(7)()).toBe(mulberry32(7)());
    expect(mulberry32(7)()).not.toBe(mulberry32(8)());
  });

  it('is uniform', () => {
    const rng = mulberry32(3);
    const draws = Array.from({ length: 20_000 }, rng);
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 2);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  });
});
