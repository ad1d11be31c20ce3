import { ErrorCode, HeadgateError } from '../../core/errors';
import type { ExperimentProjection, ExperimentsRepository } from '../../store/experiments-repository';
import type { ExperimentStatus } from '../../workflows/experiment/status';
import { flagKeyOf } from '../rollouts/rollout-identity';
import type { ExperimentWorkflows } from '../temporal/experiment-workflows';
import type { RolloutWorkflows } from '../temporal/rollout-workflows';

/** An experiment that a request named. */
export interface LocatedExperiment {
  readonly experimentId: string;
  readonly environment: string;
  readonly flagKey: string;
  /** What the database knows of it; null when nothing of it could be saved yet. */
  readonly projection: ExperimentProjection | null;
}

/** What looking an experiment up needs. */
export interface ExperimentDirectoryDependencies {
  readonly experiments: Pick<ExperimentsRepository, 'get' | 'list'>;
  readonly experimentWorkflows: Pick<ExperimentWorkflows, 'status'>;
  readonly workflows: Pick<RolloutWorkflows, 'find'>;
}

/**
 * Finds the experiment a path names: by its id, or by flag key, which means the latest.
 *
 * @throws {HeadgateError} EXPERIMENT_NOT_FOUND; TEMPORAL_UNAVAILABLE when only Temporal could know
 */
export async function locateExperiment(
  { experiments, workflows }: ExperimentDirectoryDependencies,
  environment: string,
  idOrFlag: string,
): Promise<LocatedExperiment> {
  const byId = await experiments.get(idOrFlag);
  const [latest] = byId === null ? await experiments.list(environment, { flag: idOrFlag, limit: 1 }) : [];
  // Lists leave the analysis out.
  const projection = latest === undefined ? byId : await experiments.get(latest._id);
  if (projection?.environment === environment) {
    return { experimentId: projection._id, environment, flagKey: projection.flag, projection };
  }
  // Started while the database was away: Temporal may know one that the projection does not.
  for (const flagKey of new Set([idOrFlag, flagKeyOf(idOrFlag) ?? idOrFlag])) {
    const found = await workflows.find({ environment, flagKey });
    if (found?.isExperiment !== true || !found.running) continue;
    if (flagKey === idOrFlag || found.rolloutId === idOrFlag) {
      return { experimentId: found.rolloutId, environment, flagKey, projection: null };
    }
  }
  throw new HeadgateError(ErrorCode.ExperimentNotFound, `there is no experiment '${idOrFlag}' in '${environment}'`, {
    remedy: 'Give an experiment id or a flag key; list them with: headgate experiment list',
  });
}

/**
 * Reads where an experiment stands: of a live one from the workflow, of an ended one from the projection. When no
 * worker answers, the projection is given with `fromProjection`.
 *
 * @throws {HeadgateError} TEMPORAL_UNAVAILABLE when neither the workflow answers nor the projection exists
 */
export async function readExperiment(
  { experimentWorkflows }: Pick<ExperimentDirectoryDependencies, 'experimentWorkflows'>,
  { experimentId, environment, flagKey, projection }: LocatedExperiment,
): Promise<ExperimentStatus & { readonly fromProjection?: true }> {
  if (projection !== null && projection.outcome !== null) return experimentStatusOf(projection);
  const live = await experimentWorkflows.status({ environment, flagKey });
  if (live?.experimentId === experimentId) return live;
  if (projection !== null) return { ...experimentStatusOf(projection), fromProjection: true };
  throw new HeadgateError(ErrorCode.TemporalUnavailable, `experiment '${experimentId}' does not answer yet`, {
    retryable: true,
    remedy: 'Check that workers run, and try again.',
  });
}

/** The projection in the words of the status query. */
export function experimentStatusOf({
  _id: experimentId,
  identity: _i,
  version: _v,
  updatedAt: _u,
  analysis: _a,
  analysedAtMs: _at,
  ...rest
}: ExperimentProjection): ExperimentStatus {
  return { experimentId, ...rest };
}
