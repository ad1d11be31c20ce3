import { PrometheusSourceConfig } from '../../../metrics/prometheus/source-config';
import type { ExperimentAnswer } from '../../../cli/render/experiment-lines';
import { newEnvironmentPath, OperatedServer } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';
import { givenPrometheus, type PrometheusUnderTest } from '../../support/prometheus-under-test';
import { ScrapedService } from '../../support/scraped-service';
import { QUICK_LOOKS } from '../../support/started-experiment';

const selector = (name: string, more = '') => `${name}{variant="{{variant}}"${more}}`;
const ERRORS = { requests: selector('shop_requests_total'), errors: selector('shop_requests_total', ',code=~"5.."') };

describe('an experiment whose metrics are read from a real Prometheus', () => {
  let service: ScrapedService;
  let prometheus: PrometheusUnderTest;
  let operated: OperatedServer;
  let base: string;

  beforeAll(async () => {
    service = await ScrapedService.start();
    prometheus = await givenPrometheus({ targets: { shop: service.address } });
    const source = PrometheusSourceConfig.parse({ url: prometheus.url });
    operated = await OperatedServer.open('scraped', {}, { HEADGATE_PROMETHEUS_SOURCES: [source] });
    base = newEnvironmentPath();
    const variants = { plain: 'plain', green: 'green', blue: 'blue' };
    await operated.createFlag(base, 'button', {
      type: 'string',
      variants,
      defaultVariant: 'plain',
      offVariant: 'plain',
    });
    // Counters are there before anybody is in an arm, as those of a service that runs.
    for (const variant of Object.keys(variants)) service.serve(100, { variant, seconds: 0.05 });
    await prometheus.scraped();
  }, 240_000);
  afterAll(async () => {
    await operated.close();
    await prometheus.stop();
    await service.close();
  }, 120_000);

  const read = async (): Promise<ExperimentAnswer> => (await operated.get(`${base}/experiments/button`)).json();

  async function start(change: Record<string, unknown> = {}): Promise<void> {
    const experiment = {
      flag: 'button',
      treatments: ['green', 'blue'],
      metrics: [
        { name: 'failed', kind: 'error_rate', prometheus: ERRORS },
        {
          name: 'fast',
          kind: 'mean_value',
          direction: 'lower_is_better',
          prometheus: { histogram: selector('shop_request_duration_seconds_bucket') },
          role: 'secondary',
        },
        { name: 'errors', kind: 'error_rate', role: 'guardrail', margin: '10pp', prometheus: ERRORS },
      ],
      duration: '10m',
      ...QUICK_LOOKS,
      lease: '30s',
      ...change,
    };
    const begun = await pollUntil(
      () => operated.post(`${base}/experiments`, { experiment }),
      ({ statusCode }) => statusCode !== 409,
    );
    expect([begun.statusCode, begun.body]).toEqual([201, expect.any(String)]);
    await pollUntil(read, ({ phase }) => phase === 'running');
  }

  /** Counts requests of each variant all the time, of which these shares fail, until the experiment has ended. */
  async function serveUntilEnded(shares: Readonly<Record<string, number>>): Promise<ExperimentAnswer> {
    const beat = setInterval(() => {
      for (const [variant, share] of Object.entries(shares)) {
        service.serve(20 - Math.round(20 * share), { variant, seconds: 0.05 });
        service.serve(Math.round(20 * share), { variant, seconds: 0.05, failed: true });
      }
    }, 200);
    try {
      return await pollUntil(read, ({ outcome }) => outcome !== null, 150_000);
    } finally {
      clearInterval(beat);
    }
  }

  it('concludes with the treatment that fails less, each arm counted by its own series', async () => {
    await start();
    const ended = await serveUntilEnded({ plain: 0.3, green: 0.05, blue: 0.1 });
    expect(ended).toMatchObject({ outcome: 'concluded', conclusion: { kind: 'winner', winners: ['green', 'blue'] } });
    expect(ended.lastLook?.standing.doubts).toEqual([]);
    const all = await read();
    const effect = (variant: string) =>
      all.analysis?.arms.find((arm) => arm.variant === variant)?.effects.find(({ metric }) => metric === 'failed');
    expect(effect('green')?.effect).toBeCloseTo(-0.25, 1);
    expect(effect('blue')?.effect).toBeCloseTo(-0.2, 1);
  }, 240_000);

  it('is stopped by a guardrail that it reads there', async () => {
    await start({ treatments: ['blue'], endOnDecision: false, profile: 'fast' });
    const ended = await serveUntilEnded({ plain: 0.05, blue: 0.6 });
    expect(ended).toMatchObject({ outcome: 'stopped', conclusion: { kind: 'harm' } });
  }, 240_000);
});
