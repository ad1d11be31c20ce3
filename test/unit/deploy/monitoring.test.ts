import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { parse } from 'yaml';
import { ServerMetrics } from '../../../server/metrics/server-metrics';
import { WorkerMetrics } from '../../../workers/metrics/worker-metrics';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets?: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

const root = join(__dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { groups } = parse(read('deploy/prometheus/rules/headgate.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const dashboard = JSON.parse(read('deploy/grafana/headgate.json')) as Dashboard;
const dashboardQueries = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.flatMap(({ definition }) => definition ?? []),
];
/** Made by Prometheus itself. */
const ITS_OWN = new Set(['up', 'ALERTS']);

/** Every series name that a registry exposes. */
async function exposedBy(registry: Registry): Promise<string[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, type }) =>
    // The library's types know no names of types, only numbers; at run time they are names.
    String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
}

/** Names of series in PromQL: what stands before a brace, a bracket, or by itself, and is no function, label or keyword. */
function seriesIn(expression: string): string[] {
  const plain = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/label_values\(([^,]+),[^)]*\)/, '$1')
    .replace(/\[[^\]]*\]|\boffset\s+\w+/g, '');
  const keywords = new Set(['or', 'and', 'unless', 'bool', 'le']);
  return [...plain.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w)(?!\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !keywords.has(name) && !/^\d/.test(name));
}

describe('recording rules, alerts and dashboard', () => {
  let exposed: Set<string>;
  const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

  beforeAll(async () => {
    const server = new ServerMetrics().collectProcess();
    exposed = new Set([...(await exposedBy(server.registry)), ...(await exposedBy(new WorkerMetrics().registry))]);
    server.registry.clear();
  });

  it('are found to name series by a reader that finds them', () => {
    expect(seriesIn('sum by (a, b) (rate(x_total{c=~"d|e"}[5m] offset 1h)) / max(y) > 2 or vector(0)')).toEqual([
      'x_total',
      'y',
    ]);
  });

  it('name only series that a server or worker exposes, or that a rule records', () => {
    const named = [...rules.map(({ expr }) => expr), ...dashboardQueries].flatMap(seriesIn);
    expect(named.length).toBeGreaterThan(60);
    const unknown = named.filter((name) => !exposed.has(name) && !recorded.has(name) && !ITS_OWN.has(name));
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('use each metric of Headgate somewhere', () => {
    const queries = [...rules.map(({ expr }) => expr), ...dashboardQueries].join('\n');
    const own = [...exposed].filter((name) => name.startsWith('headgate_') && !/_(sum|count)$/.test(name));
    expect(own.length).toBeGreaterThan(25);
    expect(own.filter((name) => !queries.includes(name))).toEqual([]);
  });

  it('have a place in the documentation for each alert, and no other', () => {
    const headings = [...read('docs/operating.md').matchAll(/^### (Headgate\w+)$/gm)].map(([, name]) => name);
    expect(headings.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
    for (const { alert = '', annotations = {}, labels = {} } of alerts) {
      expect(annotations['runbook']).toBe(`docs/operating.md#${alert.toLowerCase()}`);
      expect(annotations['summary']).toBeTruthy();
      expect(labels['severity']).toMatch(/^(critical|warning|info)$/);
    }
  });

  it('are scraped and loaded as Compose mounts them', () => {
    const config = parse(read('deploy/prometheus/prometheus.yml')) as {
      rule_files: string[];
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[];
    };
    const compose = parse(read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { environment?: Record<string, string>; volumes?: string[] }>;
    };
    expect(config.rule_files).toEqual(['/etc/prometheus/rules/*.yml']);
    expect(compose.services['prometheus']?.volumes).toContain('./deploy/prometheus/rules:/etc/prometheus/rules:ro');
    for (const { job_name: job, dns_sd_configs: [discovery] = [] } of config.scrape_configs) {
      const [service = ''] = discovery?.names ?? [];
      if (discovery === undefined) continue;
      const { environment = {} } = compose.services[service] ?? {};
      const port =
        job === 'temporal-sdk'
          ? environment['HEADGATE_TEMPORAL_METRICS_ADDRESS']?.split(':').at(-1)
          : environment['HEADGATE_METRICS_PORT'];
      expect([job, port]).toEqual([job, String(discovery.port)]);
    }
  });

  it('have panels that Grafana can tell apart', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
