import { attributeCauses } from '../analysis/attribution/attribute-causes';
import type { AttributionInput } from '../analysis/attribution/attribution';
import { documentId } from '../flags/document/identifiers';
import type { PrometheusMetricSource } from '../metrics/prometheus/prometheus-source';
import { collectStrata } from '../metrics/sources/collect-strata';
import type { MetricSource } from '../metrics/windows';
import type { AttributionsRepository } from '../store/attributions-repository';
import type { DatabaseClock } from '../store/database-clock';
import { gatherOtherChanges, type OtherChangesDependencies } from './gather-other-changes';
import { harmByWindow, stepOf, worstMetric } from './harm-by-window';
import type { AttributionRequest, RolloutActivities } from './rollout-activities';
import type { CauseSeriesSource } from './read-cause-series';
import { rankDependencies } from './rank-dependencies';

/** What an attribution needs of the world. */
export interface AttributionDependencies extends OtherChangesDependencies {
  readonly source: MetricSource;
  readonly prometheus?: PrometheusMetricSource | undefined;
  readonly attributions: AttributionsRepository;
  /** Series of dependencies and machines; when omitted, none are configured. */
  readonly causeSeries?: CauseSeriesSource | undefined;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

/** How many steps before the decision are looked at, and how long that may be at most. */
const STEPS = 180;
const LONGEST_MS = 6 * 60 * 60_000;

/**
 * Looks for the causes of a lowering: gathers this rollout's windows, what other flags did meanwhile and the series of
 * dependencies and machines, ranks, and keeps the result beside the record. Safe to repeat: the first result stands.
 * What cannot be asked is named and left out.
 */
export function createAttributionActivity(dependencies: AttributionDependencies): Pick<RolloutActivities, 'attribute'> {
  return {
    async attribute(request) {
      const { attribution, missing, at } = await lookForCauses(dependencies, request);
      await dependencies.attributions.add({
        _id: `${request.rolloutId}/${request.transition}`,
        rolloutId: request.rolloutId,
        transition: request.transition,
        at,
        attribution,
        missing,
      });
    },
  };
}

async function lookForCauses(dependencies: AttributionDependencies, request: AttributionRequest) {
  const { clock, causeSeries } = dependencies;
  const { plan, look, flagKey, environment, rolloutId } = request;
  const decidedAtMs = Date.parse(look.at);
  const stepMs = stepOf(plan.windowMs);
  const fromMs = decidedAtMs - Math.min(STEPS * stepMs, LONGEST_MS);
  const missing: string[] = [];
  const { strata, trouble } = await collectStrata(
    { own: dependencies.source, prometheus: dependencies.prometheus },
    {
      flagId: documentId(environment, flagKey),
      rolloutId,
      control: request.control,
      candidate: plan.candidate,
      windowMs: plan.windowMs,
      segments: [],
      metrics: plan.metrics,
      weights: request.weights,
      fromMs,
      nowMs: clock.nowMs(),
    },
  );
  if (trouble !== null) missing.push(trouble.detail);
  const findings = guardrailsOf(request);
  const windows = harmByWindow(plan.metrics, findings, strata, stepMs);
  const series =
    windows.control.length === 0
      ? undefined
      : await causeSeries?.read({ ...windows, environment, windows: windows.control.length });
  missing.push(...(series?.missing ?? []));
  const graph = await rankDependencies(plan, windows, worstMetric(plan, findings), environment, causeSeries);
  missing.push(...graph.missing);
  const input: AttributionInput = {
    flag: flagKey,
    findings,
    reasonCodes: look.reasons.map(({ code }) => code),
    raisedAtMs: request.raisedAtMs,
    bakeMs: request.bakeMs,
    decidedAtMs,
    windows,
    others: await gatherOtherChanges(dependencies, { environment, flagKey, fromMs, untilMs: decidedAtMs }),
    series: series?.series ?? [],
    graphCauses: graph.causes,
  };
  return { attribution: attributeCauses(input), missing, at: new Date(clock.nowMs()).toISOString() };
}

/** The guardrails of the look, goals aside: they lower nothing under the promise; and the segments that are harmed. */
function guardrailsOf({ plan, look }: AttributionRequest): AttributionInput['findings'] {
  const guardrails = new Set(plan.metrics.filter(({ role }) => role === 'guardrail').map(({ name }) => name));
  const ofSegments = (look.segments ?? []).flatMap(({ segment, harmed, metric, harm, harmEvidence }) =>
    harmed && metric !== null ? [{ metric, segment, harm, harmLower: null, harmEvidence, margin: null }] : [],
  );
  return [...look.metrics.filter(({ metric }) => guardrails.has(metric)), ...ofSegments];
}
