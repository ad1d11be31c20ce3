import type { FlagView } from '../../demo/api';
import type { ExperimentStatus } from '../../workflows/experiment/status';
import { givenExperimentFile } from '../support/started-experiment';
import type { ChaosStand } from './chaos-stand';
import type { Moment } from './moments';
import { waitFor } from './wait-for';

/** Where experiments of the trials live, apart from rollouts. */
export const EXPERIMENT_ENVIRONMENT = 'chaos-experiments';

/**
 * One trial: an experiment runs, and is concluded by a person. The worker is killed at the given moment, in a look or
 * around the write of the end, and comes back; afterwards flag and records must be as if nothing had happened.
 *
 * @returns what was lost, doubled, out of order or wrong; empty when all is well
 */
export async function runExperimentTrial(stand: ChaosStand, moment: Moment): Promise<string[]> {
  const { api } = stand;
  const base = `/v1/environments/${EXPERIMENT_ENVIRONMENT}`;
  const flag = `tried-${moment}`;
  const boolean = { type: 'boolean', variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off' };
  await api.call('PUT', `${base}/flags/${flag}`, { key: flag, ...boolean });
  const change = { flag, environment: EXPERIMENT_ENVIRONMENT, duration: '1h', endOnDecision: false };
  await api.call('POST', `${base}/experiments`, { experiment: givenExperimentFile(change) });
  const status = (): Promise<ExperimentStatus> => api.call('GET', `${base}/experiments/${flag}`);
  const isJudged = ({ lastLook }: ExperimentStatus): boolean => (lastLook?.standing.sample ?? 0) > 0;
  const before = await waitFor(status, isJudged, 60_000);
  const struck = stand.arm(moment).then(() => stand.killAndRestart('worker'));
  if (moment === 'mid-task') {
    await struck;
    const sample = before.lastLook?.standing.sample ?? 0;
    await waitFor(status, ({ lastLook }) => (lastLook?.standing.sample ?? 0) > sample, 60_000);
  }
  await api.call('POST', `${base}/experiments/${flag}/messages/conclude`, { reason: 'end of the trial' });
  await struck;
  const end = await waitFor(status, ({ outcome }) => outcome !== null, 60_000);
  const problems: string[] = [];
  if (end.outcome !== 'concluded') problems.push(`it is ${end.phase}: ${end.summary}`);
  const left = await api.call<FlagView>('GET', `${base}/flags/${flag}`);
  if (left.rollout !== undefined) problems.push('the flag still carries its arms');
  if (left.defaultVariant !== 'off') problems.push('the flag serves another variant');
  const history = await api.call<{ action: string; transition?: number }[]>('GET', `${base}/flags/${flag}/history`);
  const story = history.toReversed().map(({ action, transition = 0 }) => `${transition} ${action}`);
  const told = story.join(', ');
  if (told !== '0 flag.create, 1 experiment.start, 2 experiment.conclude') problems.push(`records were: ${told}`);
  return problems;
}
