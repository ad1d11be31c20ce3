/**
 * How often experiments call treatments different that are not, and how soon those that are, looked at after every window:
 * `npx tsx bench/experiments/false-positives.ts [runs] [windows] [seed] [rows]`, where `rows` is a part of the rows'
 * names; all of them without it.
 */
import { CALM } from '../judge/simulate';
import { NULLS, PLAN, runExperiment, type ExperimentRun } from './run-experiment';

const [runs = 200, windows = 200, seed = 1] = process.argv.slice(2, 5).map(Number);
const wanted = process.argv[5] ?? '';

const simulate = (
  ...[scenario, options]: [Parameters<typeof runExperiment>[1], { treatments: number; effect?: number }]
) => Array.from({ length: runs }, (_, index) => runExperiment(seed + index, scenario, { windows, ...options }));

for (const treatments of [1, 3]) {
  for (const [name, scenario] of Object.entries(NULLS)) {
    const row = `${treatments} treatments, ${name}`;
    if (!row.includes(wanted)) continue;
    const all = simulate(scenario, { treatments });
    const share = (of: (run: ExperimentRun) => boolean): string =>
      `${((100 * all.filter(of).length) / runs).toFixed(1)} %`;
    const called = share(({ calledAfter }) => calledAfter !== null);
    const harmed = share(({ harmedAfter }) => harmedAfter !== null);
    const missed = share((run) => run.missed > 0);
    process.stdout.write(
      `${row}: called different ${called} (promised ${PLAN.falsePositiveRate * 100} %), harm ${harmed} (promised ${PLAN.falseHarmRate * 100} %), interval ever wrong ${missed}\n`,
    );
  }
}
for (const times of [0.6, 0.8, 1.2]) {
  const row = `share of failures times ${times}`;
  if (!row.includes(wanted)) continue;
  const all = simulate({ ...CALM, errorRate: 0.05, harm: { times } }, { treatments: 1, effect: 0.05 * (times - 1) });
  const found = all
    .map(({ calledAfter }) => calledAfter)
    .filter((window) => window !== null)
    .sort((a, b) => a - b);
  process.stdout.write(
    `${row}: called in ${((100 * found.length) / runs).toFixed(0)} % of runs, after ${found[Math.floor(found.length / 2)] ?? '–'} windows (median)\n`,
  );
}
