import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode, HeadgateError } from '../../core/errors';
import type { RolloutPlan } from '../../flags/plan/plan';
import type { FeaturesRepository } from '../../store/features-repository';
import type { RolloutProjection, RolloutsRepository } from '../../store/rollouts-repository';
import { rolloutWorkflowId, type RolloutInput } from '../../workflows/rollout/messages';
import { actorOf, type Caller } from '../http/authenticate';
import type { FoundRollout, RolloutWorkflows } from '../temporal/rollout-workflows';
import { newRolloutId, rolloutIdentity } from './rollout-identity';
import { sendMessage } from './send-message';

/** What starting needs. */
export interface StartDependencies {
  readonly rollouts: Pick<RolloutsRepository, 'byIdentity' | 'save'>;
  readonly features: Pick<FeaturesRepository, 'add'>;
  readonly workflows: RolloutWorkflows;
  readonly signingKey: string;
  /** Instants by the database's clock. */
  readonly nowMs: () => number;
}

/** What a caller wants beside the plan. */
export interface StartOptions {
  /** Start anew although the same rollout has finished. */
  readonly again: boolean;
  /** End another plan's live rollout of this flag as superseded, then start. */
  readonly replace: boolean;
  /** Checks the plan against the flag, just before a start: notes, or a refusal thrown. */
  readonly check: () => readonly string[];
  /** What is known of the change and its build before the start, by the names of the feature catalogue. */
  readonly features?: ChangeFeatures | undefined;
}

/** Features of a change with the version of the catalogue that names them. */
export interface ChangeFeatures {
  readonly catalogueVersion: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** What a start came to. */
export type StartResult = { readonly rolloutId: string; readonly notes: readonly string[] } & (
  | { readonly outcome: 'started' | 'attached' }
  | { readonly outcome: 'finished'; readonly projection: RolloutProjection }
);

/** Starts that lose a race look again; a flag cannot be fought over more often than this within one request. */
const MAX_ROUNDS = 4;
const REPLACE_TIMEOUT_MS = 20_000;
const REPLACE_POLL_MS = 200;

/**
 * Starts a rollout, or finds the one that this start means: the same identity live is attached to, finished is
 * answered. Temporal's one workflow id for each flag decides between servers that start at the same time.
 *
 * @param plan - resolved and checked
 * @throws {HeadgateError} ROLLOUT_LIVE, EXPERIMENT_LIVE with the other's id, TEMPORAL_UNAVAILABLE; whatever
 *   `options.check` throws
 */
export async function startRollout(
  dependencies: StartDependencies,
  plan: RolloutPlan,
  { again, replace, check, features }: StartOptions,
  caller: Caller,
): Promise<StartResult> {
  const { workflows, rollouts } = dependencies;
  const target = { environment: plan.environment, flagKey: plan.flag };
  const identity = rolloutIdentity(plan);
  const rolloutId = newRolloutId(plan.flag, randomBytes);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await workflows.find(target);
    if (found?.running === true) {
      if (found.isExperiment === true) throw experimentLive(plan, found);
      if (found.identity === identity) return { outcome: 'attached', rolloutId: found.rolloutId, notes: [] };
      if (!replace)
        throw rolloutLive(plan, found, 'Wait for it, abort it, or start with --replace to end it as superseded.');
      // A plan that cannot start takes no other one's place.
      check();
      await supersede(dependencies, plan, found, rolloutId, caller);
      continue;
    }
    if (!again) {
      // A refused start has changed nothing, and its reason may be gone: it is tried anew.
      const ended = await rollouts.byIdentity(identity);
      const finished = ended.find(({ outcome }) => outcome !== 'refused');
      if (finished !== undefined && finished.outcome !== null) {
        return { outcome: 'finished', rolloutId: finished._id, projection: finished, notes: [] };
      }
    }
    const notes = check();
    const input = inputOf(plan, identity, rolloutId, caller, dependencies.nowMs());
    if (features !== undefined) await keepFeatures(dependencies, input, features);
    if ((await workflows.start(input, plan.owner)) === 'started') {
      await saveFirstProjection(rollouts, input);
      return { outcome: 'started', rolloutId, notes };
    }
  }
  throw new HeadgateError(ErrorCode.RolloutLive, `rollouts of '${plan.flag}' are being started and ended too often`, {
    retryable: true,
    remedy: 'See who else starts rollouts of this flag, and try again.',
  });
}

/** Before the start, so that nothing of how it goes is known yet. A start never fails for what only predictions need. */
async function keepFeatures(
  { features }: StartDependencies,
  { environment, rolloutId, startedAt }: RolloutInput,
  { catalogueVersion, values }: ChangeFeatures,
): Promise<void> {
  const at = new Date(startedAt);
  const entity = { kind: 'rollout', id: rolloutId };
  await features.add({ environment, entity, catalogueVersion, at, recordedAt: at, values }).catch(() => undefined);
}

function inputOf(plan: RolloutPlan, identity: string, rolloutId: string, caller: Caller, nowMs: number): RolloutInput {
  return {
    rolloutId,
    environment: plan.environment,
    flagKey: plan.flag,
    identity,
    plan,
    // Made here once: a retried first task of the workflow sees the same salt.
    salt: randomBytes(12).toString('hex'),
    startedBy: actorOf(caller),
    startedAt: new Date(nowMs).toISOString(),
  };
}

type StartedOn = Pick<RolloutPlan, 'flag' | 'environment'>;

/** The error of a flag that has a live rollout. */
export function rolloutLive({ flag, environment }: StartedOn, found: FoundRollout, remedy: string): HeadgateError {
  const what = `rollout '${found.rolloutId}' of '${flag}' is live in '${environment}' with another plan`;
  return new HeadgateError(ErrorCode.RolloutLive, what, { remedy, details: { rolloutId: found.rolloutId } });
}

/** The error of a flag that is under an experiment. Nothing replaces one: its data would be thrown away. */
export function experimentLive({ flag, environment }: StartedOn, found: FoundRollout): HeadgateError {
  const what = `experiment '${found.rolloutId}' on '${flag}' is live in '${environment}'`;
  return new HeadgateError(ErrorCode.ExperimentLive, what, {
    remedy: `Wait for its end, or end it: headgate experiment conclude ${found.rolloutId}, or abort.`,
    details: { experimentId: found.rolloutId },
  });
}

/** Ends another rollout and waits, bounded, until Temporal has it closed. */
async function supersede(
  { workflows, signingKey }: StartDependencies,
  plan: RolloutPlan,
  found: FoundRollout,
  by: string,
  caller: Caller,
): Promise<void> {
  const rollout = { environment: plan.environment, flagKey: plan.flag, rolloutId: found.rolloutId };
  try {
    // Derived from both ids, so that a repeated request counts once.
    const message = { id: `supersede-${found.rolloutId}-${by}`, by, reason: `replaced by ${by}` };
    await sendMessage(workflows, signingKey, rollout, 'supersede', message, caller);
  } catch (error) {
    // It may end by itself at this very moment: then there is nothing left to supersede.
    if (!(error instanceof HeadgateError) || error.code !== ErrorCode.MessageRejected) throw error;
  }
  for (let waitedMs = 0; waitedMs < REPLACE_TIMEOUT_MS; waitedMs += REPLACE_POLL_MS) {
    const now = await workflows.find(rollout);
    if (now === null || !now.running || now.rolloutId !== found.rolloutId) return;
    await sleep(REPLACE_POLL_MS);
  }
  throw new HeadgateError(
    ErrorCode.RolloutLive,
    `rollout '${found.rolloutId}' was told to end and has not within ${REPLACE_TIMEOUT_MS / 1000} s`,
    { retryable: true, remedy: 'Check that workers run, and try again.', details: { rolloutId: found.rolloutId } },
  );
}

/**
 * Lists show the rollout from now on, also while no worker runs. The workflow saves higher versions; failing here harms
 * nothing.
 */
async function saveFirstProjection(
  rollouts: Pick<RolloutsRepository, 'save'>,
  { rolloutId, environment, flagKey, identity, plan, startedBy, startedAt }: RolloutInput,
): Promise<void> {
  const projection = {
    _id: rolloutId,
    environment,
    flagKey,
    identity,
    ...(plan.change === undefined ? {} : { changeId: plan.change.id }),
    workflowId: rolloutWorkflowId(environment, flagKey),
    runId: '',
    plan,
    startedBy: startedBy.name,
    startedAt,
    state: 'assessing' as const,
    waitingFor: null,
    summary: 'started; waiting for a worker',
    step: -1,
    weight: 0,
    transition: 0,
    verdict: null,
    outcome: null,
    excludedSegments: [],
    lastLook: null,
    bakedMs: 0,
    bakeMs: plan.steps[0]?.bakeMs ?? 0,
    // The workflow's own versions begin above the instant of its start.
    version: Date.parse(startedAt),
  };
  await rollouts.save(projection).catch(() => undefined);
}
