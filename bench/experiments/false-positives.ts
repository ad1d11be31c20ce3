/** How often experiments call treatments different that are not, looked at after every window: `npx tsx bench/experiments/false-positives.ts [runs] [windows] [seed]`. */
import { CALM } from '../judge/simulate';
import { NULLS, PLAN, runExperiment } from './run-experiment';

const [runs = 200, windows = 200, seed = 1] = process.argv.slice(2).map(Number);

for (const treatments of [1, 3]) {
  for (const [name, scenario] of Object.entries(NULLS)) {
    const all = Array.from({ length: runs }, (_, index) =>
      runExperiment(seed + index, scenario, { windows, treatments }),
    );
    const share = (of: (run: (typeof all)[number]) => boolean): string =>
      `${((100 * all.filter(of).length) / runs).toFixed(1)} %`;
    const called = share(({ calledAfter }) => calledAfter !== null);
    const harmed = share(({ harmedAfter }) => harmedAfter !== null);
    const missed = share((run) => run.missed > 0);
    process.stdout.write(
      `${treatments} treatments, ${name}: called different ${called} (promised ${PLAN.falsePositiveRate * 100} %), harm ${harmed} (promised ${PLAN.falseHarmRate * 100} %), interval ever wrong ${missed}\n`,
    );
  }
}
for (const times of [0.6, 0.8, 1.2]) {
  const scenario = { ...CALM, errorRate: 0.05, harm: { times } };
  const found = Array.from({ length: runs }, (_, index) =>
    runExperiment(seed + index, scenario, { windows, treatments: 1, effect: 0.05 * (times - 1) }),
  ).map(({ calledAfter }) => calledAfter);
  const after = found.filter((window) => window !== null).sort((a, b) => a - b);
  process.stdout.write(
    `share of failures times ${times}: called in ${((100 * after.length) / runs).toFixed(0)} % of runs, after ${after[Math.floor(after.length / 2)] ?? '–'} windows (median)\n`,
  );
}
