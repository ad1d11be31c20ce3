import { mulberry32 } from '../../../../ml/random/mulberry32';
import { addEffect, emptyNoise, noiseVariance } from '../../../../ml/robust/effect-noise';
import { addLag, dependenceFactor, emptyLags } from '../../../../ml/robust/lag-noise';

const normal = (rng: () => number): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());

describe('noise of an effect between blocks', () => {
  const learn = (sd: number, step = 0): number => {
    const rng = mulberry32(7);
    const noise = emptyNoise();
    for (let block = 0; block < 2000; block++) {
      const information = 50;
      const effect = sd * normal(rng) + (block > 1000 ? step : 0);
      addEffect(noise, information * effect + Math.sqrt(information) * normal(rng), information, 0.1);
    }
    return Math.sqrt(noiseVariance(noise, 0.05, 2, 0.1));
  };

  it.each([0.1, 0.3])('learns a standard deviation of %d', (sd) => {
    expect(Math.abs(learn(sd) - sd)).toBeLessThan(0.1 * sd);
  });

  it('finds little where there is none, and does not take a fault that stays for noise', () => {
    expect(learn(0)).toBeLessThan(0.05);
    expect(learn(0.1, 2)).toBeLessThan(0.13);
  });

  it('expects what it is told before it has seen anything', () => {
    expect(noiseVariance(emptyNoise(), 0.2, 3, 0.1)).toBeCloseTo(0.04, 12);
  });
});

describe('dependence of neighbouring blocks', () => {
  const learn = (carry: number, step = 0): number => {
    const rng = mulberry32(11);
    const lags = emptyLags();
    let value = 0;
    for (let block = 0; block < 3000; block++) {
      value = carry * value + Math.sqrt(1 - carry * carry) * normal(rng);
      addLag(lags, value + (block > 1500 ? step : 0));
    }
    return dependenceFactor(lags);
  };

  it('is nearly absent of independent blocks, also when a fault begins', () => {
    expect(learn(0)).toBeLessThan(1.15);
    expect(learn(0, 5)).toBeLessThan(1.25);
  });

  it('is most of what an autoregression has', () => {
    // (1 + r)/(1 − r) of r = 0.5 is 3; differences over four blocks miss the part that lasts longer.
    expect(learn(0.5)).toBeGreaterThan(2.4);
    expect(learn(0.5)).toBeLessThan(3.3);
  });

  it('is 1 before any block', () => {
    expect(dependenceFactor(emptyLags())).toBe(1);
  });
});
