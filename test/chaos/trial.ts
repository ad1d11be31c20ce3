import type { FlagView, RolloutView, TimelineLine } from '../../demo/api';
import type { ChaosStand } from './chaos-stand';
import type { MOMENTS, Victim } from './moments';
import { waitFor } from './wait-for';

/** What one trial found. */
export interface TrialResult {
  readonly victim: Victim;
  readonly moment: (typeof MOMENTS)[number];
  /** From the part accepting work again to the transition standing on the flag, in milliseconds. */
  readonly resumedAfterMs: number;
  /** What was lost, doubled, out of order or wrong; empty when all is well. */
  readonly problems: readonly string[];
}

/** Longest time from a part accepting work again to work going on. */
export const RESUME_WITHIN_MS = 5_000;

/** Steps of ten minutes, looked at each second. */
export const PLAN = {
  candidate: 'on',
  steps: [10, 50],
  bake: '10m',
  window: '1s',
  look: { shortest: '1s', longest: '1s' },
  metrics: [{ name: 'errors', kind: 'error_rate', event: 'request', margin: { absolute: 0.05 } }],
};

/**
 * One trial: a rollout at 10 % is promoted to 50 % by a message, a part is killed at the given moment of that
 * transition and comes back, and afterwards flag, weight, numbers and chain must be as if nothing had happened.
 */
export async function runTrial(
  stand: ChaosStand,
  victim: Victim,
  moment: (typeof MOMENTS)[number],
  number: number,
): Promise<TrialResult> {
  const { api } = stand;
  const environment = 'chaos';
  const key = `t${number}-${victim}-${moment}`;
  const flagPath = `/v1/environments/${environment}/flags/${key}`;
  const rolloutPath = `/v1/environments/${environment}/rollouts/${key}`;
  await api.call('PUT', flagPath, {
    key,
    type: 'boolean',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    offVariant: 'off',
  });
  await api.call('POST', `/v1/environments/${environment}/rollouts`, { plan: { flag: key, ...PLAN } });
  const weightOf = async (): Promise<number> =>
    (await api.call<FlagView & { rollout?: { weight: number } }>('GET', flagPath)).rollout?.weight ?? 0;
  const status = (): Promise<RolloutView> => api.call('GET', rolloutPath);
  await waitFor(status, ({ phase, weight }) => phase === 'progressing' && weight === 10, 20_000);

  const struck = stand
    .arm(moment)
    .then(() => stand.killAndRestart(victim))
    .then(() => Date.now());
  // A client repeats its message, under the same id, until it is acknowledged.
  const asked = api.call('POST', `${rolloutPath}/messages/promote`, { id: `promote-${key}`, reason: 'a trial' });
  const backAt = await struck;
  const problems: string[] = [];
  if ((await waitFor(weightOf, (weight) => weight === 50, 30_000)) !== 50) problems.push('the raise was lost');
  const resumedAfterMs = Math.max(0, Date.now() - backAt);
  if (resumedAfterMs > RESUME_WITHIN_MS) problems.push(`work went on only after ${resumedAfterMs} ms`);
  await asked;

  await api.call('POST', `${rolloutPath}/messages/abort`, { id: `abort-${key}`, reason: 'end of the trial' });
  const end = await waitFor(status, ({ phase }) => phase === 'aborted', 20_000);
  if (end.phase !== 'aborted') problems.push(`ended ${end.phase}`);
  problems.push(...(await inspect(stand, environment, key)));
  return { victim, moment, resumedAfterMs, problems };
}

/** Reads the flag and its story back, and checks them to the letter. */
async function inspect(stand: ChaosStand, environment: string, key: string): Promise<string[]> {
  const { api } = stand;
  const problems: string[] = [];
  const flag = await api.call<FlagView>('GET', `/v1/environments/${environment}/flags/${key}`);
  if (flag.rollout !== undefined) problems.push('the flag still carries the rollout');
  if (flag.defaultVariant !== 'off') problems.push('the flag serves the candidate');
  const story = await api.call<TimelineLine[]>('GET', `/v1/environments/${environment}/rollouts/${key}/timeline`);
  const told = story.map(({ transition, action, weight }) => `${transition} ${action} ${weight}`).join(', ');
  const expected = '1 rollout.start 10, 2 rollout.raise 50, 3 rollout.abort 0';
  if (told !== expected) problems.push(`transitions were: ${told}`);
  return problems;
}

/** Checks every chain of an environment of the stand's; the number of records and what is wrong with them. */
export async function verifyChains(
  stand: ChaosStand,
  environment = 'chaos',
): Promise<{ records: number; problems: unknown[] }> {
  return stand.api.call('GET', `/v1/environments/${environment}/audit/verify`);
}
