import {
  NAB_PROFILES,
  probationOf,
  scoreAt,
  scoreCorpus,
  sweep,
  type LabelledSeries,
  type NabProfile,
} from '../../../bench/anomaly/nab-score';
import { readCorpus } from '../../../bench/anomaly/corpus';
import { study, inHindsight } from '../../../bench/anomaly/study';
import { sharedData } from '../../support/shared-data';

const [standard, lowFp, lowFn] = NAB_PROFILES as [NabProfile, NabProfile, NabProfile];
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** A hundred points with windows at 40–49 and 70–79. */
const series: LabelledSeries = {
  name: 'group/one',
  atMs: range(100),
  values: range(100),
  windows: [
    [40, 49],
    [70, 79],
  ],
};
const swept = [sweep(series)];
const scores = (alarms: Record<number, number>): Float64Array[] => [
  Float64Array.from(range(100), (i) => alarms[i] ?? 0),
];

describe('the scorer of the Numenta Anomaly Benchmark', () => {
  it('weighs points as the published sigmoid does', () => {
    const [{ worth, windowOf }] = swept as [(typeof swept)[0]];
    expect(worth[40]).toBeCloseTo(1, 12);
    expect(worth[45]).toBeCloseTo(0.84828 / 0.98661, 4);
    expect(worth[49]).toBeCloseTo((2 / (1 + Math.exp(-0.5)) - 1) / 0.9866142981514303, 12);
    expect(worth[20]).toBe(-1);
    expect(worth[58]).toBeCloseTo(-0.9866142981514303, 12);
    expect(worth[95]).toBeCloseTo(2 / (1 + Math.exp((5 * 16) / 9)) - 1, 12);
    expect([windowOf[39], windowOf[40], windowOf[49], windowOf[50], windowOf[75]]).toEqual([-1, 0, 0, -1, 1]);
  });

  it('leaves out 15 % at the start, at most 750 points', () => {
    expect([probationOf(100), probationOf(4032), probationOf(22_695)]).toEqual([15, 604, 750]);
    expect(scoreCorpus(swept, scores({ 3: 1 }), standard)).toMatchObject({ score: 0, falseAlarms: 0 });
  });

  it('gives 0 to silence and 100 to alarms at the start of every window alone', () => {
    expect(scoreCorpus(swept, scores({}), lowFn)).toMatchObject({ score: 0, found: 0, threshold: 1.1 });
    for (const profile of NAB_PROFILES) {
      const result = scoreCorpus(swept, scores({ 40: 0.9, 70: 0.8 }), profile);
      expect(result.score).toBeCloseTo(100, 9);
      expect(result).toMatchObject({ threshold: 0.8, found: 2, falseAlarms: 0 });
    }
  });

  it('takes the threshold that is best for the corpus, and the best alarm of a window', () => {
    const given = scores({ 25: 0.5, 40: 0.7, 41: 0.9, 72: 0.6 });
    expect(scoreCorpus(swept, given, standard)).toMatchObject({ threshold: 0.6, found: 2, falseAlarms: 0 });
    const low = scoreAt(swept, given, lowFp, 0.5);
    expect(low.falseAlarms).toBe(1);
    expect(low.raw).toBeCloseTo(scoreAt(swept, given, lowFp, 0.6).raw - 0.22, 12);
  });

  it('refuses a window whose edge is no instant of the series', () => {
    expect(() => sweep({ ...series, windows: [[40, 49.5]] })).toThrow(RangeError);
  });
});

const corpus = readCorpus(sharedData('nab') ?? '') ?? [];

// Without the benchmark's files beside the project there is nothing to compare with.
(corpus.length === 0 ? describe.skip : describe)('the scorer on the benchmark’s own files', () => {
  it('scores pseudo-random numbers as the published formulas in Python did', () => {
    let state = 1;
    const random = (): number => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
    const noise = corpus.map(({ values }) => Float64Array.from(values, () => random() ** 0.1));
    const all = corpus.map(sweep);
    // Computed apart, by a Python script that follows NAB's own loop over rows, from the same generator.
    const expected = [7.338515863975222, 2.642472636417075, 16.012106751413434];
    for (const [i, profile] of NAB_PROFILES.entries()) {
      expect(scoreCorpus(all, noise, profile).score).toBeCloseTo(expected[i] ?? Number.NaN, 6);
    }
  });

  it('finds what is labelled in two short files', () => {
    const short = corpus.filter(({ name }) => /realTraffic\/(?:speed|occupancy)_t4013/u.test(name));
    const [result] = inHindsight(study(short, () => 0));
    expect(result).toMatchObject({ windows: 4 });
    expect(result?.score).toBeGreaterThan(60);
  });
});
