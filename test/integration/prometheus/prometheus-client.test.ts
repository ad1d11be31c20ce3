import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { PrometheusClient } from '../../../metrics/prometheus/prometheus-client';
import { PrometheusSourceConfig } from '../../../metrics/prometheus/source-config';
import { runCommand } from '../../../stack/run-command';
import { givenPrometheus, type PrometheusUnderTest } from '../../support/prometheus-under-test';
import { givenTempDir } from '../../support/temp-dir';

/** bcrypt of `open sesame`, as Prometheus' own web configuration takes it. */
const PASSWORD = 'open sesame';
const PASSWORD_HASH = '$2b$05$ei42fqqtkT7Zaku3PwfSWOdyp4WHWrFNUs6YDlxNqkkgoDHb3.wci';
const TOKEN = 'a-token-that-nobody-may-see';

const now = () => Date.now();
const client = (written: Record<string, unknown>, environment: NodeJS.ProcessEnv = {}) =>
  new PrometheusClient(PrometheusSourceConfig.parse(written), environment);

/** What a refusal says, all of it: message, remedy and details reach records and histories. */
async function refusalOf(asking: Promise<unknown>): Promise<string> {
  const error: unknown = await asking.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
  const { message, remedy, details } = error as { message: string; remedy?: string; details?: unknown };
  return JSON.stringify({ message, remedy, details });
}

/** A key and a certificate for 127.0.0.1, signed by itself. */
async function givenCertificate(folder: string): Promise<{ key: string; certificate: string }> {
  const files = { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') };
  const { code, stderr } = await runCommand(
    'openssl',
    // prettier-ignore
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=prometheus',
      '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', files.key, '-out', files.certificate],
    { timeoutMs: 20_000, env: process.env },
  );
  if (code !== 0) throw new Error(stderr);
  return files;
}

/** Listens on loopback and answers each request in one way. */
async function givenAnswering(
  answer: Parameters<typeof createServer>[1],
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

describe('a Prometheus behind TLS and a password', () => {
  let prometheus: PrometheusUnderTest;
  let certificate: string;
  let passwordFile: string;

  beforeAll(async () => {
    const folder = givenTempDir();
    mkdirSync(join(folder, 'tls'));
    const files = await givenCertificate(join(folder, 'tls'));
    ({ certificate } = files);
    passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
    prometheus = await givenPrometheus({
      targets: {},
      web: {
        tls_server_config: { cert_file: files.certificate, key_file: files.key },
        basic_auth_users: { headgate: PASSWORD_HASH },
      },
    });
  });
  afterAll(() => prometheus.stop());

  const basic = () => ({ username: 'headgate', password: { file: passwordFile } });

  it('answers who has the authority and the password', async () => {
    const asked = client({ url: prometheus.url, caFile: certificate, basic: basic() });
    expect(await asked.instant('vector(42)', now())).toEqual([expect.objectContaining({ labels: {}, value: 42 })]);
  });

  it('is not believed without its authority', async () => {
    const text = await refusalOf(client({ url: prometheus.url, basic: basic() }).instant('vector(1)', now()));
    expect(text).toContain('SELF_SIGNED_CERT');
  });

  it('refuses a wrong password, which the error does not show', async () => {
    const wrong = { username: 'headgate', password: { env: 'SHOP_PASSWORD' } };
    const asked = client({ url: prometheus.url, caFile: certificate, basic: wrong }, { SHOP_PASSWORD: 'open barley' });
    const text = await refusalOf(asked.instant('vector(1)', now()));
    expect(text).toContain('the credentials were refused (HTTP 401)');
    expect(text).not.toContain('barley');
  });

  it('is not asked at all while the secret is missing', async () => {
    const asked = client({
      url: prometheus.url,
      caFile: certificate,
      basic: { username: 'headgate', password: { env: 'SHOP_PASSWORD' } },
    });
    expect(await refusalOf(asked.instant('vector(1)', now()))).toContain('SHOP_PASSWORD is not set');
  });
});

describe('a Prometheus whose other stores fail', () => {
  it('answers in part, which is no answer', async () => {
    const prometheus = await givenPrometheus({
      targets: {},
      config: { remote_read: [{ url: 'http://127.0.0.1:9/read', read_recent: true }] },
    });
    try {
      const text = await refusalOf(client({ url: prometheus.url }).samples('up[1m]', now()));
      expect(text).toContain('the answer is partial');
    } finally {
      await prometheus.stop();
    }
  });
});

describe('asking Prometheus', () => {
  it('says what is wrong with a query', async () => {
    const prometheus = await givenPrometheus({ targets: {} });
    try {
      const text = await refusalOf(client({ url: prometheus.url }).instant('sum(', now()));
      expect(text).toContain('bad_data');
      expect(await refusalOf(client({ url: prometheus.url }).samples('up', now()))).toContain('no samples over time');
    } finally {
      await prometheus.stop();
    }
  });

  it('sends a bearer token, from a file that may be rotated, and never shows it', async () => {
    const seen: (string | undefined)[] = [];
    const proxy = await givenAnswering((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(403, { 'content-type': 'text/html' }).end(`<p>no, ${request.headers.authorization}</p>`);
    });
    const file = join(givenTempDir(), 'token');
    const asked = client({ url: proxy.url, bearerToken: { file } });
    writeFileSync(file, TOKEN);
    const first = await refusalOf(asked.instant('vector(1)', now()));
    writeFileSync(file, 'the-next-token\n');
    await refusalOf(asked.instant('vector(1)', now()));
    await proxy.close();
    expect(seen).toEqual([`Bearer ${TOKEN}`, 'Bearer the-next-token']);
    expect(first).not.toContain(TOKEN);
    expect(first).not.toContain('127.0.0.1');
    expect(first).toContain('the credentials were refused (HTTP 403)');
  });

  it('gives up in time when nothing answers', async () => {
    const sockets = new Set<Socket>();
    const silent = createTcpServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const startedAt = performance.now();
    const text = await refusalOf(client({ url, timeoutMs: 300 }).instant('vector(1)', now()));
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(text).toContain('no answer within 300 ms');
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('refuses answers that are too large, not of the API, or elsewhere', async () => {
    const answers: Parameters<typeof createServer>[1][] = [
      (_request, response) => response.end('x'.repeat(5000)),
      (_request, response) => response.end('<html>a login page</html>'),
      (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' }).end(),
    ];
    const words = ['more than 2000 bytes', 'HTTP 200 without an answer of the query API', 'redirects (HTTP 302)'];
    for (const [index, answer] of answers.entries()) {
      const proxy = await givenAnswering(answer);
      const text = await refusalOf(client({ url: proxy.url, maxAnswerBytes: 2000 }).instant('vector(1)', now()));
      expect(text).toContain(words[index]);
      await proxy.close();
    }
  });
});
