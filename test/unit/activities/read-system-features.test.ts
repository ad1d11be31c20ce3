import { prometheusSystemFeatures, SystemFeatureConfig } from '../../../activities/read-system-features';
import { ErrorCode, HeadgateError } from '../../../core/errors';
import type { MatrixSeries } from '../../../metrics/prometheus/answer';

const AT_MS = Date.UTC(2026, 2, 1, 12);
const request = { environment: 'production', flagKey: 'checkout', services: ['shop.api', 'cart'], atMs: AT_MS };

interface Asked {
  readonly expression: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** A Prometheus that answers one thing and remembers what it was asked. */
function given(
  answer: readonly (readonly number[])[] | Error,
  config: Partial<SystemFeatureConfig> = {},
  environments?: string[],
) {
  const asked: Asked[] = [];
  const client = {
    config: environments === undefined ? {} : { environments },
    async range(expression: string, span: Omit<Asked, 'expression'>): Promise<MatrixSeries[]> {
      asked.push({ expression, ...span });
      if (answer instanceof Error) throw answer;
      return answer.map((values, index) => ({
        metric: { pod: String(index) },
        values: values.map((value, at) => [(span.fromMs + at * span.stepMs) / 1000, value] as [number, number]),
        histograms: [],
      }));
    },
  };
  const parsed = SystemFeatureConfig.parse({ feature: 'cpu', expression: 'cpu', ...config });
  return { asked, source: prometheusSystemFeatures([parsed], new Map([['default', client]])) };
}

const constant = (value: number, samples = 30): number[] => new Array<number>(samples).fill(value);

describe('features of the systems', () => {
  it('are the mean over the window of the worst series', async () => {
    const { source } = given([constant(0.2), [...constant(0.4, 15), ...constant(0.8, 15)]]);
    const { values, missing } = await source.read(request);
    expect(values['system.cpu']).toBeCloseTo(0.6, 12);
    expect(missing).toEqual([]);
  });

  it('ask for nothing from the start on', async () => {
    const { asked, source } = given([constant(1)], { windowMs: 60_000 });
    await source.read(request);
    expect(asked).toEqual([{ expression: 'cpu', fromMs: AT_MS - 58_000, toMs: AT_MS, stepMs: 2_000 }]);
  });

  it('write names into the expression so that none can end its text', async () => {
    const expression = 'sum(rate(x{job=~"{{services}}",flag="{{flag}}",env="{{ environment }}"}[{{window}}]))';
    const { asked, source } = given([constant(1)], { expression });
    await source.read({ ...request, services: ['a"b', 'shop.api'] });
    expect(asked[0]?.expression).toBe(
      String.raw`sum(rate(x{job=~"a\"b|shop\\.api",flag="checkout",env="production"}[900000ms]))`,
    );
  });

  it.each([
    ['nothing', [], /no samples in the last 900 s$/],
    ['too little of the window', [constant(1, 14)], /samples of 14 of 30 parts/],
    ['no numbers', [constant(Number.NaN)], /no samples/],
    ['too many series', Array.from({ length: 201 }, () => constant(1)), /201 series, more than 200$/],
    [
      'trouble',
      new HeadgateError(ErrorCode.SourceUnavailable, "Prometheus 'default': the answer is partial"),
      /the answer is partial$/,
    ],
  ])('are missing, never zero, when the source has %s', async (_what, answer, why) => {
    const { values, missing } = await given(answer).source.read(request);
    expect(values).toEqual({ 'system.cpu': null });
    expect(missing).toEqual([expect.stringMatching(/^system\.cpu: /)]);
    expect(missing[0]).toMatch(why);
  });

  it('are missing where the flag names no services, or the source is for another environment', async () => {
    const nameless = given([constant(1)], { expression: 'cpu{job=~"{{services}}"}' });
    expect(await nameless.source.read({ ...request, services: [] })).toEqual({
      values: { 'system.cpu': null },
      missing: ['system.cpu: the flag names no services'],
    });
    const elsewhere = given([constant(1)], {}, ['staging']);
    expect((await elsewhere.source.read(request)).missing[0]).toContain("for environment 'production'");
    expect([...nameless.asked, ...elsewhere.asked]).toEqual([]);
  });

  it.each([
    [{ feature: 'mood', expression: 'x' }],
    [{ feature: 'cpu', expression: '' }],
    [{ feature: 'cpu', expression: 'x{a="{{variant}}"}' }],
    [{ feature: 'cpu', expression: 'x', windowMs: 1_000 }],
    [{ feature: 'cpu', expression: 'x', more: 1 }],
  ])('are refused when they are configured as %j', (config) => {
    expect(SystemFeatureConfig.safeParse(config).success).toBe(false);
  });
});
