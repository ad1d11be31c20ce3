import { ErrorCode, HeadgateError, messageOf } from '../core/errors';
import { sign } from '../core/signing';
import type { RolloutActivities } from './rollout-activities';

/** One receiver of notifications. */
export interface Webhook {
  readonly url: string;
  /** Key of the HMAC that the receiver checks. */
  readonly secret: string;
}

/** What sending needs. */
export interface NotificationDependencies {
  readonly webhooks: readonly Webhook[];
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

/** How long one receiver may take, in milliseconds. */
const RECEIVER_TIMEOUT_MS = 5_000;

/**
 * Sends signed webhooks. Repeatable: each carries an id that a receiver can drop repetitions by. The signature is
 * HMAC-SHA-256 over the canonical JSON of the body, in the header `headgate-signature`.
 */
export function createNotificationActivity(dependencies: NotificationDependencies): Pick<RolloutActivities, 'notify'> {
  return {
    async notify(request) {
      await sendToAll(dependencies, request);
    },
  };
}

/** What every notification has, whatever it is about. */
export interface Notification {
  /** Same id, same notification: receivers can drop a repetition. */
  readonly id: string;
  readonly event: string;
  readonly text: string;
}

/**
 * Sends to every receiver, one after another.
 *
 * @throws {HeadgateError} SOURCE_UNAVAILABLE (retryable) when one did not take it
 */
export async function sendToAll(dependencies: NotificationDependencies, request: Notification): Promise<void> {
  const failures: string[] = [];
  for (const webhook of dependencies.webhooks) {
    const failure = await send(dependencies, webhook, request);
    if (failure !== null) failures.push(failure);
  }
  if (failures.length > 0) {
    throw new HeadgateError(ErrorCode.SourceUnavailable, `webhooks failed: ${failures.join('; ')}`, {
      retryable: true,
    });
  }
}

/** The reason it failed, without the address's path or query, which may hold a secret; null when it was taken. */
async function send(
  { fetch, now }: NotificationDependencies,
  { url, secret }: Webhook,
  request: Notification,
): Promise<string | null> {
  const body = { ...request, sentAt: new Date(now()).toISOString() };
  const { host } = new URL(url);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'headgate-event': request.event,
        'headgate-id': request.id,
        'headgate-signature': `sha256=${sign(secret, body)}`,
      },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(RECEIVER_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? null : `${host} answered ${response.status}`;
  } catch (error) {
    return `${host}: ${messageOf(error)}`;
  }
}
