import { ALARM_SCORE, SeriesDetector, type PointAnomaly } from '../../../../ml/anomaly/series-detector';
import { mulberry32 } from '../../../../ml/random/mulberry32';

const MINUTE = 60_000;

function scored(values: readonly number[], stepMs = 5 * MINUTE): PointAnomaly[] {
  const detector = new SeriesDetector();
  return values.map((value, i) => detector.see(value, i * stepMs));
}

/** A day of 288 points with a busy noon, and noise. */
function daily(
  length: number,
  seed: number,
  change: (value: number, i: number) => number = (value) => value,
): number[] {
  const random = mulberry32(seed);
  return Array.from({ length }, (_, i) =>
    change(100 - 40 * Math.cos((2 * Math.PI * i) / 288) + 6 * (random() + random() - 1), i),
  );
}

function alarmsWithin(points: readonly PointAnomaly[], from: number, to: number): number {
  return points.slice(from, to).filter(({ alarm }) => alarm).length;
}

describe('SeriesDetector', () => {
  it('raises nothing on a series that never changes', () => {
    const points = scored(new Array<number>(2000).fill(45));
    expect(points.every(({ score, severity }) => score === 0 && severity < ALARM_SCORE)).toBe(true);
  });

  it('scores each point knowing only that one and those before it', () => {
    const whole = daily(900, 1, (value, i) => (i > 700 ? value + 50 : value));
    const other = whole.map((value, i) => (i >= 600 ? -value : value));
    expect(scored(whole).slice(0, 600)).toEqual(scored(other).slice(0, 600));
  });

  it('alarms within an hour when the level moves by more than the noise', () => {
    const points = scored(daily(3000, 2, (value, i) => (i >= 2400 ? value + 45 : value)));
    expect(alarmsWithin(points, 2400, 2412)).toBeGreaterThan(0);
    const [first] = points.slice(2400).filter(({ alarm }) => alarm);
    expect(first?.severity).toBeGreaterThan(ALARM_SCORE);
  });

  it('finds a day that stays at its level of the night, though no value of it is unusual', () => {
    const points = scored(daily(3400, 3, (value, i) => (i >= 2700 && i < 2950 ? 60 + (value % 3) : value)));
    expect(alarmsWithin(points, 2700, 2950)).toBeGreaterThan(0);
  });

  it('learns a spike that comes every night', () => {
    const points = scored(daily(288 * 14, 4, (value, i) => (i % 288 === 30 ? value + 200 : value)));
    expect(alarmsWithin(points, 288, 288 * 7)).toBeGreaterThan(0);
    expect(alarmsWithin(points, 288 * 7, 288 * 14)).toBeLessThanOrEqual(1);
  });

  it('tells a disturbance once, not at each of its points', () => {
    const points = scored(daily(3000, 5, (value, i) => (i >= 2400 && i < 2450 ? value * 4 : value)));
    expect(alarmsWithin(points, 2400, 2450)).toBeGreaterThanOrEqual(1);
    expect(alarmsWithin(points, 2400, 2450)).toBeLessThanOrEqual(4);
    expect(points[2430]?.persistence).toBeGreaterThan(0.8);
  });

  it('is quiet on noise: fewer than one alarm in 500 points', () => {
    const points = scored(daily(5000, 6));
    expect(alarmsWithin(points, 750, 5000)).toBeLessThan(9);
  });

  it('passes over missing values without learning them', () => {
    const detector = new SeriesDetector();
    for (let i = 0; i < 500; i += 1) detector.see(i % 7, i * MINUTE);
    expect(detector.see(Number.NaN, 500 * MINUTE)).toMatchObject({ score: 0, severity: 0, alarm: false });
    expect(detector.see(Number.POSITIVE_INFINITY, 501 * MINUTE).score).toBe(0);
    expect(Number.isFinite(detector.see(3, 502 * MINUTE).severity)).toBe(true);
  });

  it('does not depend on the unit of the series', () => {
    const values = daily(1500, 7, (value, i) => (i >= 1300 ? value + 60 : value));
    const largest = (points: readonly PointAnomaly[]): number =>
      points.reduce((best, { score }, i) => (score > (points[best]?.score ?? 0) ? i : best), 0);
    expect(largest(scored(values.map((value) => value * 4096)))).toBe(largest(scored(values)));
  });
});
