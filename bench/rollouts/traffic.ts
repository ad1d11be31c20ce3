import { HeadgateProvider } from '../../sdk/src';

/** Traffic that can be stopped. */
export interface Traffic {
  readonly evaluations: () => number;
  stop(): Promise<void>;
}

/**
 * Evaluates all flags for random users through the real provider and reports an outcome for each: exposures, outcomes, batches,
 * ingestion and windows are those of a service.
 */
export async function startTraffic(
  { url, token }: { url: string; token: string },
  flags: readonly string[],
  { perSecond, users }: { perSecond: number; users: number },
): Promise<Traffic> {
  const provider = new HeadgateProvider({ url, token, pollIntervalMs: 1000, flushIntervalMs: 1000 });
  await provider.initialize();
  let evaluations = 0;
  let owed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    owed += ((now - last) / 1000) * perSecond;
    last = now;
    for (; owed >= 1; owed -= 1) {
      const flag = flags[Math.floor(Math.random() * flags.length)] ?? '';
      // Each flag has users of its own, so that one outcome belongs to one rollout.
      const context = { targetingKey: `${flag}-${Math.floor(Math.random() * users)}` };
      provider.evaluateBoolean(flag, false, context);
      provider.track('request', context, { value: 5 + Math.random() * 20, error: Math.random() < 0.01 });
      evaluations += 1;
    }
  }, 20);
  return {
    evaluations: () => evaluations,
    async stop() {
      clearInterval(timer);
      await provider.onClose();
    },
  };
}
