import { OpenFeature } from '@openfeature/server-sdk';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { HeadgateProvider } from '../../sdk/src';
import { readShopConfig } from './config';

/**
 * The sample shop: an ordinary HTTP service that asks OpenFeature which variant to serve. Nothing in it knows of
 * rollouts. Two of its features are behind flags: `recommendations`, a well-made new list on the product page, and
 * `express-checkout`, a new checkout with a bug that breaks it for carts of a certain size.
 */
async function main(): Promise<void> {
  const config = readShopConfig(process.env);
  const provider = new HeadgateProvider({
    url: config.HEADGATE_URL,
    token: config.HEADGATE_TOKEN,
    pollIntervalMs: 250,
    flushIntervalMs: 500,
  });
  await OpenFeature.setProviderAndWait(provider).catch(() => {
    process.stderr.write('shop: no flags yet, serving defaults until the server answers\n');
  });
  const flags = OpenFeature.getClient();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://shop');
    const context = {
      targetingKey: url.searchParams.get('user') ?? 'anonymous',
      country: url.searchParams.get('country') ?? 'de',
    };
    if (url.pathname === '/product') {
      const fancy = await flags.getBooleanValue('recommendations', false, context);
      const timing = provider.startRequest(context, 'page');
      await delay(fancy ? 4 : 5);
      const broken = Math.random() < 0.005;
      timing.end({ error: broken });
      return reply(response, broken ? 500 : 200, fancy ? 'recommendations' : 'plain list');
    }
    if (url.pathname === '/checkout') {
      const express = await flags.getBooleanValue('express-checkout', false, context);
      const timing = provider.startRequest(context, 'checkout');
      await delay(6);
      // The bug: the express checkout forgets to page through its own items.
      const items = Number(url.searchParams.get('items') ?? '1');
      const broken = (express && items > 7) || Math.random() < 0.005;
      timing.end({ error: broken });
      return reply(response, broken ? 500 : 200, express ? 'express' : 'classic');
    }
    reply(response, 404, 'no such page');
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      process.stderr.write(`shop: ${String(error)}\n`);
      if (!response.headersSent) reply(response, 500, 'broken');
    });
  });
  server.listen(config.SHOP_PORT, '127.0.0.1');
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
    void OpenFeature.close().then(() => process.exit(0));
  });
}

function reply(response: ServerResponse, status: number, served: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'x-served': served });
  response.end(served);
}

void main();
