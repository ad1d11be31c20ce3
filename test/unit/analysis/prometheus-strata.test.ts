import type { MatrixSeries } from '../../../metrics/prometheus/answer';
import { analyse } from '../../../analysis/analyse';
import type { AnalysisState, Verdict } from '../../../analysis/types';
import { resolvePlan } from '../../../flags/plan/resolve-plan';
import type { PrometheusClient } from '../../../metrics/prometheus/prometheus-client';
import { PrometheusMetricSource } from '../../../metrics/prometheus/prometheus-source';
import { PrometheusSourceConfig } from '../../../metrics/prometheus/source-config';
import { FIRST_WINDOW, givenContext } from '../../support/stratum-builders';

const MINUTE_MS = 60_000;
const SCRAPE_MS = 15_000;
const START = Math.ceil(FIRST_WINDOW / MINUTE_MS) * MINUTE_MS;
const plan = resolvePlan({
  flag: 'checkout',
  candidate: 'on',
  environment: 'production',
  metrics: [
    {
      name: 'errors',
      kind: 'error_rate',
      margin: '1pp',
      prometheus: {
        requests: 'requests_total{variant="{{variant}}"}',
        errors: 'requests_total{variant="{{variant}}",code="500"}',
      },
    },
    {
      name: 'slow',
      kind: 'slower_than',
      threshold: '100ms',
      margin: '5pp',
      prometheus: { histogram: 'request_seconds_bucket{variant="{{variant}}"}' },
    },
  ],
});

/**
 * What a Prometheus would answer at an instant, if arms served 200 requests a scrape, with these errors in 1,000 and
 * this many slow ones in ten.
 */
function clientOf(arms: Readonly<Record<string, { readonly errors: number; readonly slow: number }>>) {
  const counter = (
    labels: Record<string, string>,
    perScrape: (scrape: number) => number,
    atMs: number,
  ): MatrixSeries => {
    const values: [number, number][] = [];
    let total = 1000;
    for (let scrape = -2; START + scrape * SCRAPE_MS <= atMs; scrape++) {
      total += perScrape(scrape);
      values.push([(START + scrape * SCRAPE_MS) / 1000, total]);
    }
    return { metric: { job: 'shop', instance: 'a', ...labels }, values, histograms: [] };
  };
  const series = (expression: string, atMs: number): MatrixSeries[] =>
    Object.entries(arms).flatMap(([variant, { errors, slow }]) => {
      // Errors come in whole numbers, as often as they should on average.
      const failing = (scrape: number) =>
        Math.floor(((scrape + 3) * errors) / 5) - Math.floor(((scrape + 2) * errors) / 5);
      if (expression.startsWith('request_seconds_bucket')) {
        const le = (bound: string, share: number) => counter({ variant, le: bound }, () => 200 * share, atMs);
        return [le('0.1', 1 - slow / 10), le('0.5', 1), le('+Inf', 1)];
      }
      if (expression.startsWith('request_seconds_sum'))
        return [counter({ variant }, () => 20 + 60 * (slow / 10), atMs)];
      if (expression.includes('code=')) return [counter({ variant, code: '500' }, failing, atMs)];
      return [
        counter({ variant, code: '200' }, (scrape) => 200 - failing(scrape), atMs),
        counter({ variant, code: '500' }, failing, atMs),
      ];
    });
  const config = PrometheusSourceConfig.parse({ url: 'http://127.0.0.1:9090' });
  return {
    config,
    deadline: () => AbortSignal.timeout(10_000),
    samples: async (expression: string, atMs: number) => series(expression, atMs),
  } as unknown as PrometheusClient;
}

/** Looks once a minute; answers the verdicts. */
async function verdictsOver(minutes: number, client: PrometheusClient): Promise<Verdict[]> {
  const source = new PrometheusMetricSource({
    clients: new Map([['default', client]]),
    transitionsOf: async () => [{ transition: 1, atMs: START - MINUTE_MS }],
  });
  let state: AnalysisState | null = null;
  const verdicts: Verdict[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    const nowMs = START + minute * MINUTE_MS + 12_000;
    const { strata, trouble } = await source.fetch({
      flagId: 'production/checkout',
      rolloutId: 'r',
      control: 'off',
      candidate: 'on',
      windowMs: plan.windowMs,
      segments: [],
      metrics: plan.metrics,
      weights: { '1': 50 },
      fromMs: state?.lastWindowAt == null ? 0 : state.lastWindowAt + plan.windowMs,
      nowMs,
    });
    expect(trouble).toBeNull();
    const looked = analyse({
      plan,
      context: givenContext({
        stepStartedAt: START - MINUTE_MS,
        raisedAt: START - MINUTE_MS,
        bakeMs: 600_000,
        bakedMs: minute * MINUTE_MS,
      }),
      strata,
      state,
      sourceDown: false,
      sourceTrouble: trouble,
      nowMs,
    });
    state = looked.state;
    verdicts.push(looked.analysis.verdict);
  }
  return verdicts;
}

describe('strata from Prometheus, which know no users', () => {
  it('roll a candidate back that fails, and not before a few minutes agree', async () => {
    const verdicts = await verdictsOver(10, clientOf({ off: { errors: 10, slow: 1 }, on: { errors: 100, slow: 1 } }));
    expect(verdicts.slice(0, 2)).not.toContain('rollback');
    expect(verdicts).toContain('rollback');
  });

  it('roll a candidate back whose slow requests have become common', async () => {
    const verdicts = await verdictsOver(12, clientOf({ off: { errors: 10, slow: 0.2 }, on: { errors: 10, slow: 5 } }));
    expect(verdicts).toContain('rollback');
  });

  it('leave a candidate alone that does as the control does', async () => {
    const verdicts = await verdictsOver(20, clientOf({ off: { errors: 10, slow: 1 }, on: { errors: 10, slow: 1 } }));
    expect(verdicts).not.toContain('rollback');
    expect(verdicts).not.toContain('narrow');
  });
});
