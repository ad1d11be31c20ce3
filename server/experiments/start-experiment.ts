import { randomBytes } from 'node:crypto';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { contentHash } from '../../core/signing';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import type { ExperimentProjection, ExperimentsRepository } from '../../store/experiments-repository';
import type { ExperimentInput } from '../../workflows/experiment/messages';
import { actorOf, type Caller } from '../http/authenticate';
import { newRolloutId } from '../rollouts/rollout-identity';
import { experimentLive, rolloutLive } from '../rollouts/start-rollout';
import type { ExperimentWorkflows } from '../temporal/experiment-workflows';
import type { RolloutWorkflows } from '../temporal/rollout-workflows';

/** What starting needs. */
export interface ExperimentStartDependencies {
  readonly experiments: Pick<ExperimentsRepository, 'byIdentity' | 'save'>;
  readonly experimentWorkflows: Pick<ExperimentWorkflows, 'start'>;
  readonly workflows: Pick<RolloutWorkflows, 'find'>;
  /** Milliseconds by the database's clock. */
  readonly databaseNowMs: () => number;
}

/** What a start came to. */
export type ExperimentStart =
  | { readonly outcome: 'started' | 'attached'; readonly experimentId: string; readonly notes: readonly string[] }
  | {
      readonly outcome: 'finished';
      readonly experimentId: string;
      readonly notes: readonly [];
      readonly projection: ExperimentProjection;
    };

/** Starts that lose a race look again; a flag cannot be fought over more often than this within one request. */
const MAX_ROUNDS = 4;

/**
 * What makes two starts the same one: the resolved experiment and the id of the change; a change's other fields are for
 * reading only.
 */
export function experimentIdentity({ base: { change, ...base }, ...plan }: ExperimentPlan): string {
  return contentHash({ experiment: { ...plan, base }, change: change?.id ?? null });
}

/**
 * Starts an experiment, or finds the one that this start means: the same identity live is attached to, finished is
 * answered unless `again`. Temporal's one workflow id for each flag decides between whoever starts an experiment or a
 * rollout at the same time.
 *
 * @param check - just before a start: notes, or a refusal thrown
 * @throws {HeadgateError} ROLLOUT_LIVE, EXPERIMENT_LIVE with the other's id, TEMPORAL_UNAVAILABLE; whatever `check` throws
 */
export async function startExperiment(
  { experiments, experimentWorkflows, workflows, databaseNowMs }: ExperimentStartDependencies,
  plan: ExperimentPlan,
  { again, check }: { readonly again: boolean; readonly check: () => readonly string[] },
  caller: Caller,
): Promise<ExperimentStart> {
  const { environment, flag: flagKey } = plan.base;
  const identity = experimentIdentity(plan);
  const experimentId = newRolloutId(flagKey, randomBytes);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await workflows.find({ environment, flagKey });
    if (found?.running === true) {
      if (found.isExperiment !== true) throw rolloutLive(plan.base, found, 'Wait for its end, or abort it first.');
      if (found.identity !== identity) throw experimentLive(plan.base, found);
      return { outcome: 'attached', experimentId: found.rolloutId, notes: [] };
    }
    if (!again) {
      // A refused start has changed nothing, and its reason may be gone: it is tried anew.
      const ended = await experiments.byIdentity(environment, identity);
      const finished = ended.find(({ outcome }) => outcome !== null && outcome !== 'refused');
      if (finished !== undefined) {
        return { outcome: 'finished', experimentId: finished._id, notes: [], projection: finished };
      }
    }
    const notes = check();
    const input: ExperimentInput = {
      experimentId,
      environment,
      flagKey,
      identity,
      plan,
      salt: randomBytes(12).toString('hex'),
      startedBy: actorOf(caller),
      startedAt: new Date(databaseNowMs()).toISOString(),
    };
    if ((await experimentWorkflows.start(input)) === 'started') {
      await saveFirstProjection(experiments, input);
      return { outcome: 'started', experimentId, notes };
    }
  }
  throw new HeadgateError(ErrorCode.ExperimentLive, `'${flagKey}' is being started and ended on too often`, {
    retryable: true,
    remedy: 'See who else starts rollouts or experiments of this flag, and try again.',
  });
}

/** Lists show it from now on, also while no worker runs. The workflow saves higher versions; failing here harms nothing. */
async function saveFirstProjection(
  experiments: Pick<ExperimentsRepository, 'save'>,
  { experimentId, environment, flagKey, identity, plan, startedAt, startedBy }: ExperimentInput,
): Promise<void> {
  const { owner } = plan.base;
  const projection = {
    _id: experimentId,
    environment,
    flag: flagKey,
    identity,
    control: '',
    treatments: plan.treatments,
    armWeight: plan.armWeight,
    phase: 'assessing' as const,
    outcome: null,
    waitingFor: null,
    summary: 'started; waiting for a worker',
    conclusion: null,
    transition: 0,
    ranMs: 0,
    durationMs: plan.durationMs,
    lastLook: null,
    nextLookAt: null,
    timeline: [],
    startedAt,
    startedBy: startedBy.name,
    ...(owner === undefined ? {} : { owner }),
    version: Date.parse(startedAt),
  };
  await experiments.save(projection).catch(() => undefined);
}
