import { analyse } from '../../analysis/analyse';
import type { AnalysisInput, AnalysisState } from '../../analysis/types';
import { Metric } from '../../flags/plan/metric';
import type { ArmTotals, EventTotals, Stratum } from '../../metrics/windows';
import { mulberry32 } from '../../ml/random/mulberry32';

/** The case that must stay affordable: a day of one-minute windows. */
const METRICS = 20;
const SEGMENTS = 50;
const WINDOWS = 1440;
const WINDOW_MS = 60_000;
const CELLS = 64;
/** Looks of a process before its code is compiled. */
const WARM_LOOKS = 3;

/** What a rollout is judged by. */
interface Size {
  readonly metrics: readonly Metric[];
  readonly segments: readonly string[];
}

function sizeOf(metrics: number, segments: number): Size {
  return {
    metrics: Array.from({ length: metrics }, (_, index) =>
      Metric.parse({ name: `m${index}`, kind: 'error_rate', event: `e${index % 5}`, margin: { absolute: 0.01 } }),
    ),
    segments: Array.from({ length: segments }, (_, index) => `s${index}`),
  };
}

/** Few different windows are enough to cost what many cost: their numbers are drawn once and dealt out in turn. */
function strata(names: readonly string[], windows: number, from = 0): Stratum[] {
  const random = mulberry32(7);
  const arms = Array.from({ length: 40 }, () => givenArm(random));
  return Array.from({ length: windows }, (_, index) =>
    ['*', ...names].map((segment, at): Stratum => ({
      windowStartAt: (from + index) * WINDOW_MS,
      windowMs: WINDOW_MS,
      transition: 1,
      weight: 50,
      segment,
      control: arms[(index * 7 + at) % arms.length] as ArmTotals,
      candidate: arms[(index * 11 + at + 1) % arms.length] as ArmTotals,
    })),
  ).flat();
}

function givenArm(random: () => number): ArmTotals {
  const cells = (mean: number): number[] => Array.from({ length: CELLS }, () => Math.floor(2 * mean * random()));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const nothing = cells(0);
  const event = (): EventTotals => {
    const [count, errors] = [cells(4), cells(0.6)];
    return {
      count: sum(count),
      errors: sum(errors),
      valueCount: 0,
      sum: 0,
      sumOfSquares: 0,
      over: {},
      open: 0,
      histogram: { zero: 0, counts: {} },
      cells: { count, errors, valueCount: nothing, open: nothing, sum: nothing, over: {} },
    };
  };
  const events = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`e${index}`, event()]));
  const exposureCells = cells(2);
  const exposures = sum(exposureCells);
  return { exposures, exposuresWithOutcome: exposures, mixedExposures: 0, late: 0, exposureCells, events };
}

function inputOf(size: Size, given: readonly Stratum[], state: AnalysisState | null, nowMs: number): AnalysisInput {
  return {
    plan: {
      ...size,
      onSegmentHarm: 'report',
      falseRollbackRate: 1e-100,
      falsePromotionRate: 0.05,
      minimumSample: 100,
      onNoData: 'hold',
      noDataDeadlineMs: 3_600_000,
    },
    context: {
      step: 0,
      weight: 50,
      nextWeight: 100,
      transition: 1,
      stepStartedAt: 0,
      raisedAt: 0,
      bakeMs: 1,
      bakedMs: 1,
      safetyEpoch: 0,
      harmEpoch: 0,
    },
    strata: given,
    state,
    sourceDown: false,
    nowMs,
  };
}

/**
 * What a look costs and how much is remembered, with the state as text between looks, as it is stored. The first look
 * at one new window in a process is told apart: its code is not compiled yet.
 */
export function measureCost(
  windows: number,
  looks: number,
  { metrics = METRICS, segments = SEGMENTS } = {},
): Record<'coldMs' | 'firstMs' | 'incrementalMs' | 'slowestMs' | 'stateBytes', number> {
  const cpuMs = (body: () => void): number => {
    const before = process.cpuUsage();
    body();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const size = sizeOf(metrics, segments);
  const past = strata(size.segments, windows);
  const nowMs = windows * WINDOW_MS + 10_000;
  let json = '';
  const coldMs = cpuMs(() => {
    json = JSON.stringify(analyse(inputOf(size, past, null, nowMs)).state);
  });
  const costs: number[] = [];
  for (let look = 0; look < looks; look++) {
    const fresh = strata(size.segments, 1, windows + look);
    costs.push(
      cpuMs(() => {
        const state = JSON.parse(json) as AnalysisState;
        json = JSON.stringify(analyse(inputOf(size, fresh, state, nowMs + (look + 1) * WINDOW_MS)).state);
      }),
    );
  }
  const later = costs.slice(WARM_LOOKS).sort((a, b) => a - b);
  return {
    coldMs,
    firstMs: costs[0] ?? 0,
    incrementalMs: later[Math.floor(later.length / 2)] ?? 0,
    slowestMs: later.at(-1) ?? 0,
    stateBytes: json.length,
  };
}

function print(windows: number, looks: number, metrics = METRICS, segments = SEGMENTS): void {
  const cost = measureCost(windows, looks, { metrics, segments });
  const parts = [
    `${metrics} metrics x ${segments} segments x ${windows} windows:`,
    `cold ${cost.coldMs.toFixed(0)} ms,`,
    `one window more ${cost.incrementalMs.toFixed(1)} ms`,
    `(median of ${looks - WARM_LOOKS}; slowest ${cost.slowestMs.toFixed(1)}, the first in this process ${cost.firstMs.toFixed(1)}),`,
    `state ${(cost.stateBytes / 1e6).toFixed(2)} MB`,
  ];
  console.log(parts.join(' '));
}

if (require.main === module) {
  console.log('CPU time of all threads, compiler and garbage collector included');
  if (!process.argv.includes('--growth')) print(WINDOWS, 30 + WARM_LOOKS);
  else {
    // The same process, so that the code is compiled: what is left is how the cost grows. The first pays for that, and
    // is printed again below. Ends within two minutes, even on a busy machine: the day of windows is left to the plain
    // run.
    for (const windows of [180, 90, 180, 360]) print(windows, 12 + WARM_LOOKS);
    for (const metrics of [5, 10, 20]) print(180, 12 + WARM_LOOKS, metrics);
    for (const segments of [12, 25, 50, 100]) print(180, 12 + WARM_LOOKS, METRICS, segments);
  }
}
