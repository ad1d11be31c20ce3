import { CASES, runTrial, type ArmNoise, type Course, type Way } from '../../../bench/judge/arm-noise';

const CALM: ArmNoise = { spread: 0, carry: 0 };
const COURSE: Course = { minutes: 20, windowMs: 60_000, times: 1, calmMinutes: 0 };
const SEEDS = Array.from({ length: 6 }, (_, index) => 4000 + index);
const JUDGED = CASES['errors-half'];

const foundBy = (way: Way, noise: ArmNoise, course: Course = COURSE): number =>
  SEEDS.filter((seed) => runTrial(seed, JUDGED, noise, course)[way] !== undefined).length;

describe('trials under noise of an arm', () => {
  it('find a fault that stays, and nothing where there is none', () => {
    for (const way of ['fast', 'safe with cells', 'safe', 'auto'] as const) {
      expect(foundBy(way, CALM, { ...COURSE, times: 5 })).toBe(SEEDS.length);
      expect(foundBy(way, CALM)).toBe(0);
    }
  });

  it('take the noise of minutes for harm only where requests are known to be independent', () => {
    const noisy = { spread: 0.9, carry: 0 };
    expect(foundBy('fast', noisy)).toBeGreaterThan(SEEDS.length / 2);
    expect(foundBy('safe', noisy)).toBe(0);
    expect(foundBy('safe with cells', noisy)).toBe(0);
  });

  it('share the noise of a minute among its windows', () => {
    const [seed] = SEEDS as [number];
    const short = runTrial(seed, JUDGED, CALM, { ...COURSE, windowMs: 5000, times: 5, calmMinutes: 2 });
    expect(short.fast).toBeLessThan(60);
    expect(short.auto).toBeGreaterThan(short.fast as number);
    expect(short.safe).toBeGreaterThanOrEqual(120);
  });
});
