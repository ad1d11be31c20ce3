import type { ExperimentAnalysis } from '../analysis/experiment/types';
import { analyseExperiment } from '../analysis/experiment/analyse-experiment';
import type { AnalysisState } from '../analysis/types';
import { documentId } from '../flags/document/identifiers';
import type { ExperimentPlan } from '../flags/experiment/experiment-plan';
import { takeBasis, variantAt, type Basis } from '../flags/transition/basis';
import { collectStrata } from '../metrics/sources/collect-strata';
import type { SourceTrouble, Stratum } from '../metrics/windows';
import type { ExperimentsRepository, SavedExperiment } from '../store/experiments-repository';
import type { ExperimentConclusion, ExperimentLook, ExperimentOutcome } from '../workflows/experiment/status';
import type { Killed } from '../workflows/rollout/state';
import { createStandingReader } from './flag-standing';
import type { LookDependencies } from './look-activity';
import { sendToAll, type Notification, type NotificationDependencies } from './notification-activity';
import { readKilled } from './read-killed';
import type { LookResult, RolloutRef } from './rollout-activities';
import type { SupportDependencies } from './rollout-support-activities';
import { finite } from './summarise-analysis';
import { summariseExperiment } from './summarise-experiment';
import { usersQuery } from './users-query';

/** Answer of {@link ExperimentActivities.prepareExperiment}. */
export type PreparedExperiment =
  | {
      readonly kind: 'ready';
      readonly control: string;
      readonly basis: Basis;
      /** Left out while it is off. */
      readonly killed?: Killed;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** Where an experiment stands when it is looked at. */
export interface ExperimentLookRequest extends RolloutRef {
  readonly plan: ExperimentPlan;
  readonly control: string;
  readonly basis: Basis | null;
  readonly transition: number;
  readonly comparedFromMs: number;
  readonly epoch: number;
  /** Nothing from before is judged: the environment's kill switch was on until then. */
  readonly judgeFromMs?: number;
  /** The last look saw the kill switch on: this one judges nothing, so that no window from under the switch counts. */
  readonly wasKilled?: boolean;
}

/** One look. */
export interface LookedExperiment {
  readonly nowMs: number;
  /** Null when nothing was judged. */
  readonly look: ExperimentLook | null;
  readonly flag: Pick<LookResult['flag'], 'standing' | 'detail' | 'conflict'>;
  readonly killed?: Killed;
}

/** What people are told of an experiment. */
export type ExperimentEvent = 'experiment_paused' | `experiment_${Exclude<ExperimentOutcome, 'refused'>}`;

/** One notification of an experiment. */
export interface ExperimentTold extends Notification {
  /** Its id. */
  readonly experiment: string;
  readonly environment: string;
  readonly flagKey: string;
  readonly event: ExperimentEvent;
  readonly conclusion: ExperimentConclusion | null;
  readonly owner?: string;
}

/**
 * What an experiment's workflow may do to the world beside what rollouts do. All of it is safe to repeat and to overlap
 * with a copy of itself.
 */
export interface ExperimentActivities {
  prepareExperiment(request: RolloutRef & { readonly plan: ExperimentPlan }): Promise<PreparedExperiment>;
  lookAtExperiment(request: ExperimentLookRequest): Promise<LookedExperiment>;
  saveExperiment(projection: SavedExperiment): Promise<void>;
  /** Frees what an ended experiment held: lease, key and hashes of users, loose windows, the state of its analysis. */
  cleanUpExperiment(
    request: RolloutRef & { readonly control: string; readonly treatments: readonly string[] },
  ): Promise<void>;
  tellExperiment(told: ExperimentTold): Promise<void>;
}

/** What they need. */
export interface ExperimentDependencies
  extends LookDependencies, NotificationDependencies, Pick<SupportDependencies, 'leases' | 'windows' | 'users'> {
  readonly experiments: Pick<ExperimentsRepository, 'save' | 'saveAnalysis'>;
}

/** How many transitions back outcomes may still be stamped with. */
const STAMPED_TRANSITIONS = 100;

/** Activities of experiments. */
export function createExperimentActivities(dependencies: ExperimentDependencies): ExperimentActivities {
  const { flags, segments, killSwitches, experiments, clock } = dependencies;
  const standing = createStandingReader(dependencies);
  return {
    /** Reads only. */
    async prepareExperiment({ environment, flagKey, rolloutId, plan }) {
      const { base, treatments } = plan;
      const flag = await flags.get(documentId(environment, flagKey));
      const refused = (why: string): PreparedExperiment => ({ kind: 'refused', why });
      if (flag === null || flag.deleted) return refused(`there is no flag '${flagKey}' in ${environment}`);
      if (flag.rollout !== undefined && flag.rollout.id !== rolloutId) {
        return refused(`the flag already carries '${flag.rollout.id}'`);
      }
      if (!flag.enabled) return refused('the flag is off, so nobody would be in an arm');
      const control = variantAt(flag, base.place);
      if (control === null) return refused('the place is not there or serves no single variant');
      const unknown = treatments.find((variant) => !Object.hasOwn(flag.variants, variant));
      if (unknown !== undefined) return refused(`the flag has no variant '${unknown}'`);
      if (treatments.includes(control)) return refused(`'${control}' is what the place serves, and so is the control`);
      const listed = new Map((await segments.list(environment)).map((segment) => [segment.key, segment]));
      const basis = takeBasis(flag, base.candidate, listed);
      const killed = await readKilled(killSwitches, environment);
      return { kind: 'ready', control, basis, ...(killed === null ? {} : { killed }) };
    },

    /** A window enters the stored state of a treatment once; of two copies only one advances it. */
    async lookAtExperiment(request) {
      const nowMs = clock.nowMs();
      const { environment, plan } = request;
      const { candidate, place } = plan.base;
      const killed = await readKilled(killSwitches, environment);
      if (killed !== null || request.wasKilled === true) {
        const flag = await standing({ ...request, candidate, place });
        return { nowMs, look: null, flag: standingOnly(flag), ...(killed === null ? {} : { killed }) };
      }
      const [flag, look] = await Promise.all([
        standing({ ...request, candidate, place }),
        judge(dependencies, request, nowMs),
      ]);
      return { nowMs, look, flag: standingOnly(flag) };
    },

    /** A copy that arrives after a newer one changes nothing. */
    async saveExperiment(projection) {
      await experiments.save(projection);
    },

    /** As with rollouts: the key first, compaction folds what is pending, and hashes go after it. Each part is idempotent. */
    async cleanUpExperiment({ rolloutId, environment, flagKey, control, treatments }) {
      const flagId = documentId(environment, flagKey);
      const [candidate = control, ...others] = treatments;
      await dependencies.leases.end(rolloutId);
      await dependencies.users.destroyKey({ rolloutId, flagId });
      await dependencies.windows.compact({ flagId, rolloutId, control, candidate, others });
      await dependencies.users.removeUsers(rolloutId);
      await dependencies.states.remove(rolloutId);
    },

    /** Receivers drop a copy by its id. */
    async tellExperiment(told) {
      await sendToAll(dependencies, told);
    },
  };
}

function standingOnly({ standing, detail, conflict }: LookResult['flag']): LookedExperiment['flag'] {
  return { standing, detail, conflict };
}

/** Judges each treatment's new windows on top of the stored state, and keeps the state and the whole analysis. */
async function judge(
  dependencies: ExperimentDependencies,
  request: ExperimentLookRequest,
  nowMs: number,
): Promise<ExperimentLook> {
  const { states, experiments, source, prometheus } = dependencies;
  const { plan, rolloutId, epoch } = request;
  const stored = await states.get(rolloutId);
  // What an earlier beginning left is evidence of another flag.
  const state = stored?.state['epoch'] === epoch ? stored.state : null;
  const strata: Record<string, readonly Stratum[]> = {};
  let trouble: SourceTrouble | null = null;
  for (const variant of plan.treatments) {
    const fromMs = fromOf(request, state, variant);
    const answer = await collectStrata({ own: source, prometheus }, queryOf(request, variant, fromMs, nowMs));
    strata[variant] = answer.strata;
    trouble ??= answer.trouble;
  }
  const { base, roles, falsePositiveRate, falseDiscoveryRate } = plan;
  const { metrics, falseRollbackRate: falseHarmRate, profile, warmUpMs } = base;
  const result = analyseExperiment({
    plan: {
      metrics,
      roles,
      falsePositiveRate,
      falseDiscoveryRate,
      falseHarmRate,
      ...(profile === undefined ? {} : { profile }),
      ...(warmUpMs === undefined ? {} : { warmUpMs }),
    },
    transition: request.transition,
    startedAtMs: request.comparedFromMs,
    strata,
    state,
    nowMs,
  });
  const isSaved = await states.save({
    rolloutId,
    state: { ...result.state, epoch },
    lastWindowAt: result.state.lastWindowAt,
    before: stored,
  });
  // What this process remembered was not what stands: judged is what is read.
  if (!isSaved && stored?.isRemembered === true) return judge(dependencies, request, nowMs);
  const analysis: ExperimentAnalysis = result.analysis;
  await experiments.saveAnalysis(rolloutId, finite(analysis), nowMs);
  return summariseExperiment(analysis, trouble, falseHarmRate, nowMs);
}

/** Each treatment goes on after the last window that was judged of it: one of them may be further than another. */
function fromOf(request: ExperimentLookRequest, state: AnalysisState | null, variant: string): number {
  const arms = state?.['arms'] as Readonly<Record<string, AnalysisState>> | undefined;
  const lastWindowAt = arms?.[variant]?.lastWindowAt ?? null;
  const began = Math.max(request.judgeFromMs ?? 0, request.epoch > 1 ? request.comparedFromMs : 0);
  return Math.max(began, lastWindowAt === null ? 0 : lastWindowAt + request.plan.base.windowMs);
}

function queryOf(
  { environment, flagKey, rolloutId, control, transition, plan }: ExperimentLookRequest,
  candidate: string,
  fromMs: number,
  nowMs: number,
): Parameters<typeof collectStrata>[1] {
  const { windowMs, metrics } = plan.base;
  // Against the control alone, either arm has half, whatever their number.
  const numbers = Array.from({ length: Math.min(transition, STAMPED_TRANSITIONS) }, (_, back) => transition - back);
  return {
    flagId: documentId(environment, flagKey),
    rolloutId,
    control,
    candidate,
    windowMs,
    segments: [],
    metrics,
    weights: Object.fromEntries(numbers.map((number) => [number, 50])),
    ...usersQuery(plan.base),
    fromMs,
    nowMs,
  };
}
