import fc from 'fast-check';
import type { MatrixSeries, NativeHistogram } from '../../../../metrics/prometheus/answer';
import { increasesOf, LONGEST_GAP_MS, scrapeTimes } from '../../../../metrics/prometheus/increases';

const labels = (more: Record<string, string> = {}) => ({ job: 'shop', instance: 'a:80', ...more });
const series = (values: [number, number][], more: Record<string, string> = {}): MatrixSeries => ({
  metric: labels(more),
  values,
  histograms: [],
});
const increases = (...all: MatrixSeries[]) => increasesOf(all, scrapeTimes(all));
const amounts = (...all: MatrixSeries[]) => increases(...all).map(({ amount }) => amount);

describe('increases of counters', () => {
  it('are the differences between scrapes', () => {
    expect(
      increases(
        series([
          [10, 100],
          [25, 103],
          [40, 103],
          [55, 110],
        ]),
      ),
    ).toMatchObject([
      { fromMs: 10_000, toMs: 25_000, amount: 3 },
      { fromMs: 25_000, toMs: 40_000, amount: 0 },
      { fromMs: 40_000, toMs: 55_000, amount: 7 },
    ]);
  });

  it('go on from 0 after a restart', () => {
    expect(
      amounts(
        series([
          [10, 100],
          [25, 4],
          [40, 9],
        ]),
      ),
    ).toEqual([4, 5]);
  });

  it('count the whole of a series that was born between two scrapes of its target', () => {
    const requests = series(
      [
        [10, 50],
        [25, 60],
        [40, 70],
      ],
      { code: '200' },
    );
    const errors = series([[40, 3]], { code: '500' });
    expect(increases(requests, errors)).toContainEqual(
      expect.objectContaining({ fromMs: 25_000, toMs: 40_000, amount: 3 }),
    );
  });

  it('begin with the first sample of a target that nobody scraped before', () => {
    const known = series([
      [10, 5],
      [25, 6],
    ]);
    const found = {
      ...series([
        [25, 9000],
        [40, 9001],
      ]),
      metric: { job: 'shop', instance: 'b:80' },
    };
    expect(amounts(known, found)).toEqual([1, 1]);
  });

  it('count nothing over a gap that is too long', () => {
    const late = 10 + LONGEST_GAP_MS / 1000;
    expect(
      amounts(
        series([
          [10, 5],
          [late + 1, 900],
          [late + 16, 901],
        ]),
      ),
    ).toEqual([1]);
    expect(
      amounts(
        series([
          [10, 5],
          [late, 9],
        ]),
      ),
    ).toEqual([4]);
  });

  it('add up to what each life of the process counted, as far as it was scraped', () => {
    const life = fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 3 }), (lives) => {
        // Each life counts up from 0 and is scraped after each growth.
        const scraped = lives.map((growths) =>
          growths.map((_, at) => growths.slice(0, at + 1).reduce((a, b) => a + b)),
        );
        // A restart shows only where the counter has not yet caught up with what it was.
        fc.pre(scraped.every((values, at) => at === 0 || (values[0] ?? 0) < (scraped[at - 1]?.at(-1) ?? 0)));
        const values = scraped.flat().map((value, at): [number, number] => [15 * at, value]);
        const counted = scraped.reduce((sum, one) => sum + (one.at(-1) ?? 0), 0) - (scraped[0]?.[0] ?? 0);
        expect(amounts(series(values)).reduce((sum, amount) => sum + amount, 0)).toBe(counted);
      }),
    );
  });
});

describe('increases of native histograms', () => {
  const histogram = (count: number, sum: number, buckets: [number, number, number][]): NativeHistogram => ({
    count,
    sum,
    buckets: buckets.map(([lower, upper, inBucket]) => [0, lower, upper, inBucket]),
  });
  const native = (...samples: [number, NativeHistogram][]): MatrixSeries => ({
    metric: labels(),
    values: [],
    histograms: samples,
  });

  it('are taken bucket by bucket', () => {
    const [first] = increases(
      native(
        [
          10,
          histogram(3, 1.5, [
            [0.25, 0.5, 2],
            [0.5, 1, 1],
          ]),
        ],
        [
          25,
          histogram(7, 4, [
            [0.25, 0.5, 2],
            [0.5, 1, 4],
            [1, 2, 1],
          ]),
        ],
      ),
    );
    expect(first).toMatchObject({ amount: 4, native: { sum: 2.5 } });
    expect(first?.native?.buckets).toEqual([
      { lower: 0.25, upper: 0.5, count: 0 },
      { lower: 0.5, upper: 1, count: 3 },
      { lower: 1, upper: 2, count: 1 },
    ]);
  });

  it('see a restart by a bucket that falls, even when the count does not', () => {
    const [first] = increases(
      native(
        [10, histogram(2, 1, [[0.25, 0.5, 2]])],
        [
          25,
          histogram(3, 9, [
            [0.25, 0.5, 1],
            [2, 4, 2],
          ]),
        ],
      ),
    );
    expect(first).toMatchObject({ amount: 3, native: { sum: 9 } });
  });

  it('go on when the service lowers the resolution, which joins buckets', () => {
    const [first] = increases(
      native(
        [
          10,
          histogram(5, 2, [
            [0.25, 0.35, 2],
            [0.35, 0.5, 3],
          ]),
        ],
        [25, histogram(8, 3, [[0.25, 0.5, 8]])],
      ),
    );
    expect(first).toMatchObject({ amount: 3, native: { buckets: [{ lower: 0.25, upper: 0.5, count: 3 }] } });
  });
});
