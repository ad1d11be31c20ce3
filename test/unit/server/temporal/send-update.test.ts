import {
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { sendUpdate } from '../../../../server/temporal/send-update';

const args = { id: 'message-1', reason: 'why' };

function given(update: () => Promise<unknown>, signal = async (): Promise<void> => undefined) {
  const sent: unknown[] = [];
  const handle = {
    executeUpdate: (...words: unknown[]) => (sent.push(['update', ...words]), update()),
    signal: (...words: unknown[]) => (sent.push(['signal', ...words]), signal()),
  };
  return { sent, outcome: sendUpdate(handle as never, 'pause', args) };
}

const fails = (error: Error) => () => Promise.reject(error);
const silence = fails(new WorkflowUpdateRPCTimeoutOrCancelledError('no answer'));
const gone = fails(new WorkflowNotFoundError('gone', 'w', undefined));

describe('a message to one run', () => {
  it('is an update under its own id, so that a repetition counts once', async () => {
    const { sent, outcome } = given(async () => 'paused');
    await expect(outcome).resolves.toEqual({ kind: 'answered', result: 'paused' });
    expect(sent).toEqual([['update', 'pause', { args: [args], updateId: 'message-1' }]]);
  });

  it('is left as a signal of the same name and words when no worker answers', async () => {
    const { sent, outcome } = given(silence);
    await expect(outcome).resolves.toEqual({ kind: 'silent' });
    expect(sent.slice(1)).toEqual([['signal', 'pause', args]]);
  });

  it.each([
    [9, 'Unable to perform workflow execution update due to Workflow Task in failed state.'],
    [8, 'limit on number of concurrent in-flight updates has been reached'],
  ])('is left as a signal when Temporal takes no update for lack of workers (gRPC %d)', async (code, details) => {
    const cause = Object.assign(new Error(`${code} ${details}`), { code, details, metadata: {} });
    const { sent, outcome } = given(fails(new ServiceError('Workflow Update failed', { cause })));
    await expect(outcome).resolves.toEqual({ kind: 'silent' });
    expect(sent.slice(1)).toEqual([['signal', 'pause', args]]);
  });

  it('tells what the workflow refused, and that a run is no more', async () => {
    const refusal = new WorkflowUpdateFailedError('failed', new Error('nothing to resume'));
    await expect(given(fails(refusal)).outcome).resolves.toEqual({ kind: 'rejected', why: 'nothing to resume' });
    await expect(given(gone).outcome).resolves.toEqual({ kind: 'run_ended' });
    await expect(given(silence, gone as () => Promise<void>).outcome).resolves.toEqual({ kind: 'run_ended' });
  });

  it('fails when Temporal itself does not answer', async () => {
    await expect(given(fails(new Error('refused'))).outcome).rejects.toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });
    const cause = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'connection refused', metadata: {} });
    const down = given(fails(new ServiceError('Workflow Update failed', { cause })));
    await expect(down.outcome).rejects.toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });
  });
});
