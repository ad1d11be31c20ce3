import type { DemoApi } from '../../demo/api';
import { HeadgateProvider } from '../../sdk/src';
import { quantile } from '../rollouts/history-figures';

/** From sending an override to the first evaluation that differs. */
export interface OverrideFigures {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Sets the weight of live rollouts to 0 and back up, and measures from sending the message until a provider that polls every 250 ms
 * evaluates differently for a user who had the candidate.
 */
export async function measureOverrides(
  { url, token }: { url: string; token: string },
  api: DemoApi,
  environment: string,
  flags: readonly string[],
  rounds = 5,
): Promise<OverrideFigures> {
  const provider = new HeadgateProvider({ url, token, pollIntervalMs: 250 });
  await provider.initialize();
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const flag of flags) {
      const path = `/v1/environments/${environment}/rollouts/${flag}/messages/setWeight`;
      await api.call('POST', path, { weight: 99, reason: 'bench' });
      const exposed = await until(() =>
        users.find((targetingKey) => provider.evaluateBoolean(flag, false, { targetingKey })),
      );
      const sentAt = performance.now();
      const answered = api.call('POST', path, { weight: 0, reason: 'bench' });
      await until(() => (provider.evaluateBoolean(flag, false, { targetingKey: exposed }) ? undefined : true));
      tookMs.push(performance.now() - sentAt);
      await answered;
    }
  }
  await provider.onClose();
  return { count: tookMs.length, p50Ms: Math.round(quantile(tookMs, 0.5)), p99Ms: Math.round(quantile(tookMs, 0.99)) };
}

const users = Array.from({ length: 50 }, (_, index) => `override-${index}`);

async function until<T>(read: () => T | undefined): Promise<T> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    const value = read();
    if (value !== undefined) return value;
    if (performance.now() > giveUpAt) throw new Error('the change did not arrive within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
