import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { prometheusProgram } from './prometheus-binary';
import { givenTempDir } from './temp-dir';

/** What a Prometheus of a test scrapes and how it is reached. */
export interface PrometheusOptions {
  /** Job name → address, such as `127.0.0.1:8080`. */
  readonly targets: Readonly<Record<string, string>>;
  /** Prometheus' own web configuration: TLS and basic authentication. */
  readonly web?: object;
  /** Further parts of its configuration. */
  readonly config?: object;
}

/** A real Prometheus on loopback that scrapes every second. */
export interface PrometheusUnderTest {
  readonly port: number;
  readonly url: string;
  /** Waits until every target was scraped, or tried to be, after this call. */
  scraped(): Promise<void>;
  /** Ends it; the same data and port when it is started again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

export async function givenPrometheus({ targets, web, config = {} }: PrometheusOptions): Promise<PrometheusUnderTest> {
  const folder = givenTempDir();
  const port = await freePort();
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    join(folder, 'prometheus.yml'),
    stringify({
      global: { scrape_interval: '1s', scrape_timeout: '900ms' },
      scrape_configs: Object.entries(targets).map(([job, target]) => ({
        job_name: job,
        static_configs: [{ targets: [target] }],
      })),
      ...config,
    }),
  );
  if (web !== undefined) writeFileSync(join(folder, 'web.yml'), stringify(web));
  const program = await prometheusProgram('prometheus');
  const flags = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=native-histograms',
    '--log.level=error',
    ...(web === undefined ? [] : [`--web.config.file=${join(folder, 'web.yml')}`]),
  ];
  let child: ChildProcess | null = null;
  const underTest: PrometheusUnderTest = {
    port,
    url: `${web !== undefined && 'tls_server_config' in web ? 'https' : 'http'}://127.0.0.1:${port}`,
    async scraped() {
      const asked = Date.now() / 1000;
      const expression = `count(timestamp(up) > ${asked})`;
      const giveUpAt = Date.now() + 20_000;
      while ((await valueOf(port, expression)) < Object.keys(targets).length) {
        if (Date.now() > giveUpAt) throw new Error('Prometheus does not scrape');
        await sleep(50);
      }
    },
    async start() {
      child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
      await untilListening(port, child);
    },
    async stop() {
      const standing = child;
      child = null;
      if (standing === null || standing.exitCode !== null) return;
      const ended = new Promise((resolve) => standing.once('exit', resolve));
      standing.kill('SIGTERM');
      await ended;
    },
  };
  await underTest.start();
  return underTest;
}

async function valueOf(port: number, expression: string): Promise<number> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await fetch(url);
  const { data } = (await answer.json()) as { data: { result: [{ value: [number, string] }?] } };
  return Number(data.result[0]?.value[1] ?? 0);
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  for (;;) {
    const answers = await fetch(`http://127.0.0.1:${port}/-/ready`).then(
      // With TLS or a password the answer is a refusal: it listens.
      ({ status }) => status !== 503,
      () => false,
    );
    if (answers) return;
    if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error('Prometheus does not start');
    await sleep(50);
  }
}
