import { armSample } from '../analysis/arm-sample';
import { FeatureSource } from '../changes/features/catalogue';
import type { FeatureValues } from '../changes/features/assemble';
import { documentId } from '../flags/document/identifiers';
import type { Metric } from '../flags/plan/metric';
import type { RolloutPlan } from '../flags/plan/plan';
import { residualAgainst, type BaselineProfile } from '../ml/baseline/profile';
import type { PrometheusClient } from '../metrics/prometheus/prometheus-client';
import { PrometheusMetricSource } from '../metrics/prometheus/prometheus-source';
import { ALL_USERS, type Stratum } from '../metrics/windows';
import type { BaselinesRepository } from '../store/baselines-repository';
import { NOTHING_GATHERED, type Gathered } from './gathered';

/** How long before the start behaviour is looked at. */
const SPAN_MS = 15 * 60_000;
/** Windows are those that profiles of Prometheus' metrics were learned from, at least. */
const SHORTEST_WINDOW_MS = 60_000;

/** Features of behaviour, as in the catalogue. */
export const BEHAVIOUR_FEATURES = ['deviation', 'guardrailDeviation', 'segmentDeviation'].map(
  (name) => `${FeatureSource.Behaviour}.${name}`,
);

/** What usual behaviour is compared with. */
export interface BehaviourDependencies {
  readonly baselines: Pick<BaselinesRepository, 'listFor'>;
  /** By the name that plans use. */
  readonly prometheusClients: ReadonlyMap<string, PrometheusClient>;
}

/** Whose users are asked about, and up to when. */
export interface BehaviourRequest {
  readonly environment: string;
  readonly flagKey: string;
  /** Served to everybody before the start; null where the place serves no single variant. */
  readonly control: string | null;
  readonly plan: RolloutPlan;
  readonly atMs: number;
}

/** How far one metric of one segment is from its baseline, in standard deviations of a window, either way. */
interface Deviation {
  readonly metric: Metric;
  readonly segment: string;
  readonly deviation: number;
}

/**
 * How far users' behaviour lies from the flag's baseline profiles in the quarter of an hour before the start. Only
 * metrics that are read from Prometheus can tell: what services report to Headgate belongs to a rollout, and before the
 * start there is none. Never throws for trouble of a source: what is missing is said.
 */
export async function readBehaviourFeatures(
  { baselines, prometheusClients }: BehaviourDependencies,
  { environment, flagKey, control, plan, atMs }: BehaviourRequest,
): Promise<Gathered> {
  const profiles = await baselines.listFor(environment, flagKey);
  if (profiles.length === 0) return unknown('the flag has no baseline profiles yet');
  const metrics = plan.metrics.filter(({ prometheus }) => prometheus !== undefined);
  if (metrics.length === 0) return unknown('no metric of the plan is read from Prometheus');
  if (control === null) return unknown('the place serves no single variant');
  const source = new PrometheusMetricSource({
    clients: prometheusClients,
    // Before the start there is one state of things, and the control is what everybody gets.
    transitionsOf: async () => [{ transition: 0, atMs: atMs - SPAN_MS }],
  });
  const { strata, trouble } = await source.fetch({
    flagId: documentId(environment, flagKey),
    rolloutId: '',
    control,
    candidate: plan.candidate,
    windowMs: Math.max(plan.windowMs, SHORTEST_WINDOW_MS),
    segments: plan.segments,
    metrics,
    weights: { '0': 0 },
    fromMs: atMs - SPAN_MS,
    nowMs: atMs,
  });
  const deviations = profiles.flatMap(({ metric: name, segment, profile }): Deviation[] => {
    const metric = metrics.find((one) => one.name === name);
    const deviation = metric === undefined ? null : deviationOf(metric, segment, profile, strata);
    return metric === undefined || deviation === null ? [] : [{ metric, segment, deviation }];
  });
  if (deviations.length === 0) {
    return unknown(trouble?.detail ?? 'no window before the start can be compared with a profile of six hours or more');
  }
  return valuesOf(deviations);
}

/** Of everything in the span together, at the instant of its middle. */
function deviationOf(
  metric: Metric,
  segment: string,
  profile: BaselineProfile,
  strata: readonly Stratum[],
): number | null {
  const samples = strata
    .filter((stratum) => stratum.segment === segment)
    .map(({ windowStartAt, control }) => ({ windowStartAt, ...armSample(metric, control) }))
    .filter(({ units }) => units > 0);
  const middle = samples[Math.floor(samples.length / 2)];
  if (middle === undefined) return null;
  const units = samples.reduce((total, sample) => total + sample.units, 0);
  const value = samples.reduce((total, sample) => total + sample.sum, 0) / units;
  // Units of a window: the profile tells how far a single window may lie off.
  const point = { atMs: middle.windowStartAt, value, units: units / samples.length };
  const residual = residualAgainst(profile, point);
  return residual === null ? null : Math.abs(residual);
}

function valuesOf(deviations: readonly Deviation[]): Gathered {
  const largest = (fits: (one: Deviation) => boolean): number | null => {
    const found = deviations.filter(fits).map(({ deviation }) => deviation);
    return found.length === 0 ? null : Math.max(...found);
  };
  const values: FeatureValues = {
    'behaviour.deviation': largest(({ metric, segment }) => segment === ALL_USERS && metric.role === 'goal'),
    'behaviour.guardrailDeviation': largest(
      ({ metric, segment }) => segment === ALL_USERS && metric.role === 'guardrail',
    ),
    'behaviour.segmentDeviation': largest(({ segment }) => segment !== ALL_USERS),
  };
  const missing = Object.entries(values).filter(([, value]) => value === null);
  return { values, missing: missing.map(([name]) => `${name}: no such metric has both a profile and data`) };
}

function unknown(why: string): Gathered {
  return {
    ...NOTHING_GATHERED,
    values: Object.fromEntries(BEHAVIOUR_FEATURES.map((name) => [name, null])),
    missing: [`${FeatureSource.Behaviour}: ${why}`],
  };
}
