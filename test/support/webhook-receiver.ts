import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSignatureOf } from '../../core/signing';
import { pollUntil } from './poll-until';

/** One notification as it arrived. */
export interface Heard {
  readonly event: string;
  readonly id: string;
  readonly signed: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A receiver of webhooks that checks their signatures. */
export class WebhookReceiver {
  readonly heard: Heard[] = [];
  /** How many of the next notifications are answered with 503. */
  failures = 0;

  private constructor(
    private readonly server: Server,
    /** What a worker is told of it. */
    readonly webhook: { readonly url: string; readonly secret: string },
  ) {}

  static async open(): Promise<WebhookReceiver> {
    const secret = 'a secret that the receiver knows too';
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const receiver = new WebhookReceiver(server, { url: `http://127.0.0.1:${port}/hook`, secret });
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        if (receiver.failures > 0) {
          receiver.failures -= 1;
          response.writeHead(503).end();
          return;
        }
        const body = JSON.parse(text) as { event: string; id: string };
        const signature = String(request.headers['headgate-signature']).replace('sha256=', '');
        receiver.heard.push({
          event: body.event,
          id: body.id,
          signed: isSignatureOf(signature, secret, body),
          body: { ...body },
        });
        response.writeHead(204).end();
      });
    });
    return receiver;
  }

  /** Waits for an event. */
  async until(event: string): Promise<void> {
    await pollUntil(
      () => Promise.resolve(this.heard),
      (heard) => heard.some((each) => each.event === event),
      20_000,
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
