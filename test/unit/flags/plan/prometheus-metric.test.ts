import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePlan } from '../../../../flags/plan/parse-plan';
import { resolvePlan, tryResolvePlan } from '../../../../flags/plan/resolve-plan';

const plan = (metric: Record<string, unknown>) => ({
  flag: 'checkout-v2',
  candidate: 'on',
  environment: 'production',
  metrics: [{ name: 'errors', kind: 'error_rate', ...metric }],
});
const problems = (metric: Record<string, unknown>) =>
  tryResolvePlan(plan(metric), {}).problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
const requests = 'requests_total{variant="{{variant}}"}';
const errors = 'requests_total{variant="{{variant}}",code=~"5.."}';

describe('a metric from Prometheus', () => {
  it('has its source, unit and totals filled in, and windows no shorter than scrapes are apart', () => {
    const histogram = 'request_duration_seconds_bucket{variant="{{variant}}"}';
    const resolved = resolvePlan(plan({ kind: 'mean_value', prometheus: { histogram } }));
    expect(resolved.metrics[0]).toMatchObject({
      event: 'prometheus:errors',
      prometheus: { source: 'default', unit: 'seconds', histogram },
    });
    expect(resolved.windowMs).toBe(60_000);
    expect(resolvePlan({ ...plan({ prometheus: { requests, errors } }), window: '15s' })).toMatchObject({
      windowMs: 15_000,
      metrics: [{ prometheus: { unit: 'none' } }],
    });
  });

  it.each([
    [{ requests }, 'error_rate needs requests and errors; here stand requests'],
    [{ requests, errors, sum: requests }, 'error_rate needs requests and errors; here stand requests, errors, sum'],
    [{ requests: 'requests_total', errors }, 'names no variant'],
    [{ requests: 'sum(r{variant="{{variant}}"})', errors }, 'is no selector of counters'],
    [{ requests: 'r{variant="{{arm}}"}', errors }, '{{arm}} is not known'],
    [{ requests: 'r{variant=~"{{variant}}.*"}', errors }, '{{variant}} is compared with ='],
    [
      { requests: 'sum(increase(r{variant="{{variant}}",s="{{segment}}"}[{{window}}]))', errors },
      '{{segment}} works in',
    ],
    [{ requests: 'r{variant="{{variant}}"} or vector(1)', errors }, 'is no selector of counters'],
  ])('is refused when its parts do not fit: %j', (prometheus, words) => {
    expect(problems({ prometheus }).join('\n')).toContain(words);
  });

  it('is refused for kinds that it cannot give, and beside an event', () => {
    expect(problems({ kind: 'events_per_exposure', prometheus: { requests } })[0]).toContain('cannot be read');
    expect(problems({ event: 'order', prometheus: { requests, errors } })).toEqual([
      'metrics.0.event: is for reported events; a metric with prometheus has none',
    ]);
  });

  it('may have more thresholds than evaluators can count', () => {
    const metrics = Array.from({ length: 10 }, (_, index) => ({
      name: `slow${index}`,
      kind: 'slower_than',
      threshold: `${index + 1}00ms`,
      prometheus: { histogram: 's_seconds_bucket{variant="{{variant}}"}' },
    }));
    expect(tryResolvePlan({ ...plan({}), metrics }, {}).problems).toEqual([]);
  });

  it('is written in YAML as it stands in the documentation', () => {
    const page = readFileSync(join(__dirname, '../../../../docs/prometheus.md'), 'utf8');
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    const { plan: written } = parsePlan(text);
    expect(written.metrics.map(({ event, prometheus }) => [event, prometheus?.unit])).toEqual([
      ['prometheus:errors', 'none'],
      ['prometheus:slow', 'seconds'],
    ]);
  });
});
