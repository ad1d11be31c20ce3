import { learnProfile, type BaselineProfile } from '../../../../ml/baseline/profile';
import { learnVectorBaseline, MAX_ROWS, restAgainst, type VectorWindow } from '../../../../ml/anomaly/vector-baseline';
import { mulberry32 } from '../../../../ml/random/mulberry32';

const METRICS = ['errors', 'latency', 'orders'];
const SIZES = [0.01, 100, 5];
const MINUTE = 60_000;

function normalOf(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Windows in which all metrics follow one load; `units` requests each add sampling noise of their own. */
function windowsOf(count: number, seed: number, units: number): VectorWindow[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, (_, i) => {
    const load = 0.2 * normalOf(random);
    const noise = 0.02 * Math.sqrt(1000 / units);
    return {
      atMs: i * MINUTE,
      values: SIZES.map((size) => size * (1 + load + noise * normalOf(random))),
      units: SIZES.map(() => units),
    };
  });
}

const learned = windowsOf(720, 1, 1000);
const profiles: Record<string, BaselineProfile> = Object.fromEntries(
  METRICS.map((metric, j) => {
    const points = learned.map(({ atMs, values, units }) => ({
      atMs,
      value: values[j] as number,
      units: units[j] as number,
    }));
    return [metric, learnProfile(null, points)];
  }),
);
const baseline = learnVectorBaseline(null, METRICS, learned, profiles);

describe('how the metrics of a segment usually move together', () => {
  it('is learned from an even choice of the windows, and forgets the oldest', () => {
    expect(baseline.rows).toHaveLength(MAX_ROWS / 3);
    let grown = baseline;
    for (let i = 0; i < 4; i += 1) grown = learnVectorBaseline(grown, METRICS, windowsOf(400, 10 + i, 1000), profiles);
    expect(grown.rows).toHaveLength(MAX_ROWS);
    expect(grown.rows).not.toContainEqual(baseline.rows[0]);
  });

  it('begins anew with other metrics, and knows nothing without profiles', () => {
    const two = learnVectorBaseline(baseline, ['errors', 'latency'], learned, profiles);
    expect(two.rows.every((row) => row.length === 2)).toBe(true);
    expect(learnVectorBaseline(null, METRICS, learned, {})).toEqual({ metrics: METRICS, rows: [], model: null });
  });

  it.each([1000, 100, 20])('calls about as many healthy windows of %i units unusual as it should', (units) => {
    const tails = windowsOf(700, units + 5, units).map((window) => restAgainst(baseline, window, profiles)?.tail ?? 0);
    const share = tails.filter((tail) => tail < 0.05).length / tails.length;
    expect(share).toBeLessThan(0.09);
  });

  it('finds the metric that parts, above the place where the others put it', () => {
    const window = { atMs: 200 * MINUTE, values: [0.01, 135, 5], units: [1000, 1000, 1000] };
    const rest = restAgainst(baseline, window, profiles);
    const [errors = 0, latency = 0, orders = 0] = rest?.rests ?? [];
    expect(latency).toBeGreaterThan(Math.max(Math.abs(errors), Math.abs(orders)));
    expect([Math.sign(errors), Math.sign(orders)]).toEqual([-1, -1]);
    expect(rest?.tail).toBeLessThan(1e-4);
    expect(restAgainst(baseline, { ...window, values: [0.0135, 135, 6.75] }, profiles)?.tail).toBeGreaterThan(0.01);
  });

  it('says nothing of a window without units or without a value', () => {
    const window = { atMs: 0, values: [0.01, 100, 5], units: [1000, 0, 1000] };
    expect(restAgainst(baseline, window, profiles)).toBeNull();
    expect(restAgainst(baseline, { ...window, values: [0.01, Number.NaN, 5], units: [1, 1, 1] }, profiles)).toBeNull();
    expect(restAgainst({ metrics: METRICS, model: null }, { ...window, units: [1, 1, 1] }, profiles)).toBeNull();
  });
});
