import { Metric } from '../../../../flags/plan/metric';
import { armOf, partQueries, segmentsOf, type SelectorQuery } from '../../../../metrics/prometheus/metric-query';

const NAMES = { flag: 'check.out', environment: 'production', control: 'off', candidate: 'on.v2' };
const queries = (kind: string, prometheus: Record<string, unknown>) =>
  partQueries(Metric.parse({ name: 'm', kind, margin: { absolute: 1 }, prometheus }), NAMES, 60_000);
const selector = (requests: string) => queries('error_rate', { requests })[0] as SelectorQuery;

describe('the query of a selector', () => {
  it('asks for both arms at once, each value taken literally', () => {
    expect(selector('requests_total{job="shop",variant="{{variant}}"}').selector).toBe(
      String.raw`requests_total{job="shop",variant=~"off|on\\.v2"}`,
    );
  });

  it('fills in flag and environment, quoted where the value is a regular expression', () => {
    const text = 'r{env="{{environment}}",flag=~"{{flag}}|x",variant="{{flag}}-{{variant}}"}';
    expect(selector(text).selector).toBe(
      String.raw`r{env="production",flag=~"check\\.out|x",variant=~"check\\.out-off|check\\.out-on\\.v2"}`,
    );
  });

  it('keeps escaped quotes and backslashes as they were', () => {
    const text = String.raw`r{path=~"/a\\d+\"x",variant="{{variant}}"}`;
    expect(selector(text).selector).toContain(String.raw`path=~"/a\\d+\"x"`);
  });

  it('tells arms and segments apart by their labels', () => {
    const query = selector('r{variant="{{variant}}",region="{{segment}}"}');
    expect(query.selector).toBe(String.raw`r{variant=~"off|on\\.v2"}`);
    expect(armOf(query, { variant: 'off' })).toBe('control');
    expect(armOf(query, { variant: 'on.v2' })).toBe('candidate');
    expect(armOf(query, { variant: 'onXv2' })).toBeNull();
    expect(segmentsOf(query, { region: 'eu' }, ['eu'])).toEqual(['*', 'eu']);
    expect(segmentsOf(query, { region: 'us' }, ['eu'])).toEqual(['*']);
  });

  it('reads the sum beside classic buckets, and none beside a native histogram', () => {
    const parts = (histogram: string) => queries('mean_value', { histogram }).map(({ part }) => part);
    expect(parts('seconds_bucket{variant="{{variant}}"}')).toEqual(['histogram', 'histogramSum']);
    expect(parts('seconds{variant="{{variant}}"}')).toEqual(['histogram']);
  });
});

describe('the query of an expression', () => {
  it('is filled in for each arm, with the window', () => {
    const [query] = queries('error_rate', { requests: 'sum(increase(r{v="{{ variant }}"}[{{window}}]))' });
    expect(query).toMatchObject({
      kind: 'expression',
      byArm: { control: 'sum(increase(r{v="off"}[60000ms]))', candidate: 'sum(increase(r{v="on.v2"}[60000ms]))' },
    });
  });
});
