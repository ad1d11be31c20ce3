import { armSample, harmSign } from '../../analysis/arm-sample';
import type { MetricFinding } from '../../analysis/types';
import type { Metric } from '../../flags/plan/metric';
import { ALL_USERS, type Stratum } from '../../metrics/windows';
import type { ReplayedLook } from '../offline/replay-rollout';

/** More points than this are not told apart on a page: looks are gathered. */
const MAX_POINTS = 240;

/** One moment of one metric; values in the metric's unit, null without data. */
export interface MetricPoint {
  readonly atMs: number;
  /** Level of each arm within this moment alone. */
  readonly controlNow: number | null;
  readonly candidateNow: number | null;
  /** What the judge knew of each arm by then, with the candidate's interval, which is valid at every look. */
  readonly control: number | null;
  readonly candidate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  /** The value at which the candidate is as much worse as its margin allows. */
  readonly limit: number | null;
}

/** One metric over time. */
export interface MetricSeries {
  readonly metric: Metric;
  readonly points: readonly MetricPoint[];
}

/** Everything a chart shows. */
export interface ChartSeries {
  readonly startMs: number;
  readonly endMs: number;
  readonly metrics: readonly MetricSeries[];
  /** Combined evidence of harm at each moment. */
  readonly evidence: readonly { readonly atMs: number; readonly value: number }[];
  /** Percent served from each instant on. */
  readonly weights: readonly { readonly atMs: number; readonly weight: number }[];
}

/** Gathers a replay's looks into what a chart shows. */
export function chartSeries(looks: readonly ReplayedLook[], metrics: readonly Metric[]): ChartSeries {
  const moments = gather(looks);
  const first = looks[0];
  const startMs = first?.strata[0]?.windowStartAt ?? first?.seenUntilMs ?? 0;
  return {
    startMs,
    endMs: looks[looks.length - 1]?.seenUntilMs ?? startMs + 1,
    metrics: metrics.map((metric) => ({ metric, points: moments.map((moment) => pointOf(metric, moment)) })),
    evidence: moments.map(({ last }) => ({ atMs: last.seenUntilMs, value: last.analysis.harmEvidence })),
    weights: looks.map(({ weight, strata, seenUntilMs }) => ({
      atMs: strata[0]?.windowStartAt ?? seenUntilMs,
      weight,
    })),
  };
}

interface Moment {
  readonly last: ReplayedLook;
  readonly strata: readonly Stratum[];
}

function gather(looks: readonly ReplayedLook[]): Moment[] {
  const each = Math.max(1, Math.ceil(looks.length / MAX_POINTS));
  const moments: Moment[] = [];
  for (let index = 0; index < looks.length; index += each) {
    const part = looks.slice(index, index + each);
    const last = part[part.length - 1];
    if (last === undefined) continue;
    moments.push({ last, strata: part.flatMap(({ strata }) => strata.filter(({ segment }) => segment === ALL_USERS)) });
  }
  return moments;
}

function pointOf(metric: Metric, { last, strata }: Moment): MetricPoint {
  const finding = last.analysis.findings.find(
    ({ metric: name, segment }) => name === metric.name && segment === ALL_USERS,
  );
  return {
    atMs: last.seenUntilMs,
    controlNow: levelOf(metric, strata, 'control'),
    candidateNow: levelOf(metric, strata, 'candidate'),
    ...known(metric, finding),
  };
}

function known(
  metric: Metric,
  finding: MetricFinding | undefined,
): Pick<MetricPoint, 'control' | 'candidate' | 'lower' | 'upper' | 'limit'> {
  const { control = null, candidate = null, harmLower = null, harmUpper = null, margin = null } = finding ?? {};
  const sign = harmSign(metric);
  const at = (harm: number | null): number | null =>
    control === null || harm === null || !Number.isFinite(harm) ? null : within(metric, control + sign * harm);
  const [lower, upper] = sign > 0 ? [at(harmLower), at(harmUpper)] : [at(harmUpper), at(harmLower)];
  return { control, candidate, lower, upper, limit: at(margin) };
}

/** A share lies between nothing and everything, which an interval of a difference does not know. */
function within(metric: Metric, value: number): number {
  return isShare(metric) ? Math.min(1, Math.max(0, value)) : value;
}

/** Whether a metric's values are shares, 0 to 1. */
export function isShare({ kind }: Metric): boolean {
  return kind === 'error_rate' || kind === 'slower_than';
}

function levelOf(metric: Metric, strata: readonly Stratum[], arm: 'control' | 'candidate'): number | null {
  let units = 0;
  let sum = 0;
  for (const stratum of strata) {
    const sample = armSample(metric, stratum[arm]);
    units += sample.units;
    sum += sample.sum;
  }
  return units > 0 ? sum / units : null;
}
