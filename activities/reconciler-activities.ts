import type { Client } from '@temporalio/client';
import { documentId } from '../flags/document/identifiers';
import { planTransition } from '../flags/transition/plan-transition';
import type { Flag } from '../flags/document/flag';
import type { DatabaseClock } from '../store/database-clock';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { DeploymentsRepository } from '../store/deployments-repository';
import type { CarriedRollout, FlagsRepository } from '../store/flags-repository';
import type { LeasesRepository } from '../store/leases-repository';
import type { DriftKind } from '../store/model-drift-repository';
import type { PredictionsRepository } from '../store/predictions-repository';
import type { RolloutProjection, RolloutsRepository } from '../store/rollouts-repository';
import type { RolloutUsersRepository } from '../store/rollout-users-repository';
import { destroyLeftKeys } from './destroy-left-keys';
import { endLeftExperiments, type LeftExperimentDependencies } from './end-left-experiments';
import { endLeftGroups, type LeftGroupDependencies } from './end-left-groups';
import { withSortedFailures } from './failures';
import { isClaimed } from './is-claimed';
import { listRunning } from './list-running';
import { recordDeployments } from './record-deployments';
import { restoreTimers, type TimerDependencies } from './restore-timers';
import { MOST_ROLLOUTS, scoreModels, type ScoringDependencies } from './score-models';
import { watchModels, type WatchDependencies } from './watch-models';
import { FAILURE_MODEL } from '../store/models-repository';

/** How far back ends are looked for: far longer than a schedule may be down. */
const RECORDED_BACK_MS = 30 * 86_400_000;
/** What models have said is kept for two years, and of no more rollouts than scores and drift can be made of. */
const PREDICTIONS_KEPT_MS = 2 * 365 * 86_400_000;
const MOST_PREDICTIONS = 2 * MOST_ROLLOUTS;
const ORPHANED = 'orphaned: no live workflow owns this rollout';

/** What closing orphans needs. */
export interface ReconcilerDependencies
  extends ScoringDependencies, WatchDependencies, LeftGroupDependencies, LeftExperimentDependencies, TimerDependencies {
  readonly flags: FlagsRepository;
  readonly decisions: DecisionsRepository;
  readonly leases: LeasesRepository;
  readonly rollouts: RolloutsRepository;
  readonly deployments: DeploymentsRepository;
  readonly models: ScoringDependencies['models'] & WatchDependencies['models'];
  readonly predictions: PredictionsRepository;
  readonly users: RolloutUsersRepository;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly client: Pick<Client, 'workflow'>;
  /** The workflow id of a flag's rollout. */
  readonly workflowIdOf: (environment: string, flagKey: string) => string;
}

/** Everything the scheduled reconciler may do. */
export interface ReconcilerActivities {
  /** Completes audit chains whose last writer died; answers how many records were written. */
  sweepAudit(): Promise<number>;
  /**
   * Takes blocks off flags whose rollout or experiment has no live workflow, ends what lists show of those and of
   * groups, and destroys keys of users that nobody else will; answers the rollout ids.
   */
  closeOrphans(): Promise<string[]>;
  /**
   * Takes rollouts that have ended lately into the past that models learn from, and scores models by them; answers how
   * many were new.
   */
  recordDeployments(): Promise<number>;
  /**
   * Gives scheduled changes a workflow that have none: their server died before it had, or Temporal has lost its data;
   * answers how many.
   */
  startTimers(): Promise<number>;
  /**
   * Tells of the champion's drift at its onset, and removes predictions past their retention; answers what has drifted
   * and how many were removed.
   */
  watchModels(): Promise<{ readonly drift: readonly DriftKind[]; readonly removed: number }>;
}

/** Activities of the reconciler. Each is idempotent: a second copy finds nothing left to do. */
export function createReconcilerActivities(dependencies: ReconcilerDependencies): ReconcilerActivities {
  const { flags } = dependencies;
  return withSortedFailures({
    async sweepAudit(): Promise<number> {
      return flags.sweepAudit();
    },

    async closeOrphans(): Promise<string[]> {
      const closed: string[] = [];
      const running = await listRunning(dependencies.client);
      const isListed = ({ environment, flagKey, rolloutId }: CarriedRollout): boolean =>
        running.claim(dependencies.workflowIdOf(environment, flagKey), 'rolloutId', rolloutId);
      for (const ref of await flags.carried()) {
        if (isListed(ref) || !(await isOrphan(dependencies, ref))) continue;
        const flag = await flags.get(documentId(ref.environment, ref.flagKey));
        const isCarried = flag?.rollout?.id === ref.rolloutId;
        if (flag !== null && isCarried && (await close(dependencies, flag))) closed.push(ref.rolloutId);
      }
      await endProjections(dependencies, isListed);
      const startedBefore = new Date(dependencies.clock.nowMs() - GRACE_MS).toISOString();
      await endLeftGroups(dependencies, running, startedBefore);
      await endLeftExperiments(dependencies, running, startedBefore);
      await destroyLeftKeys(dependencies);
      return closed;
    },

    async recordDeployments(): Promise<number> {
      const since = new Date(dependencies.clock.nowMs() - RECORDED_BACK_MS);
      const recorded = await recordDeployments(dependencies.rollouts, dependencies.deployments, since);
      await scoreModels(dependencies);
      return recorded;
    },

    async startTimers(): Promise<number> {
      return restoreTimers(dependencies, new Date(dependencies.clock.nowMs() - GRACE_MS).toISOString());
    },

    async watchModels(): Promise<{ drift: readonly DriftKind[]; removed: number }> {
      const { predictions, clock } = dependencies;
      const since = new Date(clock.nowMs() - PREDICTIONS_KEPT_MS);
      const removed = await predictions.prune(FAILURE_MODEL, since, MOST_PREDICTIONS);
      return { drift: await watchModels(dependencies), removed };
    },
  });
}

/**
 * Whether no running workflow claims the rollout. A workflow installs its block itself, so a block never precedes its
 * workflow.
 */
async function isOrphan(
  { client, workflowIdOf }: ReconcilerDependencies,
  { environment, flagKey, rolloutId }: CarriedRollout,
): Promise<boolean> {
  return !(await isClaimed(client, workflowIdOf(environment, flagKey), 'rolloutId', rolloutId));
}

/** Closes one block as aborted (orphaned); false when somebody else wrote the flag meanwhile. */
async function close(
  { flags, decisions, leases, rollouts, clock }: ReconcilerDependencies,
  flag: Flag,
): Promise<boolean> {
  const block = flag.rollout;
  if (block === undefined) return false;
  const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = flag;
  const action = block.arms === undefined ? 'rollout.orphaned' : 'experiment.orphaned';
  const highest = (await decisions.highestTransition(flag, block.id))?.transition ?? block.transition;
  const transition = highest + 1;
  const plan = planTransition(
    body,
    {
      rolloutId: block.id,
      transition,
      action,
      weight: 0,
      excludedSegments: block.excludedSegments,
      controlHoldback: 0,
      outcome: 'aborted',
      start: null,
    },
    highest,
  );
  if (plan.kind !== 'write') return false;
  const written = await flags.swap({
    before: flag,
    after: plan.after,
    draft: {
      at: new Date(clock.nowMs()).toISOString(),
      actor: { kind: 'reconciler', name: 'reconciler', verified: true },
      action,
      reason: ORPHANED,
      rolloutId: block.id,
      transition,
      weightBefore: block.weight,
      weightAfter: 0,
    },
  });
  if (written === null) return false;
  await leases.end(block.id);
  const projection = await rollouts.get(block.id);
  if (projection !== null && projection.outcome === null) {
    await endProjection({ rollouts, clock }, { ...projection, transition });
  }
  return true;
}

/** A rollout that was started this recently may not have reached its workflow's own record yet, in milliseconds. */
const GRACE_MS = 60_000;

/** Ends the projections of rollouts whose workflow was ended from outside, so that lists do not show them for ever. */
async function endProjections(
  dependencies: ReconcilerDependencies,
  isListed: (ref: CarriedRollout) => boolean,
): Promise<void> {
  const { rollouts, flags, clock } = dependencies;
  for (const projection of await rollouts.live(new Date(clock.nowMs() - GRACE_MS).toISOString())) {
    const { _id: rolloutId, environment, flagKey } = projection;
    const ref = { environment, flagKey, rolloutId };
    if (isListed(ref) || !(await isOrphan(dependencies, ref))) continue;
    const flag = await flags.get(documentId(environment, flagKey));
    // While the flag still carries its block, closing that comes first.
    if (flag?.rollout?.id !== rolloutId) await endProjection({ rollouts, clock }, projection);
  }
}

async function endProjection(
  { rollouts, clock }: Pick<ReconcilerDependencies, 'rollouts' | 'clock'>,
  projection: RolloutProjection,
): Promise<void> {
  // Read again: the workflow itself may have recorded its end a moment ago.
  const standing = await rollouts.get(projection._id);
  if (standing === null || standing.outcome !== null) return;
  const version = Math.max(standing.version + 1, clock.nowMs());
  const ended = { state: 'aborted' as const, outcome: 'aborted' as const, waitingFor: null, weight: 0 };
  await rollouts.save({ ...projection, ...ended, summary: ORPHANED, version });
}
