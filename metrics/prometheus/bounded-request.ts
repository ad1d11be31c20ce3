import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** One POST whose answer is bounded in time and size. */
export interface BoundedRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Form-encoded. */
  readonly body: string;
  /** PEM text of the authorities to trust; the system's when omitted. */
  readonly ca: string | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** What came back, whatever the status says. */
export interface BoundedAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends one request over Node's own HTTP, since `fetch` takes no certificate authority. Redirects are not followed:
 * they would carry credentials to wherever the answer points.
 *
 * @throws {Error} when the connection fails, time is over, or the answer is larger than allowed
 */
export function sendBounded({ url, headers, body, ca, maxBytes, signal }: BoundedRequest): Promise<BoundedAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
        accept: 'application/json',
      },
      signal,
      ...(ca === undefined ? {} : { ca }),
    };
    const outgoing = send(url, options, (answer) => {
      readBody(answer, maxBytes).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readBody(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
