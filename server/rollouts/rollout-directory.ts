import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import type { RolloutsRepository, RolloutProjection } from '../../store/rollouts-repository';
import type { RolloutWorkflows } from '../temporal/rollout-workflows';
import { flagKeyOf } from './rollout-identity';

/** A rollout that a request named. */
export interface LocatedRollout {
  readonly rolloutId: string;
  readonly environment: string;
  readonly flagKey: string;
  /** What the database knows of it; null when its workflow has not saved anything yet. */
  readonly projection: RolloutProjection | null;
}

/** What looking a rollout up needs. */
export interface DirectoryDependencies {
  readonly rollouts: Pick<RolloutsRepository, 'get' | 'list' | 'liveOf'>;
  readonly workflows: Pick<RolloutWorkflows, 'find'>;
}

/**
 * Finds the rollout a path names: by rollout id, or by flag key, which means the live one or else the latest.
 *
 * @throws {HeadgateError} ROLLOUT_NOT_FOUND; TEMPORAL_UNAVAILABLE when only Temporal could know
 */
export async function locateRollout(
  { rollouts, workflows }: DirectoryDependencies,
  environment: string,
  idOrFlag: string,
): Promise<LocatedRollout> {
  const byId = await rollouts.get(idOrFlag);
  if (byId !== null && byId.environment === environment) return located(byId);
  const live = await rollouts.liveOf(environment, idOrFlag);
  if (live !== null) return located(live);
  const [latest] = await rollouts.list({ environment, flagKey: idOrFlag, limit: 1 });
  // Started a moment ago, or while the database was away: Temporal may know one that the projection does not.
  const failures: Error[] = [];
  for (const flagKey of new Set([idOrFlag, flagKeyOf(idOrFlag) ?? idOrFlag])) {
    try {
      const found = await workflows.find({ environment, flagKey });
      if (found === null || found.isExperiment === true || found.rolloutId === '') continue;
      if (found.rolloutId === idOrFlag || (flagKey === idOrFlag && found.running)) {
        return { rolloutId: found.rolloutId, environment, flagKey, projection: null };
      }
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }
  // With a projection to fall back on, Temporal's silence is no reason to refuse.
  if (latest !== undefined) return located(latest);
  if (failures[0] !== undefined) throw failures[0];
  throw new HeadgateError(ErrorCode.RolloutNotFound, `there is no rollout '${idOrFlag}' in '${environment}'`, {
    remedy: 'Give a rollout id or a flag key; list them with: headgate rollout list',
  });
}

function located(projection: RolloutProjection): LocatedRollout {
  const { _id: rolloutId, environment, flagKey } = projection;
  return { rolloutId, environment, flagKey, projection };
}
