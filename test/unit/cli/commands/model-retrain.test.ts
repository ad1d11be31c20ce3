import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TrainingAnswer } from '../../../../cli/api/answers';
import { run } from '../../../../cli/run';
import { givenIo, type FakeIo } from '../../../support/cli-io';

const RUN = '0c1b6a56-6a0f-4b3e-9d25-0f1f8f3f7d11';
const STARTED = { workflowId: 'training/failure', runId: RUN, outcome: 'started' };

let server: Server | undefined;

/** A server whose training stands as told, turn by turn; null is one that it does not know. */
async function givenTraining(turns: readonly (Partial<TrainingAnswer> | null)[], outcome = 'started'): Promise<string> {
  let next = 0;
  server = createServer((request, response) => {
    const isStart = request.method === 'POST' && request.url === '/v1/models/train';
    const turn = isStart ? { ...STARTED, outcome } : turns[Math.min(next++, turns.length - 1)];
    const isKnown = isStart || (turn !== null && request.url === `/v1/models/train/${RUN}`);
    response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? turn : { code: 'TRAINING_NOT_FOUND', message: 'there is none' }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function retrain(url: string, ...more: string[]): Promise<{ io: FakeIo; exitCode: number }> {
  const io = givenIo();
  return { exitCode: await run(['model', 'retrain', '--url', url, ...more], io), io };
}

const finished = (report: Partial<NonNullable<TrainingAnswer['report']>>): Partial<TrainingAnswer> => ({
  phase: 'finished',
  report: { status: 'registered', rows: 212, failures: 31, needed: 50, ...report },
});
const CHAMPION = finished({ version: 'failure/3', isChampion: true, reason: 'it beats failure/2 beyond noise' });

describe('headgate model retrain', () => {
  it('ends with the link unless it is to wait', async () => {
    const { io, exitCode } = await retrain(await givenTraining([CHAMPION]));
    expect([exitCode, io.out()]).toEqual([0, 'started a training: training/failure\n']);
  });

  it.each([
    [CHAMPION, 0, /trained failure\/3 on 212 .*champion now.*: it beats failure\/2/],
    [
      finished({ version: 'failure/3', isChampion: false, reason: 'it does not beat failure/2' }),
      0,
      /challenger: it does not beat failure\/2/,
    ],
    [finished({ status: 'unchanged' }), 0, /nothing was trained: the newest model was made of these 212/],
    [finished({ status: 'too_few_rows', rows: 20 }), 6, /nothing was trained: 20 .*; 50 are needed/],
    [{ phase: 'failed' as const, why: 'no artefact store' }, 1, /the training failed: no artefact store/],
  ])('waits and says what came of it: %j', async (end, expected, line) => {
    const { io, exitCode } = await retrain(await givenTraining([{ phase: 'running' }, end]), '--wait');
    expect(exitCode).toBe(expected);
    expect(io.out().trim().split('\n')).toEqual([
      expect.stringContaining('started a training'),
      expect.stringContaining('trains each kind'),
      expect.stringMatching(line),
    ]);
  });

  it('writes one document a line with --json', async () => {
    const { io } = await retrain(await givenTraining([CHAMPION]), '--wait', '--json');
    expect(
      io
        .out()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([STARTED, CHAMPION]);
  });

  it('says that a training it attached to was started by other words', async () => {
    const { io } = await retrain(await givenTraining([CHAMPION], 'attached'), '--promote');
    expect(io.out()).toContain('attached to the training under way');
    expect(io.err()).toContain('what it was started with');
  });

  it('does not wait for a training that is not known, nor past --timeout', async () => {
    const { io, exitCode } = await retrain(await givenTraining([null]), '--wait');
    expect([exitCode, io.err()]).toEqual([2, expect.stringContaining('there is none')]);
    server?.close();
    expect((await retrain(await givenTraining([{ phase: 'running' }]), '--wait', '--timeout', '100ms')).exitCode).toBe(
      7,
    );
  });
});
