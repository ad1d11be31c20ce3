import { deploymentFeatures, PastSubject, type PastRollouts } from '../changes/features/assemble';
import type { RolloutPlan } from '../flags/plan/plan';
import { DEFAULT_PREDICTION } from '../flags/plan/prediction';
import type { DeploymentSubject, DeploymentsRepository } from '../store/deployments-repository';
import type { FlagsRepository } from '../store/flags-repository';
import type { RolloutsRepository } from '../store/rollouts-repository';
import type { Gathered } from './gathered';
import { digestOf, recordDeployments } from './record-deployments';

/** Where past rollouts are read. */
export interface PastDependencies {
  readonly rollouts: Pick<RolloutsRepository, 'ended'>;
  readonly deployments: DeploymentsRepository;
  readonly flags: Pick<FlagsRepository, 'keysOfServices'>;
}

/** Whose past is asked for. */
export interface PastRequest {
  readonly environment: string;
  readonly flagKey: string;
  /** Services that evaluate the flag. */
  readonly services: readonly string[];
  readonly plan: Pick<RolloutPlan, 'owner' | 'change'>;
  /** Nothing from this moment on counts. */
  readonly atMs: number;
}

/**
 * The schedule takes ended rollouts over every five minutes by default; what it has not yet is taken over here, since
 * the last end says most.
 */
const NOT_YET_RECORDED_MS = 10 * 60_000;
const DAY_MS = 86_400_000;

/**
 * How earlier rollouts of the flag, its services, the author and the owner ended, by the labels that stood before
 * `atMs`. Rollouts under way, this one among them, tell nothing. A subject that the plan does not name is not looked
 * for. Cost: O(rollouts of each subject).
 */
export async function gatherPastRollouts(
  { rollouts, deployments, flags }: PastDependencies,
  { environment, flagKey, services, plan, atMs }: PastRequest,
): Promise<Gathered> {
  const here = {
    ended: async (since: string) => (await rollouts.ended(since)).filter((ended) => ended.environment === environment),
  };
  await recordDeployments(here, deployments, new Date(atMs - NOT_YET_RECORDED_MS));
  const subjects: [PastSubject, DeploymentSubject][] = [[PastSubject.Flag, { flagKey }]];
  if (services.length > 0) {
    subjects.push([PastSubject.Service, { flagKeys: await flags.keysOfServices(environment, services) }]);
  }
  if (plan.change?.author !== undefined) subjects.push([PastSubject.Author, { author: digestOf(plan.change.author) }]);
  if (plan.owner !== undefined) subjects.push([PastSubject.Owner, { owner: digestOf(plan.owner) }]);
  const past = await Promise.all(
    subjects.map(async ([name, subject]): Promise<[PastSubject, PastRollouts]> => {
      const { lastEndedAt, ...counts } = await deployments.history(environment, subject, new Date(atMs));
      const daysSinceLast = lastEndedAt === null ? null : (atMs - lastEndedAt.getTime()) / DAY_MS;
      return [name, { ...counts, daysSinceLast }];
    }),
  );
  // Always the same base rate, so that the same past gives the same values whatever a plan says.
  const values = deploymentFeatures(Object.fromEntries(past), DEFAULT_PREDICTION.baseRate);
  const unseen = past.filter(([, { ended }]) => ended === 0).map(([name]) => name);
  return { values, missing: unseen.length === 0 ? [] : [`deployments: no earlier rollout by ${unseen.join(', ')}`] };
}
