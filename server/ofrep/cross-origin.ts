import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Which web pages may evaluate here: their origins, such as `https://shop.example`; `*` for all, which suits client
 * keys alone.
 */
export type CrossOrigin = ReadonlySet<string>;

const HEADERS = 'authorization, content-type, if-none-match, x-api-key';
const DAY_SECONDS = '86400';

/**
 * Sets what the Fetch standard asks of an answer that a page of another origin may read; nothing for origins that are
 * not listed.
 */
export function allowOrigin(allowed: CrossOrigin, request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined || allowed.size === 0) return;
  response.setHeader('vary', 'origin');
  if (!allowed.has('*') && !allowed.has(origin)) return;
  response.setHeader('access-control-allow-origin', allowed.has('*') ? '*' : origin);
  response.setHeader('access-control-expose-headers', 'etag, retry-after');
  if (request.method !== 'OPTIONS') return;
  response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
  response.setHeader('access-control-allow-headers', HEADERS);
  response.setHeader('access-control-max-age', DAY_SECONDS);
}
