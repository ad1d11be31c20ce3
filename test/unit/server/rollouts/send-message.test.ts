import { isSignatureOf, signedPart, signMessage } from '../../../../core/signing';
import { sendMessage } from '../../../../server/rollouts/send-message';
import type { MessageResult } from '../../../../workflows/rollout/messages';
import type { FoundRollout, SentToRun } from '../../../../server/temporal/rollout-workflows';

type SendResult = SentToRun<MessageResult>;

const key = 'a key that only the tests know, and long';
const rollout = { environment: 'production', flagKey: 'checkout', rolloutId: 'checkout-abcdefgh' };
const signedFor = { workflowId: 'rollout/production/checkout', subjectId: rollout.rolloutId };
const caller = { name: 'alice', role: 'operator' as const };
const message = { id: 'message-1', reason: 'why' };

class Workflows {
  readonly sentTo: unknown[] = [];
  found: FoundRollout | null = { rolloutId: rollout.rolloutId, identity: 'i', runId: 'run-1', running: true };

  constructor(private readonly results: (SendResult | Error)[]) {}

  async find(): Promise<FoundRollout | null> {
    return this.found;
  }
  async send(...sent: unknown[]): Promise<SendResult> {
    this.sentTo.push(sent);
    const result = this.results.shift() ?? new Error('nothing more was expected');
    if (result instanceof Error) throw result;
    return result;
  }
}

function workflows(...results: (SendResult | Error)[]): Workflows {
  return new Workflows(results);
}

describe('signMessage', () => {
  const signed = signMessage(key, signedFor, 'abort', message, caller);
  const fits = (workflowId: string, rolloutId: string, name: 'abort' | 'approve', args: typeof signed): boolean =>
    isSignatureOf(args.actor?.signature ?? '', key, signedPart(workflowId, rolloutId, name, args));

  it('fits the message, its sender and its rollout, and nothing else', () => {
    const workflowId = 'rollout/production/checkout';
    const promoted = { ...signed, actor: { name: 'alice', role: 'admin', signature: signed.actor?.signature ?? '' } };

    expect(fits(workflowId, rollout.rolloutId, 'abort', signed)).toBe(true);
    expect(fits('rollout/staging/checkout', rollout.rolloutId, 'abort', signed)).toBe(false);
    expect(fits(workflowId, 'another', 'abort', signed)).toBe(false);
    expect(fits(workflowId, rollout.rolloutId, 'approve', signed)).toBe(false);
    expect(fits(workflowId, rollout.rolloutId, 'abort', { ...signed, reason: 'altered' })).toBe(false);
    expect(fits(workflowId, rollout.rolloutId, 'abort', promoted)).toBe(false);
  });
});

describe('sendMessage', () => {
  const target = { environment: 'production', flagKey: 'checkout', runId: 'run-1' };
  const result = { accepted: true, text: 'paused', state: 'paused', weight: 5 };

  it('answers what the workflow answered', async () => {
    const port = workflows({ kind: 'answered', result });

    await expect(sendMessage(port, key, rollout, 'pause', message, caller)).resolves.toEqual(result);
    expect(port.sentTo).toHaveLength(1);
  });

  it.each<SendResult>([
    { kind: 'rejected', why: 'nothing to resume' },
    { kind: 'answered', result: { ...result, accepted: false, text: 'nothing to resume' } },
  ])('refuses what the workflow refused: %p', async (refusal) => {
    await expect(sendMessage(workflows(refusal), key, rollout, 'resume', message, caller)).rejects.toMatchObject({
      code: 'MESSAGE_REJECTED',
      message: expect.stringContaining('nothing to resume') as string,
    });
  });

  it('says of a message that no worker answered that it was left for when one is back', async () => {
    const port = workflows({ kind: 'silent' });
    const answer = await sendMessage(port, key, rollout, 'pause', message, caller);

    expect(answer).toEqual({ queued: true, id: 'message-1' });
    expect(port.sentTo).toEqual([[target, 'pause', signMessage(key, signedFor, 'pause', message, caller)]]);
  });

  it('asks a rollout that has ended once, as the message may be the one that ended it', async () => {
    const port = workflows({ kind: 'answered', result }, { kind: 'run_ended' });
    if (port.found !== null) port.found = { ...port.found, running: false };

    await expect(sendMessage(port, key, rollout, 'abort', message, caller)).resolves.toEqual(result);
    await expect(sendMessage(port, key, rollout, 'abort', message, caller)).rejects.toMatchObject({
      code: 'MESSAGE_REJECTED',
    });
    expect(port.sentTo).toHaveLength(2);
  });

  it('reaches nobody when the rollout gave way to another under the same workflow id', async () => {
    const port = workflows({ kind: 'answered', result });
    if (port.found !== null) port.found = { ...port.found, rolloutId: 'checkout-zzzzzzzz' };

    await expect(sendMessage(port, key, rollout, 'abort', message, caller)).rejects.toMatchObject({
      code: 'MESSAGE_REJECTED',
    });
    expect(port.sentTo).toHaveLength(0);
  });

  it('follows the rollout into its next run', async () => {
    const port = workflows({ kind: 'run_ended' }, { kind: 'answered', result });

    await expect(sendMessage(port, key, rollout, 'abort', message, caller)).resolves.toEqual(result);
    expect(port.sentTo).toHaveLength(2);
  });

  it('gives up on a rollout whose runs end one after the other', async () => {
    const over = { kind: 'run_ended' } as const;
    const port = workflows(over, over, over, { kind: 'answered', result });
    await expect(sendMessage(port, key, rollout, 'abort', message, caller)).rejects.toMatchObject({
      code: 'MESSAGE_REJECTED',
    });
    expect(port.sentTo).toHaveLength(3);
  });
});
