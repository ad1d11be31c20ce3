import type { DemoApi } from '../../demo/api';
import { HeadgateProvider } from '../../sdk/src';
import { quantile } from '../rollouts/history-figures';

/** From sending an override to the first evaluation that differs. */
export interface OverrideFigures {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** What went wrong with those that did not get through, in the order in which it did. */
  readonly failures: readonly string[];
}

/** How long an override may take before it counts as failed. */
const PATIENCE_MS = 30_000;
/** Failures after which nothing more is tried. */
const MAX_FAILURES = 5;

const users = Array.from({ length: 50 }, (_, index) => `override-${index}`);

/**
 * Sets the weight of live rollouts to 0 and back up, and measures from sending the message until a provider that polls
 * every 250 ms evaluates differently for a user who had the candidate. One that fails is told of and not counted.
 */
export async function measureOverrides(
  { url, token }: { url: string; token: string },
  api: DemoApi,
  environment: string,
  flags: readonly string[],
  rounds = 5,
): Promise<OverrideFigures> {
  const provider = new HeadgateProvider({ url, token, pollIntervalMs: 250, initializeTimeoutMs: PATIENCE_MS });
  await provider.initialize();
  const tookMs: number[] = [];
  const failures: string[] = [];
  const measure = async (flag: string): Promise<number> => {
    const send = (weight: number): Promise<unknown> =>
      api.call('POST', `/v1/environments/${environment}/rollouts/${flag}/messages/setWeight`, {
        weight,
        reason: 'bench',
      });
    const serves = (targetingKey: string): boolean => provider.evaluateBoolean(flag, false, { targetingKey });
    await send(99);
    const exposed = await until('the raise', () => users.find(serves));
    const sentAt = performance.now();
    const answered = send(0);
    answered.catch(() => undefined);
    await until('the lowering', () => (serves(exposed) ? undefined : true));
    const took = performance.now() - sentAt;
    await answered;
    return took;
  };
  for (let turn = 0; turn < rounds * flags.length && failures.length < MAX_FAILURES; turn += 1) {
    const flag = flags[turn % flags.length] ?? '';
    try {
      tookMs.push(await measure(flag));
    } catch (error) {
      failures.push(`${flag}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await provider.onClose();
  return {
    count: tookMs.length,
    p50Ms: Math.round(quantile(tookMs, 0.5)),
    p99Ms: Math.round(quantile(tookMs, 0.99)),
    maxMs: Math.round(Math.max(0, ...tookMs)),
    failures,
  };
}

/** The figures in one line. */
export function tellOverrides({ count, p50Ms, p99Ms, maxMs, failures }: OverrideFigures): string {
  const failed = failures.length === 0 ? '' : `; ${failures.length} failed: ${failures.join('; ')}`;
  return `p50 ${p50Ms} ms, p99 ${p99Ms} ms, at most ${maxMs} ms (${count} overrides, polling every 250 ms)${failed}`;
}

async function until<T>(what: string, read: () => T | undefined): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = read();
    if (value !== undefined) return value;
    if (performance.now() > giveUpAt) throw new Error(`${what} did not arrive within ${PATIENCE_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
