import type { DemoApi } from '../../demo/api';

/** How many rollouts are started at a time. */
const AT_ONCE = 10;

/** A rollout whose looks have one interval for good, and whose first step bakes for as long as anybody measures. */
const planOf = (flag: string, intervalMs: number): unknown => ({
  flag,
  candidate: 'on',
  steps: [10, 50],
  bake: '24h',
  window: `${intervalMs / 1000}s`,
  look: { shortest: `${intervalMs / 1000}s`, longest: `${intervalMs / 1000}s` },
});

/** Writes a flag for each name and starts a rollout of it; answers those that could not be started, with the reason. */
export async function startRollouts(
  api: DemoApi,
  environment: string,
  flags: readonly { readonly key: string; readonly intervalMs: number }[],
): Promise<string[]> {
  const failures: string[] = [];
  const start = async (key: string, intervalMs: number): Promise<void> => {
    const variants = { on: true, off: false };
    const definition = { key, type: 'boolean', variants, defaultVariant: 'off', offVariant: 'off' };
    await api.call('PUT', `/v1/environments/${environment}/flags/${key}`, definition);
    await api.call('POST', `/v1/environments/${environment}/rollouts`, { plan: planOf(key, intervalMs) });
  };
  for (let from = 0; from < flags.length; from += AT_ONCE) {
    await Promise.all(
      flags.slice(from, from + AT_ONCE).map(({ key, intervalMs }) =>
        start(key, intervalMs).catch((error: unknown) => {
          failures.push(`${key}: ${String(error)}`);
        }),
      ),
    );
  }
  return failures;
}
