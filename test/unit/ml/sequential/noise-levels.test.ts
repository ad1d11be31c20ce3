import { mulberry32 } from '../../../../ml/random/mulberry32';
import {
  addToLevels,
  believing,
  closeLevels,
  emptyLevels,
  logOverLevels,
  type NoiseBeliefs,
  type NoiseLevels,
} from '../../../../ml/sequential/noise-levels';

const normalOf = (rng: () => number): number => Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng());

/** Blocks of one window each, reckoned without any noise. */
const feed = (
  beliefs: NoiseBeliefs,
  blocks: readonly (readonly [score: number, information: number])[],
): NoiseLevels => {
  const noise = emptyLevels(beliefs.levels.length);
  for (const [at, [score, information]] of blocks.entries()) {
    addToLevels(noise, beliefs, { score, information }, { blockStartAt: at, tempering: 1 });
  }
  return noise;
};

/** Density of a normal score of mean 0. */
const density = (score: number, variance: number): number =>
  Math.exp((-score * score) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

describe('evidence over levels of noise', () => {
  const BELIEFS = believing([0, 0.3, 1], [2, 1, 1]);
  const BLOCKS = [
    [6, 10],
    [9, 10],
    [4, 10],
  ] as const;

  it('is the ratio of both hypotheses, each averaged over the levels, where blocks inform alike', () => {
    // A bet on the effect 0.5: densities of the scores with mean I·δ' against mean 0, at every level by itself; the bet
    // at a level is the one that is tempered.
    const effect = 0.5;
    const log = BLOCKS.reduce((sum, [score, information]) => sum + effect * score - (effect ** 2 * information) / 2, 0);
    const [harm, none] = [0, 1].map((is) =>
      BELIEFS.levels.reduce((sum, level, index) => {
        const belief = [0.5, 0.25, 0.25][index] as number;
        return (
          BLOCKS.reduce((product, [score, information]) => {
            const variance = information * (1 + level ** 2 * information);
            return product * density(is === 0 ? score - effect * information : score, variance);
          }, belief) + sum
        );
      }, 0),
    ) as [number, number];
    expect(logOverLevels(log, feed(BELIEFS, BLOCKS), BELIEFS)).toBeCloseTo(Math.log(harm / none), 10);
  });

  it('loses nothing where so little is known of each block that no level matters', () => {
    const blocks = Array.from({ length: 40 }, () => [3e-4, 1e-4] as const);
    expect(logOverLevels(6, feed(BELIEFS, blocks), BELIEFS)).toBeCloseTo(6, 1);
  });

  it('takes a large difference in one block for noise, and believes it when calm blocks came before', () => {
    const large = [40, 20] as const;
    const alone = logOverLevels(20, feed(BELIEFS, [large]), BELIEFS);
    const calm = Array.from({ length: 40 }, (_, at) => [at % 2 === 0 ? 3 : -3, 20] as const);
    const late = logOverLevels(20, feed(BELIEFS, [...calm, large, large]), BELIEFS);
    expect(alone).toBeLessThan(4);
    expect(late).toBeGreaterThan(7);
  });

  it('never says more than the evidence at the learned noise, and leaves what speaks for the null hypothesis', () => {
    const noise = feed(BELIEFS, BLOCKS);
    expect(logOverLevels(8, noise, BELIEFS)).toBeLessThanOrEqual(8);
    expect(logOverLevels(-3, noise, BELIEFS)).toBe(-3);
    expect(logOverLevels(3, emptyLevels(3), BELIEFS)).toBe(3);
  });

  it('counts the windows of a block as one, complete or not', () => {
    const parts = emptyLevels(3);
    for (const [score, information] of [
      [2, 4],
      [4, 6],
    ] as const) {
      addToLevels(parts, BELIEFS, { score, information }, { blockStartAt: 7, tempering: 1 });
    }
    const open = logOverLevels(5, parts, BELIEFS);
    expect(open).toBeCloseTo(logOverLevels(5, feed(BELIEFS, [[6, 10]]), BELIEFS), 12);
    closeLevels(parts, BELIEFS);
    expect(parts.open).toBeNull();
    expect(logOverLevels(5, parts, BELIEFS)).toBeCloseTo(open, 12);
    const before = JSON.stringify(parts);
    closeLevels(parts, BELIEFS);
    expect(JSON.stringify(parts)).toBe(before);
  });

  it('keeps a promise of 1 % over noise drawn by the beliefs, which nobody said, and plain evidence does not', () => {
    const levels = [0, 0.1, 0.3];
    const beliefs = believing(levels, [1, 1, 1]);
    const rng = mulberry32(43);
    const [rollouts, information, effect] = [3000, 50, 0.3];
    let over = 0;
    let plain = 0;
    for (let rollout = 0; rollout < rollouts; rollout++) {
      const level = levels[rollout % 3] as number;
      const noise = emptyLevels(3);
      let log = 0;
      let [hit, hitPlain] = [false, false];
      for (let block = 0; block < 60; block++) {
        const score = normalOf(rng) * Math.sqrt(information * (1 + level ** 2 * information));
        log += effect * score - (effect ** 2 * information) / 2;
        addToLevels(noise, beliefs, { score, information }, { blockStartAt: block, tempering: 1 });
        if (log >= Math.log(100)) hitPlain = true;
        if (logOverLevels(log, noise, beliefs) >= Math.log(100)) hit = true;
      }
      over += Number(hit);
      plain += Number(hitPlain);
    }
    expect(over / rollouts).toBeLessThan(0.01);
    expect(plain / rollouts).toBeGreaterThan(0.05);
  });
});
