import { request } from 'node:https';

/** Why a host cannot be reached, or undefined when it answers. */
export type Reach = (url: string, timeoutMs: number) => Promise<string | undefined>;

/**
 * Asks a download host for one answer of any status, so that a blocked network costs seconds and not the downloader's own
 * retries. Behind a proxy, which this does not speak to, the host counts as reachable.
 */
export const reach: Reach = (url, timeoutMs) =>
  new Promise((resolve) => {
    if (process.env['HTTPS_PROXY'] || process.env['https_proxy']) return resolve(undefined);
    const { host } = new URL(url);
    const timer = setTimeout(() => {
      asked.destroy();
      resolve(`${host} does not answer within ${timeoutMs} ms`);
    }, timeoutMs);
    const asked = request(url, { method: 'HEAD' }, (response) => {
      clearTimeout(timer);
      response.resume();
      resolve(undefined);
    });
    asked.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(`${host} cannot be reached: ${error.code ?? error.message}`);
    });
    asked.end();
  });
