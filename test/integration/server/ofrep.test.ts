import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature as ServerOpenFeature } from '@openfeature/server-sdk';
import { OpenFeature as WebOpenFeature } from '@openfeature/web-sdk';
import { request, type IncomingMessage } from 'node:http';
import { givenFlagBody, givenServer, type ServerUnderTest } from '../../support/server-under-test';

let server: ServerUnderTest;
let url: string;
let sdk: string;
let admin: string;

beforeAll(async () => {
  server = await givenServer();
  url = await server.app.listen({ host: '127.0.0.1', port: 0 });
  admin = await server.token('admin');
  sdk = await server.token('sdk', 'production');
  await givenFlag('dark-mode', givenFlagBody({ defaultVariant: 'on' }));
  await givenFlag('theme', {
    type: 'string',
    variants: { blue: 'blue', red: 'red' },
    defaultVariant: 'blue',
    offVariant: 'blue',
    rules: [
      { name: 'norwegians', if: { attribute: 'country', operator: 'equals', value: 'NO' }, serve: { variant: 'red' } },
    ],
  });
  await givenFlag('limit', {
    type: 'number',
    variants: { few: 1.5, many: 7 },
    defaultVariant: 'few',
    offVariant: 'few',
  });
  await givenFlag('layout', {
    type: 'object',
    variants: { a: { columns: [1, 2] } },
    defaultVariant: 'a',
    offVariant: 'a',
  });
  await givenFlag('off', givenFlagBody({ enabled: false }));
});
afterAll(() => server.close());

async function givenFlag(key: string, body: Record<string, unknown>): Promise<void> {
  const put = { as: admin, body };
  const answer = await server.call('PUT', `/v1/environments/production/flags/${key}`, put);
  expect([200, 201]).toContain(answer.statusCode);
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${url}/ofrep/v1/evaluate/flags${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sdk}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
  };
}

const ada = { targetingKey: 'ada', country: 'SE' };

describe('one flag by OFREP', () => {
  it('has value, variant and reason', async () => {
    expect(await post('/dark-mode', { context: ada })).toMatchObject({
      status: 200,
      body: { key: 'dark-mode', value: true, variant: 'on', reason: 'STATIC' },
    });
    const norwegian = { context: { ...ada, country: 'NO' } };
    expect((await post('/theme', norwegian)).body).toMatchObject({ value: 'red', reason: 'TARGETING_MATCH' });
    expect((await post('/off', { context: ada })).body).toMatchObject({ value: false, reason: 'DISABLED' });
    expect((await post('/layout', { context: ada })).body['value']).toEqual({ columns: [1, 2] });
  });

  it('that no rule fits says so in a word of the protocol, and in ours', async () => {
    const { body } = await post('/theme', { context: ada });
    expect(body).toMatchObject({ value: 'blue', reason: 'UNKNOWN', metadata: { evaluationReason: 'DEFAULT' } });
  });

  it('that is not there is 404 with its key', async () => {
    expect(await post('/nowhere', { context: ada })).toMatchObject({
      status: 404,
      body: { key: 'nowhere', errorCode: 'FLAG_NOT_FOUND' },
    });
  });

  it.each([
    ['no JSON', '{', 'PARSE_ERROR'],
    ['no context', '{}', 'INVALID_CONTEXT'],
    ['a list for a context', '{"context":[]}', 'INVALID_CONTEXT'],
    ['no targeting key', '{"context":{}}', 'TARGETING_KEY_MISSING'],
    ['a number for a targeting key', '{"context":{"targetingKey":7}}', 'INVALID_CONTEXT'],
    ['an empty body', '', 'PARSE_ERROR'],
  ])('is refused for %s', async (_what, body, errorCode) => {
    expect(await post('/theme', body)).toMatchObject({ status: 400, body: { key: 'theme', errorCode } });
    expect(await post('', body)).toMatchObject({ status: 400, body: { errorCode } });
  });

  it('is refused to callers without a token for it', async () => {
    expect((await post('/theme', { context: ada }, { authorization: 'Bearer nobody' })).status).toBe(401);
    expect((await post('/theme', { context: ada }, { authorization: `Bearer ${admin}` })).status).toBe(403);
    const withKey = await post('/theme', { context: ada }, { authorization: '', 'x-api-key': sdk });
    expect(withKey.status).toBe(200);
  });

  it('is not evaluated for a context beyond the bound', async () => {
    const huge = { context: { ...ada, text: 'x'.repeat(70_000) } };
    expect(await post('/theme', huge)).toMatchObject({ status: 400, body: { key: 'theme', errorCode: 'PARSE_ERROR' } });
    expect((await post('', huge)).body).toEqual({
      errorCode: 'PARSE_ERROR',
      errorDetails: expect.any(String) as string,
    });
    const wide = {
      context: { ...ada, ...Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`a${at}`, at])) },
    };
    expect(await post('/theme', wide)).toMatchObject({ status: 400, body: { errorCode: 'INVALID_CONTEXT' } });
  });

  it('refuses a stranger whose body is beyond the bound as a stranger', async () => {
    const huge = { context: { ...ada, text: 'x'.repeat(70_000) } };
    expect((await post('/theme', huge, { authorization: 'Bearer nobody' })).status).toBe(401);
  });

  it('is evaluated for a context that comes in pieces', async () => {
    const body = JSON.stringify({ context: { ...ada, name: 'Åda' } });
    // Within the two bytes of a letter.
    const cut = Buffer.from(body).indexOf(0xc3) + 1;
    const answered = new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${sdk}` };
      const asked = request(`${url}/ofrep/v1/evaluate/flags/theme`, { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', reject);
      asked.write(Buffer.from(body).subarray(0, cut), () => asked.end(Buffer.from(body).subarray(cut)));
    });
    expect(await answered).toBe(200);
  });

  it('takes no other method and no other path', async () => {
    const get = await fetch(`${url}/ofrep/v1/evaluate/flags/theme`, { headers: { authorization: `Bearer ${sdk}` } });
    expect(get.status).toBe(405);
    expect(get.headers.get('allow')).toContain('POST');
    expect((await fetch(`${url}/ofrep/v1/elsewhere`, { method: 'POST' })).status).toBe(404);
    expect((await post('/a/b', { context: ada })).status).toBe(404);
    expect((await post('/%E0%A4%A', { context: ada })).status).toBe(404);
  });
});

describe('all flags by OFREP', () => {
  it('come with a tag that stands while the answer does', async () => {
    const first = await post('', { context: ada });
    expect(first.status).toBe(200);
    const flags = first.body['flags'] as { key: string }[];
    expect(flags.map(({ key }) => key)).toEqual(['dark-mode', 'layout', 'limit', 'off', 'theme']);
    const etag = first.headers.get('etag') ?? '';
    const again = await post('', { context: ada }, { 'if-none-match': etag });
    expect([again.status, again.headers.get('etag')]).toEqual([304, etag]);
    const other = await post('', { context: { ...ada, country: 'NO' } }, { 'if-none-match': etag });
    expect(other.status).toBe(200);
  });

  it('change their tag with a flag', async () => {
    const before = await post('', { context: ada });
    await givenFlag('limit', {
      type: 'number',
      variants: { few: 2, many: 7 },
      defaultVariant: 'few',
      offVariant: 'few',
    });
    const after = await post('', { context: ada }, { 'if-none-match': before.headers.get('etag') ?? '' });
    expect(after.status).toBe(200);
    expect(JSON.stringify(after.body['flags'])).toContain('"value":2');
  });

  it('name a stream that tells of changes at once, and where things stand to whoever comes back', async () => {
    const { body } = await post('', { context: ada });
    const [stream] = body['eventStreams'] as { type: string; endpoint: { requestUri: string } }[];
    const path = stream?.endpoint.requestUri ?? '';
    const events = await givenStream(`${url}${path}`);
    const standing = await events.next();
    await givenFlag('dark-mode', givenFlagBody({ defaultVariant: 'off' }));
    const changed = await events.next();
    expect(JSON.parse(changed.data)).toMatchObject({ type: 'refetchEvaluation' });
    expect(changed.id).not.toBe(standing.id);
    events.close();
    // Nothing is news to one who has seen the last; the next change is.
    const back = await givenStream(`${url}${path}`, changed.id);
    await givenFlag('dark-mode', givenFlagBody({ defaultVariant: 'on' }));
    expect((await back.next()).id).not.toBe(changed.id);
    back.close();
    expect((await fetch(`${url}/ofrep/v1/stream?ticket=forged.ticket`)).status).toBe(401);
    expect((await fetch(`${url}/ofrep/v1/stream`)).status).toBe(401);
  });
});

describe('a public key', () => {
  it('sees the flags that are marked for clients, and not that there are others', async () => {
    const client = await server.token('client', 'production');
    const as = { authorization: `Bearer ${client}` };
    await givenFlag('public', givenFlagBody({ client: true }));
    expect((await post('/public', { context: ada }, as)).status).toBe(200);
    expect(await post('/theme', { context: ada }, as)).toMatchObject({
      status: 404,
      body: { errorCode: 'FLAG_NOT_FOUND' },
    });
    const all = await post('', { context: ada }, as);
    expect((all.body['flags'] as { key: string }[]).map(({ key }) => key)).toEqual(['public']);
  });
});

describe("OpenFeature's own providers, unchanged", () => {
  afterAll(async () => {
    await Promise.all([ServerOpenFeature.close(), WebOpenFeature.close()]);
  });

  it('for servers evaluate here', async () => {
    const provider = new OFREPProvider({ baseUrl: url, headers: [['Authorization', `Bearer ${sdk}`]] });
    await ServerOpenFeature.setProviderAndWait('ofrep', provider);
    const client = ServerOpenFeature.getClient('ofrep');
    expect(await client.getStringValue('theme', 'none', { ...ada, country: 'NO' })).toBe('red');
    expect(await client.getObjectValue('layout', {}, ada)).toEqual({ columns: [1, 2] });
    expect(await client.getBooleanDetails('nowhere', true, ada)).toMatchObject({
      value: true,
      errorCode: 'FLAG_NOT_FOUND',
    });
    expect(await client.getNumberDetails('theme', 5, ada)).toMatchObject({ value: 5, errorCode: 'TYPE_MISMATCH' });
  });

  it('for the web evaluate here, and poll by the tag', async () => {
    const provider = new OFREPWebProvider({
      baseUrl: url,
      pollInterval: 100,
      headers: [['Authorization', `Bearer ${sdk}`]],
    });
    await WebOpenFeature.setContext('ofrep', { ...ada, country: 'NO' });
    await WebOpenFeature.setProviderAndWait('ofrep', provider);
    const client = WebOpenFeature.getClient('ofrep');
    expect(client.getStringValue('theme', 'none')).toBe('red');
    const changed = new Promise((resolve) => client.addHandler('PROVIDER_CONFIGURATION_CHANGED' as never, resolve));
    await givenFlag('limit', {
      type: 'number',
      variants: { few: 3, many: 7 },
      defaultVariant: 'few',
      offVariant: 'few',
    });
    await changed;
    expect(client.getNumberValue('limit', 0)).toBe(3);
  });
});

describe('what is remembered between evaluations', () => {
  it('serves neither a flag as it was nor a token that was revoked', async () => {
    const { id, token } = await server
      .call('POST', '/v1/tokens', { as: admin, body: { name: 'gone', role: 'sdk', environment: 'production' } })
      .then((answer) => answer.json<{ id: string; token: string }>());
    const headers = { authorization: `Bearer ${token}` };
    await givenFlag('short-lived', givenFlagBody({ defaultVariant: 'on' }));
    // The second is answered from memory.
    expect((await post('/short-lived', { context: ada }, headers)).body['value']).toBe(true);
    expect((await post('/short-lived', { context: ada }, headers)).body['value']).toBe(true);
    await givenFlag('short-lived', givenFlagBody({ defaultVariant: 'off' }));
    expect((await post('/short-lived', { context: ada }, headers)).body['value']).toBe(false);
    expect((await server.call('DELETE', `/v1/tokens/${id}`, { as: admin })).statusCode).toBe(204);
    expect((await post('/short-lived', { context: ada }, headers)).status).toBe(401);
  });
});

/** Messages of a Server-Sent Events stream, one at a time. */
async function givenStream(address: string, lastEventId?: string) {
  const waiting: ((message: { id: string; data: string }) => void)[] = [];
  const arrived: { id: string; data: string }[] = [];
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(address, { headers }, resolve).once('error', reject).end();
  });
  expect(response.headers['content-type']).toContain('text/event-stream');
  let rest = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const id = /^id: (.*)$/m.exec(part)?.[1];
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (id === undefined || data === undefined) continue;
      const take = waiting.shift();
      if (take === undefined) arrived.push({ id, data });
      else take({ id, data });
    }
  });
  return {
    next: (): Promise<{ id: string; data: string }> => {
      const message = arrived.shift();
      return message === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(message);
    },
    close: (): void => void response.destroy(),
  };
}
