import { PrometheusSourceConfig } from '../../../../metrics/prometheus/source-config';
import { readWorkerConfig } from '../../../../workers/config';

const problems = (written: unknown) =>
  PrometheusSourceConfig.safeParse(written).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the configuration of a Prometheus', () => {
  it('is an address and nothing else where none is needed', () => {
    expect(PrometheusSourceConfig.parse({ url: 'http://prometheus:9090/prefix' })).toMatchObject({
      name: 'default',
      timeoutMs: 2500,
      delayMs: 0,
    });
  });

  it.each([
    [{ url: 'http://user:secret@prometheus:9090' }, 'url: must not carry credentials'],
    [{ url: 'ftp://prometheus' }, 'url'],
    [{ url: 'http://prometheus:9090', bearerToken: { env: 'T' } }, 'use https'],
    [{ url: 'https://prometheus', bearerToken: { env: 'T', file: '/f' } }, 'either a file or an env'],
    [{ url: 'https://prometheus', bearerToken: 'abc' }, 'bearerToken'],
    [
      { url: 'https://prometheus', bearerToken: { env: 'T' }, basic: { username: 'u', password: { env: 'P' } } },
      'write one',
    ],
  ])('refuses %j', (written, words) => {
    expect(problems(written)?.join('\n')).toContain(words);
  });

  it('may send credentials in the clear on its own machine only', () => {
    expect(problems({ url: 'http://127.0.0.1:9090', bearerToken: { env: 'T' } })).toBeUndefined();
  });

  it('is read from the environment of a worker, one of each name', () => {
    const environment = {
      HEADGATE_MONGODB_URL: 'mongodb://x',
      HEADGATE_TEMPORAL_ADDRESS: 'x:1',
      HEADGATE_SIGNING_KEY: 'k'.repeat(40),
    };
    const sources = [{ url: 'http://a' }, { name: 'shop', url: 'http://b' }];
    const read = (list: unknown) =>
      readWorkerConfig({ ...environment, HEADGATE_PROMETHEUS_SOURCES: JSON.stringify(list) });
    expect(read(sources).HEADGATE_PROMETHEUS_SOURCES.map(({ name }) => name)).toEqual(['default', 'shop']);
    expect(() => read([...sources, { url: 'http://c' }])).toThrow('has two of one name');
  });
});
