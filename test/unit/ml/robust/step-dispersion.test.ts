import { mulberry32 } from '../../../../ml/random/mulberry32';
import { addStep, dispersionFactor, emptyDispersion } from '../../../../ml/robust/step-dispersion';

const normal = (rng: () => number): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());

describe('scatter of standardised blocks', () => {
  const learn = (sd: number, stepAt: number | null = null, growth = 1): number => {
    const rng = mulberry32(31);
    const dispersion = emptyDispersion();
    for (let block = 0; block < 2000; block++) {
      addStep(dispersion, sd * normal(rng) + (stepAt !== null && block >= stepAt ? 8 : 0), growth);
    }
    return dispersionFactor(dispersion, 3);
  };

  it('is the variance of blocks as a multiple of the expected one', () => {
    expect(Math.abs(learn(2) - 4)).toBeLessThan(0.3);
    expect(Math.abs(learn(1) - 1)).toBeLessThan(0.08);
  });

  it('is never less than expected', () => {
    expect(learn(0.3)).toBe(1);
  });

  it('does not take an effect that begins and stays for scatter', () => {
    expect(learn(1, 1000) - learn(1)).toBeLessThan(0.05);
    expect(learn(1, 1)).toBeLessThan(1.05);
  });

  it('allows counts that have become more frequent their larger variance', () => {
    expect(Math.abs(learn(2, null, 4) - 1)).toBeLessThan(0.08);
  });

  it('believes in what is expected before it has seen two blocks', () => {
    const dispersion = emptyDispersion();
    expect(dispersionFactor(dispersion, 3)).toBe(1);
    addStep(dispersion, 50, 1);
    expect(dispersionFactor(dispersion, 3)).toBe(1);
  });

  it('lets growth that one of two neighbours has alone count half', () => {
    const dispersion = emptyDispersion();
    addStep(dispersion, 0, 1);
    addStep(dispersion, 6, 3);
    // 6² ÷ 2, over the mean growth of 2.
    expect(dispersion.squares).toBeCloseTo(9, 12);
  });
});
