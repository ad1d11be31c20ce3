import { analyse } from '../../analysis/analyse';
import type { AnalysisState, JudgePlan } from '../../analysis/types';
import { Metric } from '../../flags/plan/metric';
import type { ArmTotals, EventTotals, Stratum } from '../../metrics/windows';
import { mulberry32, type Rng } from '../../ml/random/mulberry32';
import { PLAN } from './run-rollout';
import { gamma, normal, poisson } from './traces/draw';
import { drawBins, drawCellSums } from './traces/latency';
import { FIRST_BIN, MIDDLE_MS } from './traces/trace';

const CELLS = 64;
const MARGIN = { relative: 0.1 };

/** Metrics that are no share and no mean, each with a margin of a tenth. */
export const SHAPES: Readonly<Record<string, Metric>> = {
  p50: Metric.parse({ name: 'p50', kind: 'quantile', quantile: 0.5, margin: MARGIN }),
  p99: Metric.parse({ name: 'p99', kind: 'quantile', quantile: 0.99, margin: MARGIN }),
  distribution: Metric.parse({ name: 'distribution', kind: 'distribution', margin: MARGIN }),
  ratio: Metric.parse({
    name: 'ratio',
    kind: 'ratio',
    direction: 'lower_is_better',
    denominator: { event: 'request', measure: 'count' },
    margin: MARGIN,
  }),
};

/** Traffic of a rollout whose candidate stands just at the margin. */
export interface ShapeTraffic {
  readonly requestsPerWindow: number;
  /** Weight (percent) by window, from the first; the last one lasts. */
  readonly weights: readonly number[];
  /**
   * Log sd of the level of a cell's users in one arm, and inverse of how evenly cells are active; 0 for independent
   * requests.
   */
  readonly userSpread: number;
  /** Log sd of each arm's level between windows. */
  readonly armNoise: number;
}

const CALM: ShapeTraffic = { requestsPerWindow: 1000, weights: [50], userSpread: 0, armNoise: 0 };

/** The traffics of the study. */
export const TRAFFIC: Readonly<Record<string, ShapeTraffic>> = {
  independent: CALM,
  'independent, 10 %': { ...CALM, weights: [10] },
  'clustered users': { ...CALM, userSpread: 0.15 },
  'noise of one arm, CV 3 %': { ...CALM, armNoise: 0.03 },
  'ramp 5-10-25-50': { ...CALM, weights: [5, 10, 25, 50].flatMap((weight) => new Array<number>(15).fill(weight)) },
};

/**
 * Whether a rollout whose harm is `times` ever was allowed everybody, or rolled back; looked at after each window of a
 * minute.
 */
export function runShape(
  seed: number,
  metric: Metric,
  traffic: ShapeTraffic,
  { windows, times }: { readonly windows: number; readonly times: number },
): { readonly promoted: boolean; readonly rolledBack: boolean } {
  const rng = mulberry32(seed);
  const users = { control: drawUsers(rng, traffic), candidate: drawUsers(rng, traffic) };
  const plan: JudgePlan = { ...PLAN, metrics: [metric] };
  let state: AnalysisState | null = null;
  let promoted = false;
  let transition = 1;
  for (let window = 0; window < windows; window++) {
    const weight = weightAt(traffic, window);
    if (window > 0 && weight !== weightAt(traffic, window - 1)) transition += 1;
    const serveArm = (arm: readonly Cell[], share: number, level: number): ArmTotals =>
      serve(rng, arm, traffic.requestsPerWindow * share, level + traffic.armNoise * normal(rng));
    const stratum: Stratum = {
      windowStartAt: START + window * 60_000,
      windowMs: 60_000,
      transition,
      weight,
      segment: '*',
      control: serveArm(users.control, 1 - weight / 100, 0),
      candidate: serveArm(users.candidate, weight / 100, Math.log(times)),
    };
    const result = analyse({
      plan,
      context: { ...CONTEXT, weight, transition },
      strata: [stratum],
      state,
      sourceDown: false,
      nowMs: stratum.windowStartAt + 70_000,
    });
    state = result.state;
    if (result.analysis.verdict === 'promote') promoted = true;
    if (result.analysis.verdict === 'rollback') return { promoted, rolledBack: true };
  }
  return { promoted, rolledBack: false };
}

const START = 1_700_000_000_000 - (1_700_000_000_000 % 60_000);
const CONTEXT = {
  step: 0,
  nextWeight: 100,
  stepStartedAt: START,
  raisedAt: START,
  bakeMs: 1,
  bakedMs: 1,
  safetyEpoch: 0,
  harmEpoch: 0,
} as const;

function weightAt({ weights }: ShapeTraffic, window: number): number {
  return weights[Math.min(window, weights.length - 1)] as number;
}

interface Cell {
  readonly activity: number;
  readonly level: number;
}

function drawUsers(rng: Rng, { userSpread }: ShapeTraffic): Cell[] {
  const cells = Array.from({ length: CELLS }, () => ({
    activity: userSpread > 0 ? gamma(rng, 3) : 1,
    level: userSpread * normal(rng),
  }));
  const total = cells.reduce((sum, { activity }) => sum + activity, 0);
  return cells.map(({ activity, level }) => ({ activity: activity / total, level }));
}

function serve(rng: Rng, users: readonly Cell[], load: number, level: number): ArmTotals {
  const counts: Record<string, number> = {};
  const requests: number[] = [];
  const sums: number[] = [];
  let squares = 0;
  const add = (bins: readonly number[]): void => {
    for (const [bin, count] of bins.entries()) {
      if (count === 0) continue;
      const key = String(FIRST_BIN + bin);
      counts[key] = (counts[key] ?? 0) + count;
      squares += count * (MIDDLE_MS[bin] as number) ** 2;
    }
  };
  const isAlike = users.every((cell) => cell.level === 0);
  const drawn = users.map(({ activity }) => poisson(rng, load * activity));
  if (isAlike) {
    const total = drawn.reduce((sum, count) => sum + count, 0);
    const bins = drawBins(rng, total, { mu: Math.log(100) + level, sigma: 0.5 });
    add(bins);
    requests.push(...drawn);
    // The cells' parts add up to what was drawn, so that it is drawn once.
    const parts = drawCellSums(rng, bins, drawn);
    const sum = bins.reduce((all, each, bin) => all + each * (MIDDLE_MS[bin] as number), 0);
    const factor = sum / parts.reduce((all, part) => all + part, 0);
    sums.push(...parts.map((part) => part * factor));
  } else {
    for (const [cell, count] of drawn.entries()) {
      const bins = drawBins(rng, count, { mu: Math.log(100) + level + (users[cell] as Cell).level, sigma: 0.5 });
      add(bins);
      requests.push(count);
      sums.push(bins.reduce((sum, each, bin) => sum + each * (MIDDLE_MS[bin] as number), 0));
    }
  }
  const zeros = requests.map(() => 0);
  const total = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0);
  const request: EventTotals = {
    count: total(requests),
    errors: 0,
    valueCount: total(requests),
    sum: total(sums),
    sumOfSquares: squares,
    over: {},
    open: 0,
    histogram: { zero: 0, counts },
    cells: { count: requests, errors: zeros, valueCount: requests, open: zeros, sum: sums, over: {} },
  };
  const exposures = request.count;
  const counted = { exposures, exposuresWithOutcome: exposures, mixedExposures: 0, late: 0, exposureCells: requests };
  return { ...counted, events: { request } };
}

function main(): void {
  const [rollouts = '200', windows = '60', seed = '7301', harm = '1.1'] = process.argv.slice(2);
  console.log('metric | traffic | rollouts | promoted to everybody | rolled back');
  for (const [metricName, metric] of Object.entries(SHAPES)) {
    for (const [trafficName, traffic] of Object.entries(TRAFFIC)) {
      const found = Array.from({ length: Number(rollouts) }, (_, index) =>
        runShape(Number(seed) * 1_000_003 + index * 7919, metric, traffic, {
          windows: Number(windows),
          times: Number(harm),
        }),
      );
      const promoted = found.filter((each) => each.promoted).length;
      const rolledBack = found.filter((each) => each.rolledBack).length;
      console.log([metricName, trafficName, found.length, promoted, rolledBack].join(' | '));
    }
  }
}

if (require.main === module) main();
