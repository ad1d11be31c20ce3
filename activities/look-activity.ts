import { setTimeout as delay } from 'node:timers/promises';
import { analyse } from '../analysis/analyse';
import type { Analysis, AnalysisInput, AnalysisState } from '../analysis/types';
import { leasedMs } from '../core/leased-time';
import { documentId } from '../flags/document/identifiers';
import { isBlackedOut } from '../flags/plan/blackout';
import type { PrometheusMetricSource } from '../metrics/prometheus/prometheus-source';
import { collectStrata, type Sources } from '../metrics/sources/collect-strata';
import { DataQuality, type MetricSource, type StrataAnswer } from '../metrics/windows';
import type { AnalysisStatesRepository } from '../store/analysis-states-repository';
import { isOutage } from '../store/database';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { FlagsRepository } from '../store/flags-repository';
import type { KillSwitchesRepository } from '../store/kill-switches-repository';
import type { SegmentsRepository } from '../store/segments-repository';
import type { BaselinesRepository, VectorBaselinesRepository } from '../store/baselines-repository';
import { createBaselineReader, type ReadBaselines } from './read-baselines';
import { createStandingReader, type StandingRequest } from './flag-standing';
import { readKilled } from './read-killed';
import { renewLease, type LeaseDependencies } from './renew-lease';
import { shareReads } from './share-reads';
import type { LookRequest, LookResult, RolloutActivities } from './rollout-activities';
import { judgePlanOf } from './judge-plan';
import { contentHash } from '../core/signing';
import { usersQuery } from './users-query';
import { summarise } from './summarise-analysis';

/** What a look needs of the world. */
export interface LookDependencies extends LeaseDependencies {
  readonly flags: FlagsRepository;
  readonly segments: SegmentsRepository;
  readonly killSwitches: Pick<KillSwitchesRepository, 'get'>;
  readonly decisions: DecisionsRepository;
  readonly states: AnalysisStatesRepository;
  readonly source: MetricSource;
  /** For metrics that a plan reads from Prometheus. */
  readonly prometheus?: PrometheusMetricSource | undefined;
  readonly baselines: Pick<BaselinesRepository, 'listFor'>;
  readonly vectorBaselines: Pick<VectorBaselinesRepository, 'listFor'>;
}

/**
 * How long looks of an environment share one reading of its kill switch, in milliseconds. Evaluators obey the switch by
 * themselves and at once; a look only learns of it, and windows are judged ten seconds after their end.
 */
const KILL_SWITCH_SHARED_MS = 500;

/**
 * Makes one look.
 *
 * @param bakedMs - what the present step has served once the lease is renewed, in milliseconds; null when the lease has
 *   run out, and then nothing is judged. Reads do not wait for it
 * @returns null when nothing was judged
 */
type Look = (request: LookRequest, bakedMs: Promise<number | null>) => Promise<LookResult | null>;

/**
 * A database that has failed over answers again after a moment: a look is tried once more before it is left to the next
 * one.
 */
const SECOND_TRY_AFTER_MS = 200;

/**
 * The look: reads the windows that were closed since the last one, judges, and sees how the flag stands. Safe to repeat and to
 * overlap: a window enters the stored state once, and of two copies only one advances it.
 */
export function createLookActivities(
  dependencies: LookDependencies,
): Pick<RolloutActivities, 'look' | 'lookUnderLease'> {
  const look = createLook(dependencies);
  return {
    async look(request) {
      const looked = await look(request, Promise.resolve(request.bakedMs));
      if (looked === null) throw new Error('a look was not made although nothing kept it from being made');
      return looked;
    },

    /**
     * The look reads while the lease is being renewed, and judges only when it is. One that cannot be made takes
     * nothing back of the renewal.
     */
    async lookUnderLease({ leasedAtMs, ...request }) {
      const renewing = renewLease(dependencies, request.rolloutId);
      const bakedMs = renewing.then((lease) =>
        lease.kind === 'renewed' ? request.bakedMs + leasedMs(leasedAtMs, lease.nowMs) : null,
      );
      // A look that fails early leaves it to nobody.
      bakedMs.catch(() => undefined);
      const looking = look(request, bakedMs).catch(async (error: unknown) => {
        if (!isOutage(error)) throw error;
        await delay(SECOND_TRY_AFTER_MS);
        return look(request, bakedMs);
      });
      const looked = looking.catch((error: unknown) => {
        if (isOutage(error)) return null;
        throw error;
      });
      const [lease, made] = await Promise.all([renewing, looked]);
      return { lease, look: made };
    },
  };
}

function createLook(dependencies: LookDependencies): Look {
  const { clock } = dependencies;
  const readBaselines = createBaselineReader(dependencies.baselines, dependencies.vectorBaselines);
  const standing = createStandingReader(dependencies);
  const killedIn = shareReads(
    (environment) => readKilled(dependencies.killSwitches, environment),
    KILL_SWITCH_SHARED_MS,
    () => clock.nowMs(),
  );
  return async (request, bakedMs) => {
    const nowMs = clock.nowMs();
    const blackoutUntilMs = isBlackedOut(request.plan.blackouts, nowMs)?.untilMs ?? null;
    const killed = await killedIn(request.environment);
    if (killed !== null || request.wasKilled === true) {
      const text = killed === null ? 'was turned off' : `is on (${killed.text})`;
      const [flag, servedMs] = await Promise.all([standing(standingRequest(request)), bakedMs]);
      if (servedMs === null) return null;
      return { nowMs, look: unjudged(text, nowMs), flag, blackoutUntilMs, ...(killed === null ? {} : { killed }) };
    }
    // Side by side: where the database is slow, a look takes as long as its longest chain of reads.
    const [flag, analysis] = await Promise.all([
      standing(standingRequest(request)),
      judge(dependencies, readBaselines, { request, bakedMs, nowMs }),
    ]);
    return analysis === null ? null : { nowMs, look: summarise(analysis, nowMs), flag, blackoutUntilMs };
  };
}

/** A look that read no windows: nobody is served the candidate, so they say nothing of it. */
function unjudged(text: string, nowMs: number): LookResult['look'] {
  const reasons = [{ code: 'KILL_SWITCH', text: `the environment's kill switch ${text}`.slice(0, 300) }];
  return {
    at: new Date(nowMs).toISOString(),
    verdict: 'hold',
    reasons,
    metrics: [],
    harmEvidence: 0,
    dataQuality: DataQuality.NoTraffic,
    sample: { control: 0, candidate: 0 },
    tension: 0,
    digest: contentHash({ reasons }),
  };
}

function standingRequest({ plan, ...request }: LookRequest): StandingRequest {
  return { ...request, candidate: plan.candidate, place: plan.place };
}

/** One judgement as it was asked for. */
interface Judgement {
  readonly request: LookRequest;
  readonly bakedMs: Promise<number | null>;
  readonly nowMs: number;
}

/** Judges the new windows on top of the stored state, and stores the state reached; null when the lease has run out. */
async function judge(
  dependencies: LookDependencies,
  readBaselines: ReadBaselines,
  { request, bakedMs, nowMs }: Judgement,
): Promise<Analysis | null> {
  const { states, source, prometheus } = dependencies;
  const baselines = readBaselines(request, nowMs);
  baselines.catch(() => undefined);
  for (;;) {
    const stored = await states.get(request.rolloutId);
    const state = stored?.state ?? null;
    const { strata, trouble } = await fetchStrata({ own: source, prometheus }, request, state, nowMs);
    const known = await baselines;
    const servedMs = await bakedMs;
    if (servedMs === null) return null;
    const result = analyse({
      plan: judgePlanOf(request.plan),
      context: { ...contextOf(request), bakedMs: servedMs },
      strata,
      state,
      sourceDown: trouble?.quality === DataQuality.SourceDown,
      sourceTrouble: trouble,
      ...(request.failurePrior === undefined ? {} : { failurePrior: request.failurePrior }),
      baselines: known.profiles,
      together: known.together,
      nowMs,
    });
    const { lastWindowAt } = result.state;
    const isSaved = await states.save({
      rolloutId: request.rolloutId,
      state: result.state,
      lastWindowAt,
      before: stored,
    });
    // What this process remembered was not what stands: judged is what is read. Where another copy of this look has
    // advanced the state since it was read, our result is as good as its own, and the next look goes on from it.
    if (isSaved || stored?.isRemembered !== true) return result.analysis;
  }
}

function contextOf(request: LookRequest): AnalysisInput['context'] {
  return {
    step: request.step,
    weight: request.weight,
    nextWeight: request.nextWeight,
    transition: request.transition,
    stepStartedAt: request.stepStartedAtMs,
    raisedAt: request.raisedAtMs,
    bakeMs: request.bakeMs,
    bakedMs: request.bakedMs,
    safetyEpoch: request.safetyEpoch,
    harmEpoch: request.harmEpoch,
    ...(request.judgeFromMs === undefined ? {} : { judgeFrom: request.judgeFromMs }),
    excludedSegments: request.excludedSegments ?? [],
  };
}

async function fetchStrata(
  sources: Sources,
  request: LookRequest,
  state: AnalysisState | null,
  nowMs: number,
): Promise<StrataAnswer> {
  const { plan } = request;
  return collectStrata(sources, {
    flagId: documentId(request.environment, request.flagKey),
    rolloutId: request.rolloutId,
    control: request.control,
    candidate: plan.candidate,
    windowMs: plan.windowMs,
    segments: plan.segments,
    metrics: plan.metrics,
    weights: request.weights,
    ...usersQuery(plan),
    fromMs: Math.max(request.judgeFromMs ?? 0, state?.lastWindowAt == null ? 0 : state.lastWindowAt + plan.windowMs),
    nowMs,
  });
}
