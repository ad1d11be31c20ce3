import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What every other server is measured against: `node:http` that reads nothing and answers fixed JSON. It prints its port. */
const body = JSON.stringify({ key: 'flag-0', reason: 'TARGETING_MATCH', variant: 'on', value: true, metadata: {} });
const headers = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'content-length': Buffer.byteLength(body),
};
const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port);
});
