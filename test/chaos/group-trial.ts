import type { FlagView, RolloutView, TimelineLine } from '../../demo/api';
import type { GroupStatus } from '../../workflows/group/status';
import type { ChaosStand } from './chaos-stand';
import type { GroupMoment } from './moments';
import { PLAN } from './trial';
import { waitFor } from './wait-for';

/** Where groups of the trials live, apart from single rollouts. */
export const GROUP_ENVIRONMENT = 'chaos-groups';

/**
 * One trial: of a group of two the first completes, the second is live, and then the group is aborted. The worker is
 * killed at the given moment and comes back; afterwards members, flags and records must be as if nothing had happened.
 *
 * @returns what was lost, doubled, out of order or wrong; empty when all is well
 */
export async function runGroupTrial(stand: ChaosStand, moment: GroupMoment): Promise<string[]> {
  const { api } = stand;
  const base = `/v1/environments/${GROUP_ENVIRONMENT}`;
  const [low, high] = [`low-${moment}`, `high-${moment}`];
  const boolean = { type: 'boolean', variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off' };
  await api.call('PUT', `${base}/flags/${low}`, { key: low, ...boolean });
  const prerequisites = [{ flag: low, variants: ['on', 'off'] }];
  await api.call('PUT', `${base}/flags/${high}`, { key: high, ...boolean, prerequisites });
  const group = { key: moment, members: [low, high].map((flag) => ({ plan: { flag, ...PLAN } })) };
  await api.call('POST', `${base}/groups`, { group });
  // A member is not known before its turn has come.
  const rollout = (key: string): Promise<Pick<RolloutView, 'phase' | 'weight'>> =>
    api.call<RolloutView>('GET', `${base}/rollouts/${key}`).catch(() => ({ phase: 'unknown', weight: 0 }));
  const isServed = ({ phase, weight }: Pick<RolloutView, 'phase' | 'weight'>): boolean =>
    phase === 'progressing' && weight === 10;
  const status = (): Promise<GroupStatus> => api.call('GET', `${base}/groups/${moment}`);
  const strike = (): Promise<void> => stand.arm(moment).then(() => stand.killAndRestart('worker'));

  await waitFor(() => rollout(low), isServed, 60_000);
  const struckEarly = moment === 'mid-group' ? strike() : Promise.resolve();
  const forced = { id: `promote-${low}`, reason: 'a trial', full: true, force: true };
  await api.call('POST', `${base}/rollouts/${low}/messages/promote`, forced);
  await struckEarly;
  const going = await waitFor(status, ({ members }) => members[1]?.state === 'live', 60_000);
  if (going.members[1]?.state !== 'live') return [`the second member is ${going.members[1]?.state}`];
  await waitFor(() => rollout(high), isServed, 60_000);
  const struckLate = moment === 'mid-group' ? Promise.resolve() : strike();
  await api.call('POST', `${base}/groups/${moment}/messages/abort`, { reason: 'end of the trial' });
  await struckLate;
  const end = await waitFor(status, ({ outcome }) => outcome !== null, 60_000);
  const problems = await inspect(stand, base, { [low]: TAKEN_BACK, [high]: ABORTED });
  const came = end.members.map(({ state, takenBack }) => `${state} ${takenBack}`).join(', ');
  if (end.outcome !== 'aborted' || came !== 'completed taken_back, aborted null') {
    problems.push(`the group is ${end.phase}: ${came}`);
  }
  return problems;
}

const TAKEN_BACK = '1 rollout.start 10, 2 rollout.complete 100, 3 rollout.take_back 0';
const ABORTED = '1 rollout.start 10, 2 rollout.abort 0';

/** Reads the members' flags and stories back, and checks them to the letter. */
async function inspect({ api }: ChaosStand, base: string, stories: Record<string, string>): Promise<string[]> {
  const problems: string[] = [];
  for (const [key, expected] of Object.entries(stories)) {
    const flag = await api.call<FlagView>('GET', `${base}/flags/${key}`);
    if (flag.rollout !== undefined) problems.push(`${key} still carries a rollout`);
    if (flag.defaultVariant !== 'off') problems.push(`${key} serves the candidate`);
    const story = await api.call<TimelineLine[]>('GET', `${base}/rollouts/${key}/timeline`);
    const told = story.map(({ transition, action, weight }) => `${transition} ${action} ${weight}`).join(', ');
    if (told !== expected) problems.push(`transitions of ${key} were: ${told}`);
  }
  return problems;
}
