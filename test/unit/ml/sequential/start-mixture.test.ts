import { addGains, emptyMixture, logStartEvidence } from '../../../../ml/sequential/start-mixture';

const feed = (gains: readonly number[][], windowsPerBlock = 1) => {
  const mixture = emptyMixture(gains[0]?.length ?? 1);
  for (const gain of gains) addGains(mixture, gain, windowsPerBlock);
  return mixture;
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The same by its definition: every start by itself. */
function byDefinition(gains: readonly number[][], windowsPerBlock: number): number {
  const effects = (gains[0] ?? []).map((_, effect) => effect);
  const from = (start: number, effect: number): number =>
    Math.exp(gains.slice(start).reduce((sum, gain) => sum + (gain[effect] as number), 0));
  let unspent = 1;
  let late = 0;
  for (const start of gains.keys()) {
    const block = Math.floor(start / windowsPerBlock) + 1;
    const share = 1 / (block * (block + 1) * windowsPerBlock);
    unspent -= share;
    late += share * mean(effects.map((effect) => from(start, effect)));
  }
  return Math.log(0.5 * mean(effects.map((effect) => from(0, effect))) + 0.5 * (late + unspent));
}

describe('a mixture over starts', () => {
  const gains = Array.from({ length: 30 }, (_, window) => [Math.sin(window) + 0.1, Math.cos(3 * window) * 0.7]);

  it.each([1, 12])('is the mean over effects and starts, %i windows to a block', (windowsPerBlock) => {
    const lead = Number.POSITIVE_INFINITY;
    expect(logStartEvidence(feed(gains, windowsPerBlock), lead)).toBeCloseTo(byDefinition(gains, windowsPerBlock), 9);
  });

  it('does not let the calm before a late effect dilute it', () => {
    const late = [...Array.from({ length: 200 }, () => [-0.5]), ...Array.from({ length: 12 }, () => [1.5])];
    expect(logStartEvidence(feed(late), 3)).toBeGreaterThan(Math.log(100) - 0.001 * 200);
  });

  it('lets one window lead by so much only', () => {
    expect(logStartEvidence(feed([[0], [50], [0]]), 2.9)).toBeLessThan(2.9);
    expect(logStartEvidence(feed([[0], [4], [4]]), 2.9)).toBeGreaterThan(6);
  });

  it('is no evidence before any window, and plain JSON always', () => {
    expect(logStartEvidence(emptyMixture(3), 3)).toBe(0);
    expect(JSON.parse(JSON.stringify(feed(gains)))).toEqual(feed(gains));
  });
});
