import { createHash } from 'node:crypto';
import { analyse } from '../../analysis/analyse';
import type { AnalysisInput, AnalysisState, JudgePlan } from '../../analysis/types';
import { Metric } from '../../flags/plan/metric';
import { mulberry32 } from '../../ml/random/mulberry32';
import type { ArmTotals, EventTotals, SparseHistogram, Stratum } from '../../metrics/windows';
import { PLAN } from './run-rollout';
import { CALM, simulate, type Scenario } from './simulate';

const margin = { absolute: 0.005, relative: 0.1 };
/** One metric of every kind, in both directions, per user and with a ceiling among them. */
const METRICS = [
  { name: 'errors', kind: 'error_rate', margin, ceiling: 0.05 },
  { name: 'slow', kind: 'slower_than', threshold: 500, margin },
  { name: 'latency', kind: 'mean_value', margin: { relative: 0.1 } },
  { name: 'p95', kind: 'quantile', quantile: 0.95, margin: { relative: 0.1 } },
  { name: 'median', kind: 'quantile', quantile: 0.5, margin: { absolute: 5 } },
  { name: 'shape', kind: 'distribution', margin: { relative: 0.05 } },
  { name: 'work', kind: 'ratio', measure: 'value', denominator: { event: 'request', measure: 'count' }, margin },
  {
    name: 'sales',
    kind: 'events_per_exposure',
    direction: 'higher_is_better',
    role: 'goal',
    margin: { relative: 0.1 },
  },
  { name: 'users', kind: 'error_rate', perUser: { event: 'request', measure: 'any_error' }, margin },
].map((metric) => Metric.parse(metric));

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  calm: CALM,
  harmful: { ...CALM, harm: { times: 2, latency: 1.3 }, onset: 30, weights: stepsOf(20) },
  hostile: { ...CALM, windowMs: 60_000, tail: 1.2, userSpread: 1, armNoise: 0.3, burst: 0.05, weights: stepsOf(40) },
  sparse: { ...CALM, requestsPerMinute: 90, users: 80, errorRate: 0.001, weights: [{ weight: 5, windows: 1 }] },
};

function stepsOf(windows: number): Scenario['weights'] {
  return [5, 25, 50].map((weight) => ({ weight, windows }));
}

/** Windows looked at one by one, seven at a time and all at once. */
const AT_A_TIME = [1, 7, Number.POSITIVE_INFINITY];
const WINDOWS = 150;
const SEGMENTS = ['de', 'fr', 'us'];

/** The strata of some windows of everybody and of segments, with values by logarithmic bins. */
function strataOf(scenario: Scenario, seed: number): Stratum[][] {
  const windows: Stratum[][] = [];
  const sources = ['*', ...SEGMENTS].map((segment, index) => ({
    segment,
    from: simulate(mulberry32(seed + index), scenario),
  }));
  const random = mulberry32(seed + 100);
  while (windows.length < WINDOWS) {
    const window: Stratum[] = [];
    for (const { segment, from } of sources) {
      const stratum = from.next().value as Stratum;
      // A segment is missing now and then.
      if (segment !== '*' && random() < 0.1) continue;
      const [control, candidate] = [withBins(stratum.control, random), withBins(stratum.candidate, random)];
      window.push({ ...stratum, segment, control, candidate });
    }
    windows.push(window);
  }
  return windows;
}

function withBins(arm: ArmTotals, random: () => number): ArmTotals {
  const events: Record<string, EventTotals> = {};
  for (const [name, totals] of Object.entries(arm.events))
    events[name] = { ...totals, histogram: bins(totals, random) };
  return { ...arm, events };
}

function bins({ valueCount, sum }: EventTotals, random: () => number): SparseHistogram {
  if (valueCount === 0) return { zero: 0, counts: {} };
  const middle = Math.round(8 * Math.log2(sum / valueCount));
  const counts: Record<string, number> = {};
  for (let value = 0; value < Math.min(valueCount, 200); value++) {
    const bin = String(middle + Math.round(8 * (random() + random() + random() - 1.5)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { zero: random() < 0.1 ? 1 : 0, counts };
}

/** SHA-256 over every analysis and state of a rollout of this scenario, looked at so many windows at a time. */
export function digestOf(scenario: Scenario, seed: number, atATime: number): string {
  const hash = createHash('sha256');
  const windows = strataOf(scenario, seed);
  const plan: JudgePlan = { ...PLAN, metrics: METRICS, segments: SEGMENTS, falseRollbackRate: 1e-9 };
  const first = windows[0]?.[0]?.windowStartAt ?? 0;
  let state: AnalysisState | null = null;
  let raisedAt = first;
  let weight = 0;
  for (let from = 0; from < windows.length; from += atATime) {
    const strata = windows.slice(from, from + atATime).flat();
    const last = strata[strata.length - 1] as Stratum;
    if (last.weight > weight) raisedAt = last.windowStartAt;
    weight = last.weight;
    const input: AnalysisInput = {
      plan,
      context: {
        step: 0,
        weight,
        nextWeight: Math.min(100, 2 * weight),
        transition: last.transition,
        stepStartedAt: raisedAt,
        raisedAt,
        bakeMs: 600_000,
        bakedMs: last.windowStartAt - raisedAt,
        safetyEpoch: 0,
        harmEpoch: 0,
      },
      strata,
      state,
      sourceDown: false,
      nowMs: last.windowStartAt + last.windowMs + 10_000,
    };
    const result = analyse(input);
    const text = JSON.stringify(result);
    state = (JSON.parse(text) as { state: AnalysisState }).state;
    hash.update(text);
    if (!Number.isFinite(atATime)) break;
  }
  return hash.digest('hex');
}

/** Prints a digest of what looks say and remember: the same before and after a change that shall change no bit. */
function main(): void {
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    for (const atATime of AT_A_TIME) {
      console.log(`${name}, ${atATime} at a time: ${digestOf(scenario, 71, atATime)}`);
    }
  }
}

if (require.main === module) main();
