import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSignatureOf } from '../../../core/signing';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

const SECRET = 'a secret that the receiver knows too';

interface Heard {
  readonly event: string;
  readonly id: string;
  readonly signed: boolean;
}

describe('notifications', () => {
  let harness: RolloutHarness;
  let receiver: Server;
  let heard: Heard[];
  let failures: number;

  beforeEach(async () => {
    heard = [];
    failures = 0;
    receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const body = JSON.parse(text) as { event: string; id: string };
        const signature = String(request.headers['headgate-signature']).replace('sha256=', '');
        if (failures > 0) {
          failures -= 1;
          response.writeHead(503).end();
          return;
        }
        heard.push({ event: body.event, id: body.id, signed: isSignatureOf(signature, SECRET, body) });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    harness = await RolloutHarness.open({ webhooks: [{ url: `http://127.0.0.1:${port}/hook`, secret: SECRET }] });
    await harness.work();
  });
  afterEach(async () => {
    await harness.close();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  const until = async (event: string): Promise<void> => {
    const giveUpAt = Date.now() + 20_000;
    while (!heard.some((each) => each.event === event)) {
      if (Date.now() > giveUpAt) throw new Error(`'${event}' was not heard; only ${JSON.stringify(heard)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('are sent, signed and each under its own id, for approvals, pauses, lapses and ends', async () => {
    const environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    failures = 1;
    const approvals = { forbidStarter: false, allowUnverified: true };
    const steps = [{ weight: 10, bakeMs: 60_000, approval: true }];
    const rollout = await harness.start(givenQuickPlan({ environment, steps, approvals }));
    await until('approval_needed');
    await rollout.send('approve');
    await rollout.until(({ phase }) => phase === 'progressing');
    const past = new Date(Date.now() - 120_000);
    await harness.database.db.collection('leases').updateMany({}, { $set: { renewedAt: past } });
    await until('lapsed');
    await rollout.send('pause', { reason: 'a look at the charts' });
    await until('paused');
    await rollout.send('abort');
    await rollout.result();
    expect(heard.map(({ event }) => event)).toEqual(['approval_needed', 'lapsed', 'paused', 'aborted']);
    expect(heard.every(({ signed }) => signed)).toBe(true);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
  });

  it('tell of a completion once', async () => {
    const environment = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(environment);
    const rollout = await harness.start(givenQuickPlan({ environment }));
    await until('completed');
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    expect(heard.filter(({ event }) => event === 'completed')).toHaveLength(1);
  });
});
