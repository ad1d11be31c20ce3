import { watchAfterCompletion, type WatchState } from '../../../../ml/baseline/watch';
import { mulberry32, type Rng } from '../../../../ml/random/mulberry32';

function normalOf(random: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Windows until the alarm, at most `most`. */
function runLength(random: Rng, shift: number, averageRunLength: number, most: number): number {
  let state: WatchState | null = null;
  for (let window = 1; window <= most; window += 1) {
    state = watchAfterCompletion(state, { z: normalOf(random) + shift }, { averageRunLength });
    if (state.alarm) return window;
  }
  return most;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the watch after completion', () => {
  it('keeps the promised average run length at the edge of what it tolerates', () => {
    const random = mulberry32(1);
    // Bias 0.25 and, as the product of a normal and sqrt(1.5), variance 1.5; cut at ten times the promise, which only
    // lowers the mean.
    const lengths = Array.from({ length: 300 }, () => {
      let state: WatchState | null = null;
      for (let window = 1; window <= 1000; window += 1) {
        state = watchAfterCompletion(state, { z: normalOf(random) * Math.sqrt(1.5) + 0.25 }, { averageRunLength: 100 });
        if (state.alarm) return window;
      }
      return 1000;
    });
    expect(mean(lengths)).toBeGreaterThan(100);
  });

  it('finds a shift of one deviation within an hour of minutes, and of three within ten', () => {
    const random = mulberry32(2);
    expect(mean(Array.from({ length: 50 }, () => runLength(random, 1.25, 10_080, 500)))).toBeLessThan(60);
    expect(mean(Array.from({ length: 50 }, () => runLength(random, 3, 10_080, 500)))).toBeLessThan(10);
  });

  it('does not alarm on one window, however bad', () => {
    expect(watchAfterCompletion(null, { z: 1e9 }).alarm).toBe(false);
  });

  it('keeps an alarm, passes over windows without data and stays finite', () => {
    let state: WatchState | null = null;
    for (let i = 0; i < 200; i += 1) state = watchAfterCompletion(state, { z: 50 });
    expect(state?.alarm).toBe(true);
    expect(Number.isFinite(state?.evidence)).toBe(true);
    expect(watchAfterCompletion(state, { z: null })).toEqual(state);
    for (let i = 0; i < 200; i += 1) state = watchAfterCompletion(state, { z: -3 });
    expect(state?.alarm).toBe(true);
    expect(state?.evidence).toBeLessThan(1);
  });
});
