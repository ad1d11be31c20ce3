import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StatusAnswer } from '../../../../cli/api/answers';
import { ExitCode } from '../../../../cli/exit-codes';
import { run } from '../../../../cli/run';
import { givenIo } from '../../../support/cli-io';
import { givenStatus } from '../../../support/status-builder';

/** Answers each request for the rollout's status with the next of these; the last one again and again. */
type Turn = StatusAnswer | { readonly code: string; readonly httpStatus: number } | 'hang up';

let server: Server | undefined;

async function givenApi(turns: readonly Turn[]): Promise<{ url: string; asked: () => readonly string[] }> {
  const asked: string[] = [];
  let next = 0;
  server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
    const turn = turns[Math.min(next, turns.length - 1)];
    next += 1;
    if (turn === undefined || turn === 'hang up') return void request.socket.destroy();
    const isProblem = 'httpStatus' in turn;
    response.writeHead(isProblem ? turn.httpStatus : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isProblem ? { code: turn.code, message: 'as told' } : turn));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const watch = ['rollout', 'watch', 'checkout', '--env', 'production'];
const ended = (phase: StatusAnswer['phase']) => givenStatus({ phase, waitingFor: null, summary: `it is ${phase}` });

describe('following a rollout', () => {
  it.each([
    ['completed', 0],
    ['rolled_back', 3],
    ['aborted', 4],
    ['superseded', 5],
    ['refused', 6],
  ] as const)('ends with its end: %s is %i', async (phase, exitCode) => {
    const { url, asked } = await givenApi([ended(phase)]);
    const io = givenIo();
    expect(await run([...watch, '--url', url], io)).toBe(exitCode);
    expect(io.out().trim().split('\n')).toHaveLength(1);
    // Named by flag key once, then by id: the flag's next rollout is another one.
    expect(asked()).toEqual([
      'GET /v1/environments/production/rollouts/checkout',
      'GET /v1/environments/production/rollouts/checkout-1a2b3c4d',
    ]);
  });

  it('goes on when the server is lost and comes back', async () => {
    const unavailable = { code: 'TEMPORAL_UNAVAILABLE', httpStatus: 503 };
    const { url } = await givenApi([givenStatus(), 'hang up', unavailable, ended('completed')]);
    const io = givenIo();
    expect(await run([...watch, '--url', url], io)).toBe(ExitCode.Ok);
    expect(io.err()).toContain('tries again');
    expect(io.err()).toContain('answers again');
  });

  it('stops at what another attempt cannot help', async () => {
    const { url } = await givenApi([givenStatus(), { code: 'UNAUTHENTICATED', httpStatus: 401 }]);
    expect(await run([...watch, '--url', url], givenIo())).toBe(ExitCode.PermissionDenied);
  });

  it('says that the rollout goes on when its time is over, and asks for nothing else', async () => {
    const { url, asked } = await givenApi([givenStatus()]);
    const io = givenIo();
    expect(await run([...watch, '--url', url, '--timeout', '2s'], io)).toBe(ExitCode.TimedOut);
    expect(io.err()).toContain('has not ended within 2s. It goes on: nothing was aborted');
    expect(asked().every((line) => line.startsWith('GET '))).toBe(true);
  });

  it.each([
    ['SIGINT', ExitCode.Interrupted],
    ['SIGTERM', ExitCode.Terminated],
  ] as const)('aborts nothing on %s, and says so', async (signal, exitCode) => {
    const { url, asked } = await givenApi([givenStatus()]);
    const io = givenIo();
    const code = run([...watch, '--url', url], io);
    while (asked().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    io.signal(signal);
    expect(await code).toBe(exitCode);
    expect(io.err()).toContain('checkout-1a2b3c4d goes on: nothing was aborted');
    expect(asked().every((line) => line.startsWith('GET '))).toBe(true);
  });

  it('writes one document a line with --json', async () => {
    const { url } = await givenApi([givenStatus(), givenStatus(), ended('aborted')]);
    const io = givenIo();
    expect(await run([...watch, '--url', url, '--json'], io)).toBe(ExitCode.Aborted);
    const lines = io.out().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as StatusAnswer).phase)).toEqual(['progressing', 'aborted']);
  });

  it('draws over its own picture on a terminal', async () => {
    const { url } = await givenApi([givenStatus(), givenStatus(), ended('completed')]);
    const io = givenIo({ columns: 100, env: { NO_COLOR: '1' } });
    await run([...watch, '--url', url], io);
    const pictures = io.out().split('\u001b[J');
    expect(pictures).toHaveLength(2);
    // As many rows up as the first picture has lines.
    expect(pictures[0]).toContain(`\u001b[${(pictures[0] ?? '').split('\n').length - 1}A`);
    expect(pictures[1]).toContain('phase  completed');
  });
});
