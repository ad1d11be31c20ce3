import { ChaosStand } from './chaos-stand';
import { MOMENTS, VICTIMS } from './moments';
import { RESUME_WITHIN_MS, runTrial, verifyChains, type TrialResult } from './trial';

/** Kills per cell; `CHAOS_TRIALS` says otherwise. */
const TRIALS = Number(process.env['CHAOS_TRIALS'] ?? 20);
/** Which parts are killed; `CHAOS_VICTIMS=temporal,database` picks some. */
const CHOSEN = VICTIMS.filter((victim) => (process.env['CHAOS_VICTIMS'] ?? VICTIMS.join()).split(',').includes(victim));

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

function row(victim: string, moment: string, results: readonly TrialResult[]): string {
  const times = results.map(({ resumedAfterMs }) => resumedAfterMs).sort((a, b) => a - b);
  const wrong = results.filter(({ problems }) => problems.length > 0).length;
  return `| ${victim} | ${moment} | ${results.length} | ${wrong} | ${quantile(times, 0.5)} | ${times.at(-1) ?? 0} |`;
}

/** Every part killed at every moment, many times, and a table in Markdown for docs/reliability.md. */
async function main(): Promise<number> {
  const stand = await ChaosStand.open();
  const table = [
    '| killed | when | times | wrong | resumed after, median ms | longest ms |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  let number = 0;
  let wrong = 0;
  try {
    for (const victim of CHOSEN) {
      for (const moment of MOMENTS) {
        const results: TrialResult[] = [];
        for (let trial = 0; trial < TRIALS; trial += 1) {
          number += 1;
          const result = await runTrial(stand, victim, moment, number);
          results.push(result);
          for (const problem of result.problems) console.error(`trial ${number}, ${victim} ${moment}: ${problem}`);
          wrong += result.problems.length > 0 ? 1 : 0;
        }
        table.push(row(victim, moment, results));
        console.error(table.at(-1));
      }
    }
    const { records, problems } = await verifyChains(stand);
    console.log(table.join('\n'));
    console.log(`\n${number} kills, ${wrong} with a problem (limit for going on: ${RESUME_WITHIN_MS} ms).`);
    console.log(`${records} decision records in hash chains, ${problems.length} problems.`);
    return wrong + problems.length === 0 ? 0 : 1;
  } finally {
    await stand.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
