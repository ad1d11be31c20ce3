import { ErrorCode, HeadgateError } from '../core/errors';
import type { DecisionAction } from '../flags/document/decision-record';
import type { Flag } from '../flags/document/flag';
import { documentId } from '../flags/document/identifiers';
import type { Segment } from '../flags/document/segment';
import type { Metric } from '../flags/plan/metric';
import { observedUsers, type UserObservation } from '../flags/plan/user-metric';
import { isBlackedOut } from '../flags/plan/blackout';
import { namesNoSegment, takeBasis, variantAt } from '../flags/transition/basis';
import { planTransition, type FlagBody, type TransitionCommand } from '../flags/transition/plan-transition';
import type { DatabaseClock } from '../store/database-clock';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { FlagsRepository } from '../store/flags-repository';
import { coveringHoldouts, type HoldoutsRepository } from '../store/holdouts-repository';
import type { KillSwitchesRepository } from '../store/kill-switches-repository';
import type { LeasesRepository } from '../store/leases-repository';
import type { SegmentsRepository } from '../store/segments-repository';
import type { RolloutOutcome } from '../workflows/rollout/status';
import { describeEdits } from './describe-edits';
import { readKilled } from './read-killed';
import { predictFailure, type PredictionDependencies } from './predict-failure';
import type { RolloutActivities, TransitionRequest, TransitionResult } from './rollout-activities';

/** What the activities that write flags need. */
export interface TransitionDependencies extends PredictionDependencies {
  readonly flags: FlagsRepository;
  readonly segments: SegmentsRepository;
  readonly killSwitches: Pick<KillSwitchesRepository, 'get'>;
  readonly holdouts: Pick<HoldoutsRepository, 'get'>;
  readonly decisions: DecisionsRepository;
  readonly leases: LeasesRepository;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  /** One line for each write, with rollout id and transition. */
  readonly log: (fields: Readonly<Record<string, unknown>>, message: string) => void;
}

/** A swap that loses a race re-reads at once; losing this often within one attempt leaves the rest to the retry policy. */
const SWAP_ATTEMPTS = 20;

type Activities = Pick<RolloutActivities, 'prepareRollout' | 'applyTransition' | 'verifyEnd'>;

/** Activities that read and write the flag. */
export function createTransitionActivities(dependencies: TransitionDependencies): Activities {
  const { flags, segments, clock } = dependencies;
  return {
    /** Reads only: safe to repeat. */
    async prepareRollout({ environment, flagKey, rolloutId, plan }) {
      const flag = await flags.get(documentId(environment, flagKey));
      if (flag === null || flag.deleted)
        return { kind: 'refused', why: `there is no flag '${flagKey}' in ${environment}` };
      if (flag.rollout !== undefined && flag.rollout.id !== rolloutId) {
        return { kind: 'refused', why: `the flag already carries rollout ${flag.rollout.id}` };
      }
      const control = variantAt(flag, plan.place);
      if (control === null)
        return { kind: 'refused', why: 'the place of the rollout is not there or serves no single variant' };
      if (!Object.hasOwn(flag.variants, plan.candidate)) {
        return { kind: 'refused', why: `the flag has no variant '${plan.candidate}'` };
      }
      if (control === plan.candidate) return { kind: 'refused', why: `'${control}' is served there already` };
      const nowMs = clock.nowMs();
      const { prediction } = plan;
      const killed = await readKilled(dependencies.killSwitches, environment);
      const predicted = await predictFailure(dependencies, { environment, rolloutId, prediction }, nowMs);
      return {
        kind: 'ready',
        control,
        basis: takeBasis(flag, plan.candidate, await segmentsOf(segments, flag)),
        blackoutUntilMs: isBlackedOut(plan.blackouts, nowMs)?.untilMs ?? null,
        nowMs,
        ...(killed === null ? {} : { killed }),
        ...(predicted === undefined ? {} : { assessment: predicted.reason }),
        ...(predicted?.acts === true && predicted.probability !== null
          ? { failureProbability: predicted.probability }
          : {}),
      };
    },

    /**
     * Writes one numbered transition by compare-and-swap. Safe to repeat, to overlap and to arrive late: a higher number that
     * stands on the flag or in its records wins. Begins or ends the lease only after the write stands, so that no evaluator
     * serves a weight that was not written.
     */
    async applyTransition(request) {
      const result = await swapUntilSettled(dependencies, request);
      await settleLease(dependencies.leases, request, result);
      const { rolloutId, transition, action, weight, environment, flagKey } = request;
      dependencies.log(
        { rolloutId, transition, action, weight, environment, flag: flagKey, result: result.kind },
        request.reason,
      );
      return result;
    },

    /** Reads only: throws, to be retried, until the flag shows the end. */
    async verifyEnd({ environment, flagKey, rolloutId, outcome, candidate }) {
      const flag = await flags.get(documentId(environment, flagKey));
      if (flag === null || flag.deleted) return 'the flag is deleted: nobody is served the candidate';
      if (flag.rollout?.id === rolloutId) {
        throw new HeadgateError(ErrorCode.RevisionConflict, `flag '${flagKey}' still carries rollout ${rolloutId}`, {
          retryable: true,
        });
      }
      const end = await dependencies.decisions.highestTransition(flag, rolloutId);
      const standing = outcome === 'completed' ? `serves '${candidate}'` : 'carries no rollout of ours';
      return `read back at revision ${flag.revision}: ${standing}; last transition ${end?.transition ?? 'none'}`;
    },
  };
}

/** The segments that a flag's basis may need: none are read for a flag whose rules name none. */
async function segmentsOf(repository: SegmentsRepository, flag: Flag): Promise<Map<string, Segment>> {
  const listed = namesNoSegment(flag) ? [] : await repository.list(flag.environment);
  return new Map(listed.map((segment) => [segment.key, segment]));
}

function commandOf(request: TransitionRequest): TransitionCommand {
  const { rolloutId, transition, action, weight, excludedSegments, controlHoldback, outcome, start } = request;
  return {
    rolloutId,
    transition,
    action,
    weight,
    excludedSegments,
    controlHoldback,
    outcome,
    start:
      start === null
        ? null
        : {
            place: start.plan.place,
            control: start.control,
            candidate: start.plan.candidate,
            salt: start.salt,
            onLapse: start.plan.onLapse,
            leaseMs: start.plan.leaseMs,
            ...(start.arms === undefined ? {} : { arms: start.arms }),
            observe: {
              windowMs: start.plan.windowMs,
              segments: start.plan.segments,
              thresholds: thresholdsOf(start.plan.metrics),
              ...usersOf(start.plan.metrics),
            },
          },
  };
}

/** Thresholds that evaluators and ingestion must count by, per event name. Prometheus counts its own. */
function thresholdsOf(metrics: readonly Metric[]): Record<string, number[]> {
  const thresholds: Record<string, number[]> = {};
  for (const { event, threshold, prometheus, perUser } of metrics) {
    if (
      threshold === undefined ||
      prometheus !== undefined ||
      perUser !== undefined ||
      thresholds[event]?.includes(threshold)
    )
      continue;
    (thresholds[event] ??= []).push(threshold);
  }
  return thresholds;
}

/** Totals that ingestion must keep for each user; nothing where no metric is per user. */
function usersOf(metrics: readonly Metric[]): { users?: UserObservation[] } {
  const users = observedUsers(metrics);
  return users.length === 0 ? {} : { users };
}

function bodyOf({ revision: _r, lastChange: _l, schemaVersion: _s, ...body }: Flag): FlagBody {
  return body;
}

const OUTCOMES: Partial<Record<DecisionAction, RolloutOutcome>> = {
  'rollout.complete': 'completed',
  'rollout.roll_back': 'rolled_back',
  'rollout.abort': 'aborted',
  'rollout.supersede': 'superseded',
  'rollout.orphaned': 'aborted',
};

/** What a rollout's last record says was done, and how it ended by that; null when it does not say. */
async function recordedEnd(
  decisions: DecisionsRepository,
  rolloutId: string,
): Promise<{ readonly outcome: RolloutOutcome | null; readonly lastAction?: DecisionAction }> {
  const last = (await decisions.byRollout(rolloutId)).at(-1);
  return last === undefined ? { outcome: null } : { outcome: OUTCOMES[last.action] ?? null, lastAction: last.action };
}

async function swapUntilSettled(
  dependencies: TransitionDependencies,
  request: TransitionRequest,
): Promise<TransitionResult> {
  const { flags, segments, decisions, clock } = dependencies;
  const flagId = documentId(request.environment, request.flagKey);
  for (let attempt = 0; attempt < SWAP_ATTEMPTS; attempt += 1) {
    const flag = await flags.get(flagId);
    const nowMs = clock.nowMs();
    if (flag === null) return { kind: 'gone', why: 'the flag does not exist', outcome: null, nowMs };
    const highest = (await decisions.highestTransition(flag, request.rolloutId))?.transition ?? -1;
    // Only a completion changes what held-out keys would be served.
    const isCompletion = request.outcome === 'completed';
    const holdouts = isCompletion ? coveringHoldouts(await dependencies.holdouts.get(request.environment), flag) : [];
    const plan = planTransition(bodyOf(flag), commandOf(request), highest, holdouts);
    switch (plan.kind) {
      case 'already':
        return { kind: 'already', revision: flag.revision, nowMs };
      case 'overtaken':
        return { kind: 'overtaken', standing: plan.standing, nowMs };
      case 'gone':
        return { kind: 'gone', why: plan.why, ...(await recordedEnd(decisions, request.rolloutId)), nowMs };
      case 'write': {
        if (request.basis !== null) {
          const killed = await readKilled(dependencies.killSwitches, request.environment);
          if (killed !== null) return { kind: 'killed', killed, nowMs };
          const basis = takeBasis(flag, request.candidate, await segmentsOf(segments, flag));
          if (basis.fingerprint !== request.basis.fingerprint) {
            const diff = await describeEdits(decisions, flagId, request.basis.revision, request.rolloutId);
            return { kind: 'conflict', diff, nowMs };
          }
        }
        const written = await flags.swap({
          before: flag,
          after: plan.after,
          draft: {
            at: new Date(nowMs).toISOString(),
            actor: request.actor,
            action: request.action,
            reason: request.reason.slice(0, 1000),
            rolloutId: request.rolloutId,
            transition: request.transition,
            step: request.step,
            weightBefore: plan.weightBefore,
            weightAfter: plan.weightAfter,
            evidence: [...request.evidence],
            notApplied: request.notApplied.filter(({ transition }) => transition > highest),
          },
        });
        if (written !== null) return { kind: 'applied', revision: written.revision, nowMs: clock.nowMs() };
      }
    }
  }
  throw new HeadgateError(
    ErrorCode.RevisionConflict,
    `flag '${request.flagKey}' is being edited too often to be written`,
    {
      retryable: true,
    },
  );
}

async function settleLease(
  leases: LeasesRepository,
  request: TransitionRequest,
  result: TransitionResult,
): Promise<void> {
  if (result.kind !== 'applied' && result.kind !== 'already') return;
  if (request.outcome !== null) return leases.end(request.rolloutId);
  await leases.begin({
    rolloutId: request.rolloutId,
    flagId: documentId(request.environment, request.flagKey),
    environment: request.environment,
    transition: request.transition,
    ttlMs: request.leaseMs,
  });
}
