import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { fetchTransport, nodeTransport, type Transport } from '../../../sdk/src/transport';

const { signal } = new AbortController();

describe.each([
  ['node:http', nodeTransport],
  ['fetch', () => fetchTransport(fetch)],
])('requests by %s', (_name, make: () => Transport) => {
  let server: Server;
  let answer: RequestListener;
  let url: string;
  const transport = make();

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  });
  afterAll(async () => {
    transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('send method, headers and body, and give status, headers and body', async () => {
    answer = (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { method, headers } = request;
        const told = [method, headers['x-a'], Buffer.concat(parts).toString()].join(' ');
        response.writeHead(202, { etag: '"e"' }).end(told);
      });
    };
    const response = await transport.send(url, { method: 'POST', headers: { 'x-a': 'b' }, body: 'grüße', signal });
    expect([response.status, response.header('etag'), response.header('none')]).toEqual([202, '"e"', undefined]);
    expect((await response.read()).toString()).toBe('POST b grüße');
  });

  it('read bodies of known and unknown length, and compressed ones', async () => {
    const body = Buffer.alloc(300_000, 'lines\n');
    const read = async (): Promise<Buffer> => (await transport.send(url, { headers: {}, signal })).read();
    answer = (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body);
    expect((await read()).equals(body)).toBe(true);
    answer = (_, response) => void response.write(body, () => response.end());
    expect((await read()).equals(body)).toBe(true);
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
    expect((await read()).equals(body)).toBe(true);
  });

  it('fail when an answer is cut off', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('half', () => response.destroy());
    };
    const response = await transport.send(url, { headers: {}, signal });
    await expect(response.read()).rejects.toThrow();
  });

  it('try again when a kept connection was closed before it was used', async () => {
    let asked = 0;
    answer = (_, response) => {
      asked += 1;
      if (asked === 2) response.socket?.resetAndDestroy();
      else response.end('ok');
    };
    const read = async (): Promise<string> => String(await (await transport.send(url, { headers: {}, signal })).read());
    expect(await read()).toBe('ok');
    if (_name === 'fetch') return;
    expect(await read()).toBe('ok');
    expect(asked).toBe(3);
  });

  it('fail with the reason for which they were given up', async () => {
    answer = () => undefined;
    const late = AbortSignal.abort(new Error('no answer within 5 ms'));
    await expect(transport.send(url, { headers: {}, signal: late })).rejects.toThrow('no answer within 5 ms');
    const stop = new AbortController();
    const waiting = transport.send(url, { headers: {}, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 20);
    await expect(waiting).rejects.toThrow('enough');
  });
});
