import { Metric } from '../../flags/plan/metric';
import type { JudgePlan } from '../../analysis/types';
import { median } from '../../ml/robust/median';
import { PLAN, runRollout, type Outcome } from './run-rollout';
import { AT_MARGIN, HARMFUL, HARMLESS, HEALTHY } from './scenarios';
import type { Scenario } from './simulate';

/** How large the study is; the same seed gives the same tables. */
export interface Study {
  /** Rollouts of each harmless or borderline scenario; a twentieth of it, or 20, of the others. */
  readonly rollouts: number;
  readonly windows: number;
  readonly seed: number;
}

/** One row of the study. */
export interface StudyRow {
  readonly table: 'harmless' | 'at margin' | 'harmful' | 'healthy';
  readonly scenario: string;
  readonly rollouts: number;
  readonly rolledBack: number;
  readonly promoted: number;
  readonly narrowed: number;
  readonly mismatched: number;
  /** Windows from onset to rollback, or to a promotion: median and 90th percentile of those that came to one. */
  readonly medianWindows: number;
  readonly p90Windows: number;
  readonly medianBadRequests: number;
}

/** A plan as for a demo: margins of a few points. */
const WIDE: JudgePlan = {
  ...PLAN,
  metrics: [
    Metric.parse({ name: 'errors', kind: 'error_rate', margin: { absolute: 0.03 } }),
    Metric.parse({ name: 'latency', kind: 'mean_value', margin: { relative: 0.25 } }),
  ],
};

/** Simulates every scenario of the tables asked for (all by default) and yields a row for each as it is done. */
export function* errorRates(study: Study, tables: readonly StudyRow['table'][] = TABLES): Generator<StudyRow> {
  const { rollouts, windows, seed } = study;
  const fewer = Math.max(1, Math.min(rollouts, Math.max(20, Math.round(rollouts / 20))));
  if (tables.includes('harmless')) {
    for (const [name, scenario] of Object.entries(HARMLESS)) {
      yield row('harmless', name, run(scenario, { count: rollouts, windows, seed }), 0);
    }
  }
  if (tables.includes('at margin')) {
    for (const [name, scenario] of Object.entries(AT_MARGIN)) {
      yield row('at margin', name, run(scenario, { count: rollouts, windows, seed: seed + 1 }), 0);
    }
  }
  if (tables.includes('harmful')) {
    for (const [name, scenario] of Object.entries(HARMFUL)) {
      const horizon = scenario.onset + 2 * windows;
      yield row('harmful', name, run(scenario, { count: fewer, windows: horizon, seed: seed + 2 }), scenario.onset);
    }
  }
  if (tables.includes('healthy')) yield* healthyRows({ rollouts: fewer, windows: 2 * windows, seed: seed + 3 });
}

const TABLES = ['harmless', 'at margin', 'harmful', 'healthy'] as const;

function* healthyRows({ rollouts, windows, seed }: Study): Generator<StudyRow> {
  for (const [name, scenario] of Object.entries(HEALTHY)) {
    for (const [margins, plan] of [
      ['0.5 points + 10 %', PLAN],
      ['3 points, latency 25 %', WIDE],
    ] as const) {
      for (const nextWeight of [10, 100]) {
        const outcomes = run(scenario, { count: rollouts, windows, seed, plan, nextWeight, untilPromoted: true });
        yield row('healthy', `${name}, margin ${margins}, next ${nextWeight} %`, outcomes, 0);
      }
    }
  }
}

interface Runs {
  readonly count: number;
  readonly windows: number;
  readonly seed: number;
  readonly plan?: JudgePlan;
  readonly nextWeight?: number;
  readonly untilPromoted?: boolean;
}

function run(scenario: Scenario, { count, windows, seed, ...options }: Runs): Outcome[] {
  return Array.from({ length: count }, (_, index) =>
    runRollout(seed * 1_000_003 + index * 7919, scenario, windows, options),
  );
}

function row(table: StudyRow['table'], scenario: string, outcomes: readonly Outcome[], onset: number): StudyRow {
  const ends = outcomes
    .flatMap(({ rolledBackAfter, promotedAfter }) => (table === 'healthy' ? promotedAfter : rolledBackAfter) ?? [])
    .map((windows) => windows - onset)
    .sort((a, b) => a - b);
  return {
    table,
    scenario,
    rollouts: outcomes.length,
    rolledBack: outcomes.filter(({ rolledBackAfter }) => rolledBackAfter !== null).length,
    promoted: outcomes.filter(({ promotedAfter }) => promotedAfter !== null).length,
    narrowed: outcomes.filter(({ narrows }) => narrows > 0).length,
    mismatched: outcomes.filter(({ mismatches }) => mismatches > 0).length,
    medianWindows: median(ends),
    p90Windows: ends[Math.floor(ends.length * 0.9)] ?? 0,
    medianBadRequests: median(outcomes.map(({ badRequests }) => badRequests)),
  };
}

function main(): void {
  const [rollouts = '200', windows = '120', seed = '20261', ...only] = process.argv.slice(2);
  const tables = TABLES.filter((table) => only.length === 0 || only.includes(table));
  console.log(
    'table | scenario | rollouts | rolled back | promoted | narrowed | mismatch | windows (median, p90) | errors',
  );
  const study = { rollouts: Number(rollouts), windows: Number(windows), seed: Number(seed) };
  for (const found of errorRates(study, tables)) {
    const share = (count: number): string => `${((100 * count) / found.rollouts).toFixed(1)} %`;
    console.log(
      [
        found.table,
        found.scenario,
        found.rollouts,
        share(found.rolledBack),
        share(found.promoted),
        share(found.narrowed),
        share(found.mismatched),
        `${found.medianWindows}, ${found.p90Windows}`,
        found.medianBadRequests,
      ].join(' | '),
    );
  }
}

if (require.main === module) main();
