import { anomalyLevel, severityOf, trackAnomaly, type AnomalyTrack } from '../../../../ml/anomaly/track';

const after = (tails: readonly number[]): AnomalyTrack =>
  tails.reduce<AnomalyTrack | null>((track, tail) => trackAnomaly(track, tail), null) as AnomalyTrack;

describe('an anomaly track', () => {
  it('puts severity on a scale from one in twenty to one in a million', () => {
    expect([0.5, 0.05, 1e-6, 0].map(severityOf)).toEqual([0, 0, 1, 1]);
    expect(severityOf(Math.sqrt(0.05 * 1e-6))).toBeCloseTo(0.5, 12);
  });

  it('counts a single odd window for little and a lasting oddity for much', () => {
    expect(anomalyLevel(after([0.5, 0.5, 1e-9]))).toBeLessThan(0.17);
    expect(anomalyLevel(after(new Array<number>(12).fill(1e-7)))).toBeGreaterThan(0.85);
  });

  it('lets both fade once windows are usual again', () => {
    const worse = after([...new Array<number>(12).fill(1e-7)]);
    const calm = new Array<number>(15).fill(0.4).reduce((track, tail) => trackAnomaly(track, tail), worse);
    expect(anomalyLevel(calm)).toBeLessThan(0.01);
    expect(calm.windows).toBe(27);
  });
});
