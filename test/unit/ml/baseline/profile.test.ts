import { expectAt, learnProfile, tailAgainst, type BaselinePoint } from '../../../../ml/baseline/profile';
import { mulberry32 } from '../../../../ml/random/mulberry32';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday, 5 January 2026. */
const MONDAY = Date.UTC(2026, 0, 5);

function normalOf(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A latency with a busy noon and calm weekends: 100 ms ± 20, 15 less on Saturday and Sunday, windows of five minutes. */
function latencies(days: number, seed: number, from = MONDAY): BaselinePoint[] {
  const random = mulberry32(seed);
  return Array.from({ length: days * 288 }, (_, i) => {
    const atMs = from + i * 300_000;
    const units = 400 + Math.floor(random() * 200);
    return { atMs, value: usual(atMs) + (3 * normalOf(random) * Math.sqrt(500)) / Math.sqrt(units), units };
  });
}

function usual(atMs: number): number {
  const weekend = [0, 6].includes(new Date(atMs).getUTCDay()) ? -15 : 0;
  return 100 - 20 * Math.cos((2 * Math.PI * (Math.floor(atMs / HOUR) % 24)) / 24) + weekend;
}

describe('a baseline profile', () => {
  const learned = learnProfile(null, latencies(28, 1));

  it('learns hours of the day and days of the week', () => {
    for (let hour = 0; hour < 7 * 24; hour += 5) {
      const atMs = MONDAY + 28 * DAY + hour * HOUR;
      expect(Math.abs((expectAt(learned, atMs)?.value ?? Number.NaN) - usual(atMs))).toBeLessThan(4);
    }
  });

  it('finds five in a hundred healthy windows unusual at 5 %, or fewer', () => {
    const tails = latencies(7, 2, MONDAY + 28 * DAY).map(
      ({ atMs, value, units }) => tailAgainst(learned, atMs, value, units) ?? 1,
    );
    const share = tails.filter((tail) => tail < 0.05).length / tails.length;
    expect(share).toBeLessThan(0.07);
    expect(share).toBeGreaterThan(0.005);
  });

  it('finds a shift of six deviations improbable, and less so with few units', () => {
    const atMs = MONDAY + 28 * DAY + 12 * HOUR;
    const { value, scale } = expectAt(learned, atMs) ?? { value: 0, scale: 0 };
    expect(tailAgainst(learned, atMs, value + 6 * scale, 500)).toBeLessThan(1e-4);
    expect(tailAgainst(learned, atMs, value + 6 * scale, 5)).toBeGreaterThan(0.01);
  });

  it('learns the same at once and by parts that end with an hour', () => {
    const points = latencies(6, 3);
    const parts = learnProfile(learnProfile(null, points.slice(0, 288 * 2)), points.slice(288 * 2));
    expect(parts).toEqual(learnProfile(null, points));
  });

  it('is hardly moved by one bad evening', () => {
    const evening = MONDAY + 28 * DAY + 18 * HOUR;
    const bad = Array.from({ length: 24 }, (_, i) => ({ atMs: evening + i * 300_000, value: 5000, units: 500 }));
    const after = learnProfile(learned, bad);
    const nextDay = evening + DAY;
    expect(Math.abs((expectAt(after, nextDay)?.value ?? 0) - (expectAt(learned, nextDay)?.value ?? 0))).toBeLessThan(3);
  });

  it('follows a lasting change within a few weeks', () => {
    const higher = latencies(35, 4, MONDAY + 28 * DAY).map((point) => ({ ...point, value: point.value + 20 }));
    const atMs = MONDAY + 63 * DAY + 12 * HOUR;
    expect(expectAt(learnProfile(learned, higher), atMs)?.value).toBeGreaterThan(usual(atMs) + 12);
  });

  it('expects nothing while it knows less than six hours, and of points that say nothing', () => {
    const points = latencies(1, 5);
    expect(expectAt(learnProfile(null, points.slice(0, 12 * 5)), MONDAY)).toBeNull();
    expect(tailAgainst(learned, MONDAY, 100, 0)).toBeNull();
    expect(
      learnProfile(learned, [
        { atMs: MONDAY, value: Number.NaN, units: 3 },
        { atMs: MONDAY, value: 3, units: 0 },
      ]),
    ).toEqual(learned);
    expect(learnProfile(null, []).blocks).toBe(0);
  });

  it('stays small whatever it has learned', () => {
    expect(JSON.stringify(learned).length).toBeLessThan(3000);
    expect(JSON.stringify(learnProfile(learned, latencies(60, 6))).length).toBeLessThan(3000);
  });
});
