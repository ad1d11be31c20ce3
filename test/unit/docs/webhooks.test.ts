import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { createNotificationActivity } from '../../../activities/notification-activity';
import type { NotificationRequest } from '../../../activities/rollout-activities';

const page = readFileSync(join(__dirname, '../../../docs/webhooks.md'), 'utf8');
const secret = 'sixteen characters or more';

type IsFromHeadgate = (bodyText: string, signatureHeader: string, secret: string) => boolean;

/** The function of the page's sample for Node. */
function sample(): IsFromHeadgate {
  const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
  const context = { require: createRequire(__filename), Buffer };
  return runInNewContext(`${code}; isFromHeadgate`, context) as IsFromHeadgate;
}

const request: NotificationRequest = {
  rolloutId: 'checkout-v2-k3x9f2ab',
  environment: 'production',
  flagKey: 'checkout-v2',
  id: 'checkout-v2-k3x9f2ab:rolled_back:4',
  event: 'rolled_back',
  text: 'errors: “candidate” 0.093 \u2028 😀',
  weight: 2.5,
  transition: 4,
  owner: 'payments',
};

async function sent(): Promise<{ body: string; headers: Record<string, string> }> {
  const requests: RequestInit[] = [];
  const fetch = (_url: unknown, init?: RequestInit): Promise<Response> => {
    requests.push(init ?? {});
    return Promise.resolve(new Response(null, { status: 204 }));
  };
  const activity = createNotificationActivity({
    webhooks: [{ url: 'https://hooks.example.com/headgate', secret }],
    fetch,
    now: () => Date.parse('2026-03-01T10:15:30.000Z'),
  });
  await activity.notify(request);
  return { body: requests[0]?.body as string, headers: requests[0]?.headers as Record<string, string> };
}

describe('docs/webhooks.md', () => {
  it('has a sample that takes what is sent and nothing else', async () => {
    const { body, headers } = await sent();
    const signature = headers['headgate-signature'] ?? '';
    const isFromHeadgate = sample();
    expect(isFromHeadgate(body, signature, secret)).toBe(true);
    expect(isFromHeadgate(body.replace('"transition":4', '"transition":5'), signature, secret)).toBe(false);
    expect(isFromHeadgate(body, signature, 'another secret')).toBe(false);
    expect(isFromHeadgate(body, 'sha256=', secret)).toBe(false);
  });

  it('shows every field and header that is sent', async () => {
    const { body, headers } = await sent();
    const example = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '{}') as object;
    expect(Object.keys(example).sort()).toEqual(Object.keys(JSON.parse(body) as object).sort());
    const own = Object.keys(headers).filter((name) => name.startsWith('headgate-'));
    expect(own.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });
});
