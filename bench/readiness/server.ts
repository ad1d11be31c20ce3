import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FLAG_LINES } from '../../flags/evaluator/flag-line';
import { sentFlag, sentSegments } from '../../server/snapshot/sent';
import { SnapshotHistory } from '../../server/snapshot/snapshot-history';
import { SnapshotTexts } from '../../server/snapshot/snapshot-texts';
import { manyFlags, segments } from './flags';

/**
 * Answers as the real server does, in a process of its own and without a database: `FLAGS` flags. Tells its port to
 * whoever forked it.
 */
const flags = manyFlags(Number(process.env['FLAGS'] ?? 10_000)).sort((a, b) => (a.key < b.key ? -1 : 1));
const content = { flags: flags.map(sentFlag), segments: sentSegments(segments, []) };
const texts = new SnapshotTexts('production', content, new SnapshotHistory());
const rollouts = flags.flatMap(({ rollout }) => (rollout === undefined ? [] : [rollout.id]));
const leases = rollouts.map(() => 300_000);
const byId = Object.fromEntries(rollouts.map((id) => [id, 300_000]));

const server = createServer((request, response) => {
  if (request.url !== '/v1/sdk/snapshot') return void response.writeHead(404).end();
  const timeMs = Date.now();
  const isLines = request.headers.accept?.includes(FLAG_LINES) === true;
  const body = isLines
    ? texts.lines({ leases, timeMs })
    : Buffer.from(`${texts.openJson},${JSON.stringify({ leases: byId, timeMs }).slice(1)}`);
  response.writeHead(200, {
    'content-type': isLines ? FLAG_LINES : 'application/json',
    'content-length': body.length,
    etag: isLines ? `W/${texts.etag}` : texts.etag,
    'headgate-time': String(timeMs),
    'headgate-leases': leases.join(','),
  });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
