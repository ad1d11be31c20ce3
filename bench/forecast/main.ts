import { summarise } from './study';
import { EFFECTS, type Effect } from './traces';

/**
 * How early crossings are foreseen, and how often in vain.
 *
 *     npx tsx bench/forecast/main.ts [TRACES] [SEED] [CONFIDENCE]
 */
function main(): void {
  const [traces = 200, seed = 1, confidence = 0.9] = process.argv.slice(2).map(Number);
  console.log(`${traces} traces of each kind, seed ${seed}, confidence ${confidence}, a look each minute\n`);
  console.log('effect      crossed  foreseen  lead p10/median/p90 (looks)  predicted in vain');
  for (const effect of Object.keys(EFFECTS) as Effect[]) {
    const { crossed, foreseen, lead, falseAlarms } = summarise(effect, traces, seed, confidence);
    const leads = lead === null ? '–' : `${lead.p10} / ${lead.median} / ${lead.p90}`;
    console.log(
      `${effect.padEnd(10)} ${String(crossed).padStart(8)} ${String(foreseen).padStart(9)}  ${leads.padStart(26)}  ${falseAlarms}`,
    );
  }
}

main();
