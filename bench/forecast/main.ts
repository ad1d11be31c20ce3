import { coverageOfBehaviour, SCATTERS, type Held, type Scatter } from './behaviour';
import { NOISES, summariseFailures, type Noise } from './failure';
import { summarise } from './study';
import { EFFECTS, type Effect } from './traces';
import { coverageOf, WALKS, type Walk } from './walks';

/**
 * How early crossings are foreseen, and how often in vain; how often forecasts of metrics hold; how often the intervals
 * of the forecast of failure hold, and how early it alerts.
 *
 *     npx tsx bench/forecast/main.ts [TRACES] [SEED] [CONFIDENCE]
 */
function main(): void {
  const [traces = 200, seed = 1, confidence = 0.8] = process.argv.slice(2).map(Number);
  crossings(traces, seed, confidence);
  behaviours(Math.ceil(traces / 3), seed);
  walks(100 * traces, seed);
  failures(traces, seed);
}

function crossings(traces: number, seed: number, confidence: number): void {
  console.log(`${traces} traces of each kind, seed ${seed}, confidence ${confidence}, a look each minute\n`);
  console.log('effect      crossed  foreseen  lead p10/median/p90 (looks)  predicted in vain');
  for (const effect of Object.keys(EFFECTS) as Effect[]) {
    const { crossed, foreseen, lead, falseAlarms } = summarise(effect, traces, seed, confidence);
    console.log(
      `${effect.padEnd(10)} ${String(crossed).padStart(8)} ${String(foreseen).padStart(9)}  ${leadText(lead).padStart(26)}  ${falseAlarms}`,
    );
  }
}

function behaviours(traces: number, seed: number): void {
  console.log(
    `\n${traces} traces of each kind: true means within / below / above the bounds of 90 % each (forecasts), width in distances from 1 to the limit\n`,
  );
  console.log(`${'effect'.padEnd(10)} ${'scatter'.padEnd(18)} ${'at the current weight'.padEnd(38)} at the next`);
  const text = ({ within, below, above, forecasts, width }: Held): string =>
    `${[within, below, above].map(percent).join(' / ')} (${forecasts}), ${width.toFixed(2)}`;
  for (const effect of Object.keys(EFFECTS) as Effect[]) {
    for (const scatter of Object.keys(SCATTERS) as Scatter[]) {
      const { current, next } = coverageOfBehaviour(effect, scatter, traces, seed);
      console.log(`${effect.padEnd(10)} ${SCATTERS[scatter].padEnd(18)} ${text(current).padEnd(38)} ${text(next)}`);
    }
  }
}

function walks(count: number, seed: number): void {
  console.log(
    `\n${count} walks of each kind, forecast five steps ahead: share within the intervals of 80 / 90 / 95 %\n`,
  );
  console.log(`${'steps'.padEnd(38)}   5 seen             30 seen`);
  for (const walk of Object.keys(WALKS) as Walk[]) {
    const cells = [5, 30].map((steps) => {
      const { within80, within90, within95 } = coverageOf(walk, steps, count, seed);
      return [within80, within90, within95].map(percent).join(' / ');
    });
    console.log(`${WALKS[walk].padEnd(38)} ${cells.join('   ')}`);
  }
}

function failures(rollouts: number, seed: number): void {
  console.log(
    `\n${rollouts} rollouts of each kind, a look a minute for an hour and a half; five looks ahead, alert at 0.5\n`,
  );
  console.log(
    'noise          failures   rolled back  alerted  before it  lead p10/median/p90  room         within its 90 % / below / above (forecasts)  width  left its floor',
  );
  for (const noise of Object.keys(NOISES) as Noise[]) {
    for (const times of [1, 1.1, 1.3, 1.5, 2, 3]) {
      const found = summariseFailures(noise, times, rollouts, seed);
      const counts = [found.rolledBack, found.alerted, found.alertedBefore].map((count) => String(count).padStart(9));
      const shares = [found.within, found.below, found.above].map(percent).join(' / ');
      console.log(
        `${noise.padEnd(14)} ${`${times} times`.padEnd(11)} ${counts.join('  ')}  ${leadText(found.lead).padStart(19)}  ${leadText(found.room).padStart(11)}  ${`${shares} (${found.forecasts})`.padStart(30)}  ${found.width.toFixed(2)}  ${found.leftRest} of ${found.resting}`,
      );
    }
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function leadText(lead: { readonly p10: number; readonly median: number; readonly p90: number } | null): string {
  return lead === null ? '–' : `${lead.p10} / ${lead.median} / ${lead.p90}`;
}

main();
