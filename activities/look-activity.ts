import { analyse } from '../analysis/analyse';
import type { Analysis, AnalysisState } from '../analysis/types';
import { documentId } from '../flags/document/identifiers';
import { isBlackedOut } from '../flags/plan/blackout';
import type { PrometheusMetricSource } from '../metrics/prometheus/prometheus-source';
import { collectStrata, type Sources } from '../metrics/sources/collect-strata';
import { DataQuality, type MetricSource, type StrataAnswer } from '../metrics/windows';
import type { AnalysisStatesRepository } from '../store/analysis-states-repository';
import type { DatabaseClock } from '../store/database-clock';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { FlagsRepository } from '../store/flags-repository';
import type { KillSwitchesRepository } from '../store/kill-switches-repository';
import type { SegmentsRepository } from '../store/segments-repository';
import type { BaselinesRepository, VectorBaselinesRepository } from '../store/baselines-repository';
import { createBaselineReader, type ReadBaselines } from './read-baselines';
import { createStandingReader, type StandingRequest } from './flag-standing';
import { readKilled } from './read-killed';
import { shareReads } from './share-reads';
import type { LookRequest, LookResult, RolloutActivities } from './rollout-activities';
import { judgePlanOf } from './judge-plan';
import { contentHash } from '../core/signing';
import { usersQuery } from './users-query';
import { summarise } from './summarise-analysis';

/** What a look needs of the world. */
export interface LookDependencies {
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
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

/**
 * How long looks of an environment share one reading of its kill switch, in milliseconds. Evaluators obey the switch by themselves and at
 * once; a look only learns of it, and windows are judged ten seconds after their end.
 */
const KILL_SWITCH_SHARED_MS = 500;

/**
 * The look: reads the windows that were closed since the last one, judges, and sees how the flag stands. Safe to repeat and to
 * overlap: a window enters the stored state once, and of two copies only one advances it.
 */
export function createLookActivity(dependencies: LookDependencies): Pick<RolloutActivities, 'look'> {
  const { clock } = dependencies;
  const readBaselines = createBaselineReader(dependencies.baselines, dependencies.vectorBaselines);
  const standing = createStandingReader(dependencies);
  const killedIn = shareReads(
    (environment) => readKilled(dependencies.killSwitches, environment),
    KILL_SWITCH_SHARED_MS,
    () => clock.nowMs(),
  );

  return {
    async look(request) {
      const nowMs = clock.nowMs();
      const blackoutUntilMs = isBlackedOut(request.plan.blackouts, nowMs)?.untilMs ?? null;
      const killed = await killedIn(request.environment);
      if (killed !== null || request.wasKilled === true) {
        const text = killed === null ? 'was turned off' : `is on (${killed.text})`;
        const flag = await standing(standingRequest(request));
        return { nowMs, look: unjudged(text, nowMs), flag, blackoutUntilMs, ...(killed === null ? {} : { killed }) };
      }
      // Side by side: where the database is slow, a look takes as long as its longest chain of reads.
      const [flag, analysis] = await Promise.all([
        standing(standingRequest(request)),
        judge(dependencies, readBaselines, request, nowMs),
      ]);
      return {
        nowMs,
        look: summarise(analysis, nowMs),
        flag,
        blackoutUntilMs,
      };
    },
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

/** Judges the new windows on top of the stored state, and stores the state reached. */
async function judge(
  { states, source, prometheus }: LookDependencies,
  readBaselines: ReadBaselines,
  request: LookRequest,
  nowMs: number,
): Promise<Analysis> {
  const baselines = readBaselines(request, nowMs);
  baselines.catch(() => undefined);
  const stored = await states.get(request.rolloutId);
  const state = stored?.state ?? null;
  const { plan } = request;
  const { strata, trouble } = await fetchStrata({ own: source, prometheus }, request, state, nowMs);
  const known = await baselines;
  const result = analyse({
    plan: judgePlanOf(plan),
    context: {
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
    },
    strata,
    state,
    sourceDown: trouble?.quality === DataQuality.SourceDown,
    sourceTrouble: trouble,
    ...(request.failurePrior === undefined ? {} : { failurePrior: request.failurePrior }),
    baselines: known.profiles,
    together: known.together,
    nowMs,
  });
  // When another copy of this look has advanced the state meanwhile, its result is as good as ours and the next look goes on from it.
  await states.save({
    rolloutId: request.rolloutId,
    state: result.state,
    lastWindowAt: result.state.lastWindowAt,
    expectedVersion: stored?.version ?? 0,
  });
  return result.analysis;
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
