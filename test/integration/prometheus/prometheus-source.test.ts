import { setTimeout as sleep } from 'node:timers/promises';
import { Metric } from '../../../flags/plan/metric';
import { prometheusEvent, resolvePrometheusMetric } from '../../../flags/plan/prometheus-metric';
import { PrometheusClient } from '../../../metrics/prometheus/prometheus-client';
import { PrometheusMetricSource } from '../../../metrics/prometheus/prometheus-source';
import { queryRange } from '../../../metrics/prometheus/range-query';
import { PrometheusSourceConfig } from '../../../metrics/prometheus/source-config';
import { collectStrata } from '../../../metrics/sources/collect-strata';
import type { StrataAnswer, Stratum } from '../../../metrics/windows';
import { givenArm } from '../../support/stratum-builders';
import { givenPrometheus, type PrometheusUnderTest } from '../../support/prometheus-under-test';
import { ScrapedService } from '../../support/scraped-service';

const WINDOW_MS = 1000;
/** How far ahead tests look, so that every window is closed: the ten seconds of judging, and what is left of a window. */
const AHEAD_MS = 12_000;

let service: ScrapedService;
let prometheus: PrometheusUnderTest;
let startedAt: number;
let beganAt: number;

/** A metric as `resolvePlan` makes it. */
function metric(written: Record<string, unknown>): Metric {
  const parsed = Metric.parse({ margin: { absolute: 0.01 }, ...written });
  const { name, prometheus: block } = parsed;
  return block === undefined
    ? parsed
    : { ...parsed, event: prometheusEvent(name), prometheus: resolvePrometheusMetric(block) };
}

const selector = (name: string, more = '') => `${name}{variant="{{variant}}"${more}}`;
const ERRORS = metric({
  name: 'errors',
  kind: 'error_rate',
  prometheus: { requests: selector('shop_requests_total'), errors: selector('shop_requests_total', ',code=~"5.."') },
});
const SLOW = metric({
  name: 'slow',
  kind: 'slower_than',
  threshold: 250,
  prometheus: { histogram: selector('shop_request_duration_seconds_bucket') },
});
const NATIVE = metric({
  name: 'native',
  kind: 'quantile',
  quantile: 0.99,
  prometheus: { histogram: selector('shop_native_seconds'), unit: 'seconds' },
});

function source(client = new PrometheusClient(PrometheusSourceConfig.parse({ url: prometheus.url }))) {
  return new PrometheusMetricSource({
    clients: new Map([['default', client]]),
    transitionsOf: async () => [{ transition: 1, atMs: startedAt }],
  });
}

function query(
  metrics: readonly Metric[],
  change: { fromMs?: number; nowMs?: number; segments?: string[]; windowMs?: number } = {},
) {
  return {
    flagId: 'production/checkout',
    rolloutId: 'checkout-abcdefgh',
    control: 'off',
    candidate: 'on',
    windowMs: WINDOW_MS,
    segments: [],
    weights: { '1': 50 },
    fromMs: beganAt,
    nowMs: Date.now() + AHEAD_MS,
    metrics,
    ...change,
  };
}

const look = (metrics: readonly Metric[], change: Parameters<typeof query>[1] = {}): Promise<StrataAnswer> =>
  source().fetch(query(metrics, change));

/** What the strata of everybody add up to. */
function total(strata: readonly Stratum[], of: (arm: Stratum['control']) => number | undefined, segment = '*') {
  const sum = (arm: 'control' | 'candidate') =>
    strata.filter((stratum) => stratum.segment === segment).reduce((all, stratum) => all + (of(stratum[arm]) ?? 0), 0);
  return { control: sum('control'), candidate: sum('candidate') };
}
const count =
  ({ event }: Metric) =>
  (arm: Stratum['control']) =>
    arm.events[event]?.count;
const errors =
  ({ event }: Metric) =>
  (arm: Stratum['control']) =>
    arm.events[event]?.errors;

beforeAll(async () => {
  service = await ScrapedService.start();
  prometheus = await givenPrometheus({ targets: { shop: service.address, native: service.nativeAddress } });
  startedAt = Date.now() - 60_000;
  service.serve(1000, { variant: 'off', seconds: 0.05 });
  service.serve(1000, { variant: 'on', seconds: 0.05 });
  await prometheus.scraped();
});

beforeEach(async () => {
  // What came before is no test's: each looks from a window of its own on.
  await prometheus.scraped();
  beganAt = Math.ceil(Date.now() / WINDOW_MS) * WINDOW_MS;
  await sleep(beganAt - Date.now() + 1);
});

afterAll(async () => {
  await prometheus.stop();
  await service.close();
});

describe('metrics from a real Prometheus', () => {
  it('count exactly what was served since counting began, for both arms, to the first error', async () => {
    service.serve(300, { variant: 'off', seconds: 0.05 });
    service.serve(200, { variant: 'on', seconds: 0.2 });
    service.serve(7, { variant: 'on', seconds: 0.4, failed: true });
    await prometheus.scraped();
    const { strata, trouble } = await look([ERRORS, SLOW]);
    expect(trouble).toBeNull();
    expect(total(strata, count(ERRORS))).toEqual({ control: 300, candidate: 207 });
    expect(total(strata, errors(ERRORS))).toEqual({ control: 0, candidate: 7 });
    expect(total(strata, count(SLOW))).toEqual({ control: 300, candidate: 207 });
    expect(total(strata, (arm) => arm.events[SLOW.event]?.over['250'])).toEqual({ control: 0, candidate: 7 });
    const sums = total(strata, (arm) => arm.events[SLOW.event]?.sum);
    expect(sums.control).toBeCloseTo(300 * 50, 6);
    expect(sums.candidate).toBeCloseTo(200 * 200 + 7 * 400, 6);
  });

  it('read native histograms bin by bin', async () => {
    service.serve(90, { variant: 'off', seconds: 0.1 });
    service.serve(40, { variant: 'on', seconds: 0.1 });
    service.serve(10, { variant: 'on', seconds: 1.6 });
    await prometheus.scraped();
    const { strata, trouble } = await look([NATIVE]);
    expect(trouble).toBeNull();
    expect(total(strata, count(NATIVE))).toEqual({ control: 90, candidate: 50 });
    expect(total(strata, (arm) => arm.events[NATIVE.event]?.sum).candidate).toBeCloseTo(40 * 100 + 10 * 1600, 6);
    const bins = strata.map(({ candidate }) => candidate.events[NATIVE.event]?.histogram.counts ?? {});
    const slow = bins.flatMap((counts) => Object.entries(counts)).filter(([bin]) => Number(bin) > 8 * Math.log2(1000));
    expect(slow.reduce((all, [, inBin]) => all + inBin, 0)).toBe(10);
  });

  it('go on counting over a restart of the service, which resets its counters', async () => {
    service.serve(50, { variant: 'off', seconds: 0.05 });
    service.serve(40, { variant: 'on', seconds: 0.05, failed: true });
    await prometheus.scraped();
    service.restart();
    service.serve(30, { variant: 'off', seconds: 0.05 });
    service.serve(20, { variant: 'on', seconds: 0.05, failed: true });
    await prometheus.scraped();
    const { strata } = await look([ERRORS, SLOW, NATIVE]);
    for (const each of [ERRORS, SLOW, NATIVE]) {
      expect([each.name, total(strata, count(each))]).toEqual([each.name, { control: 80, candidate: 60 }]);
    }
    expect(total(strata, errors(ERRORS))).toEqual({ control: 0, candidate: 60 });
  });

  it('lose nothing when scrapes are missed', async () => {
    service.refuseScrapes(true);
    service.serve(120, { variant: 'off', seconds: 0.05 });
    service.serve(80, { variant: 'on', seconds: 0.05 });
    await prometheus.scraped();
    service.refuseScrapes(false);
    await prometheus.scraped();
    const { strata, trouble } = await look([ERRORS]);
    expect(trouble).toBeNull();
    expect(total(strata, count(ERRORS))).toEqual({ control: 120, candidate: 80 });
  });

  it('leave out what was counted across a change of the weight, and know the weights', async () => {
    await prometheus.scraped();
    const changedAt = Date.now();
    service.serve(500, { variant: 'on', seconds: 0.05 });
    // SDKs take two seconds to follow, and the scrape after that is the first one that is clean.
    await sleep(2000);
    await prometheus.scraped();
    service.serve(60, { variant: 'on', seconds: 0.05 });
    await prometheus.scraped();
    const ramping = new PrometheusMetricSource({
      clients: new Map([['default', new PrometheusClient(PrometheusSourceConfig.parse({ url: prometheus.url }))]]),
      transitionsOf: async () => [
        { transition: 1, atMs: startedAt },
        { transition: 2, atMs: changedAt },
      ],
    });
    const { strata } = await ramping.fetch({ ...query([ERRORS]), weights: { '1': 5, '2': 25 } });
    const at = (transition: number) => strata.filter((stratum) => stratum.transition === transition);
    expect(new Set(at(2).map(({ weight }) => weight))).toEqual(new Set([25]));
    expect(total(at(2), count(ERRORS))).toEqual({ control: 0, candidate: 60 });
    expect(total(at(1), count(ERRORS))).toEqual({ control: 0, candidate: 0 });
  });

  it('divide by segment where the selector names its label', async () => {
    const bySegment = metric({
      name: 'regions',
      kind: 'error_rate',
      prometheus: {
        requests: selector('shop_requests_total', ',region="{{segment}}"'),
        errors: selector('shop_requests_total', ',region="{{segment}}",code="500"'),
      },
    });
    service.serve(30, { variant: 'off', seconds: 0.05, region: 'eu' });
    service.serve(20, { variant: 'on', seconds: 0.05, region: 'eu', failed: true });
    service.serve(10, { variant: 'on', seconds: 0.05, region: 'us' });
    await prometheus.scraped();
    const { strata } = await look([bySegment], { segments: ['eu'] });
    expect(total(strata, count(bySegment), 'eu')).toEqual({ control: 30, candidate: 20 });
    expect(total(strata, errors(bySegment), 'eu')).toEqual({ control: 0, candidate: 20 });
    expect(total(strata, count(bySegment))).toEqual({ control: 30, candidate: 30 });
    expect(strata.some(({ segment }) => segment === 'us')).toBe(false);
  });

  it('take expressions that count by themselves, with their extrapolation', async () => {
    const increase = (more = '') => `sum(increase(shop_requests_total{variant="{{variant}}"${more}}[{{window}}]))`;
    const expressed = metric({
      name: 'expressed',
      kind: 'error_rate',
      prometheus: { requests: increase(), errors: increase(',code="500"') },
    });
    for (let scrape = 0; scrape < 8; scrape++) {
      service.serve(30, { variant: 'off', seconds: 0.05 });
      service.serve(30, { variant: 'on', seconds: 0.05 });
      await prometheus.scraped();
    }
    const { strata, trouble } = await look([expressed], { windowMs: 5000, nowMs: Date.now() + 16_000 });
    expect(trouble).toBeNull();
    const { control, candidate } = total(strata, count(expressed));
    // `increase` loses what came about between two windows and stretches the rest: near the 240 that were served, not at it.
    expect(control).toBeGreaterThan(80);
    expect(control).toBeLessThan(400);
    // Both arms are scraped at once, but windows cut their growth where a scrape happens to fall.
    expect(candidate / control).toBeGreaterThan(0.7);
    expect(candidate / control).toBeLessThan(1.4);
  });

  it('join the windows of Headgate itself, whose findings count even while Prometheus is in trouble', async () => {
    const own: Stratum = {
      windowStartAt: Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS,
      windowMs: WINDOW_MS,
      transition: 1,
      weight: 50,
      segment: '*',
      control: givenArm({ exposures: 40 }),
      candidate: givenArm({ exposures: 41 }),
    };
    const reported = metric({ name: 'reported', kind: 'error_rate' });
    service.serve(50, { variant: 'on', seconds: 0.05 });
    await prometheus.scraped();
    const sources = { own: { fetchStrata: async () => [own] }, prometheus: source() };
    const joined = await collectStrata(sources, query([reported, ERRORS]));
    const ofOwn = joined.strata.filter(({ windowStartAt }) => windowStartAt === own.windowStartAt);
    expect(ofOwn).toHaveLength(1);
    expect(Object.keys(ofOwn[0]?.candidate.events ?? {})).toContain('request');
    expect(ofOwn[0]?.candidate.exposures).toBe(41);
    expect(total(joined.strata, count(ERRORS)).candidate).toBe(50);

    const dead = new PrometheusClient(PrometheusSourceConfig.parse({ url: 'http://127.0.0.1:9' }));
    const alone = await collectStrata({ ...sources, prometheus: source(dead) }, query([reported, ERRORS]));
    expect(alone.strata).toEqual([own]);
    expect(alone.trouble).toMatchObject({ quality: 'source_down' });
  });

  it('give infrastructure series over time', async () => {
    service.serve(10, { variant: 'off', seconds: 0.05 });
    await prometheus.scraped();
    const client = new PrometheusClient(PrometheusSourceConfig.parse({ url: prometheus.url }));
    const toMs = Date.now();
    const series = await queryRange(client, {
      expression: 'sum by (job) (scrape_samples_scraped)',
      fromMs: toMs - 2000,
      toMs,
      stepMs: 500,
    });
    expect(series.map(({ labels }) => labels['job']).sort()).toEqual(['native', 'shop']);
    expect(series[0]?.points.length).toBeGreaterThan(1);
    await expect(queryRange(client, { expression: '1', fromMs: 0, toMs, stepMs: 1 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('data that is missing', () => {
  const withLabel = (requests: string, errorsAt = requests) =>
    metric({ name: 'wrong', kind: 'error_rate', prometheus: { requests, errors: errorsAt } });

  it('is told apart: label, value, condition, metric', async () => {
    const wrong = [
      [withLabel('shop_plain_requests_total{variant="{{variant}}"}'), 'label_missing', 'has the label variant'],
      [withLabel('shop_requests_total{variant="v-{{variant}}"}'), 'label_missing', 'there are variant='],
      [
        withLabel('shop_request_total{variant="{{variant}}"}'),
        'no_traffic',
        'There are no series shop_request_total{}',
      ],
      [
        withLabel(selector('shop_requests_total'), selector('shop_requests_total', ',status=~"5.."')),
        'label_missing',
        'has the label status, which the plan asks for',
      ],
    ] as const;
    for (const [each, quality, words] of wrong) {
      const { trouble } = await look([each]);
      expect(trouble).toMatchObject({ quality, metric: 'wrong' });
      expect(trouble?.detail).toContain(words);
    }
  });

  it('is a bucket that the histogram does not have: the answer names those around it', async () => {
    service.serve(10, { variant: 'on', seconds: 0.3 });
    await prometheus.scraped();
    const { strata, trouble } = await look([{ ...SLOW, threshold: 300 }]);
    expect(trouble).toMatchObject({ quality: 'label_missing', metric: 'slow' });
    expect(trouble?.detail).toContain('le="0.3"');
    expect(trouble?.detail).toContain('0.25 and 0.5');
    expect(strata).toEqual([]);
  });

  it('is no traffic when a scraped service has none, which is no trouble of the source', async () => {
    await prometheus.scraped();
    const { strata, trouble } = await look([ERRORS]);
    expect(trouble).toBeNull();
    expect(strata.length).toBeGreaterThan(0);
    expect(total(strata, count(ERRORS))).toEqual({ control: 0, candidate: 0 });
  });

  it('is an arm that nobody has met', async () => {
    service.restart();
    service.serve(10, { variant: 'off', seconds: 0.05 });
    await prometheus.scraped();
    const { trouble } = await source().fetch({ ...query([ERRORS]), candidate: 'unmet' });
    expect(trouble).toMatchObject({ quality: 'no_traffic', metric: 'errors' });
    expect(trouble?.detail).toContain('variant="unmet"');
  });

  it('is stale when the service is scraped no more, and comes back by itself', async () => {
    const later = Date.now() + 110_000;
    service.refuseScrapes(true);
    await prometheus.scraped();
    expect((await look([ERRORS], { nowMs: later })).trouble).toMatchObject({ quality: 'stale', metric: 'errors' });
    service.refuseScrapes(false);
    await prometheus.scraped();
    expect((await look([ERRORS])).trouble).toBeNull();
  });

  it('is a source that is down, and comes back by itself', async () => {
    await prometheus.stop();
    const { strata, trouble } = await look([ERRORS]);
    expect(strata).toEqual([]);
    expect(trouble).toMatchObject({ quality: 'source_down' });
    expect(trouble?.detail).toBe("Prometheus 'default': no connection (ECONNREFUSED)");
    await prometheus.start();
    await prometheus.scraped();
    expect((await look([ERRORS])).trouble).toBeNull();
  });

  it('is a source that the worker does not know, or not for this environment', async () => {
    const restricted = new PrometheusClient(
      PrometheusSourceConfig.parse({ url: prometheus.url, environments: ['staging'] }),
    );
    const { trouble } = await source(restricted).fetch(query([ERRORS]));
    expect(trouble).toMatchObject({ quality: 'source_down' });
    expect(trouble?.detail).toContain("for environment 'production'");
  });
});
