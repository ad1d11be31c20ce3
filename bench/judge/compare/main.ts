import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isNoise, traceSet, type TraceSet } from '../traces/sets';
import { headgate, peers } from './contenders';
import { outcomeOf, type Contender, type Outcome } from './outcome';
import { summarise } from './summary';
import { markdownTable, pathsTable, type NamedSummary } from './table';

const USAGE =
  'usage: [--noise friendly|hostile|exchangeable|sessions] [--cells] [--constant] [--good N] [--bad N] [--seed N] [--profiles fast,safe,auto] [--rates 0.01,…] [--no-peers] [--out FOLDER]';

/** Judges of the field and ours on the same simulated traces; prints the tables and writes the figures as JSON. */
function main(): void {
  const { values } = parseArgs({
    options: {
      noise: { type: 'string', default: 'friendly' },
      cells: { type: 'boolean', default: false },
      constant: { type: 'boolean', default: false },
      good: { type: 'string', default: '60' },
      bad: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      profiles: { type: 'string', default: 'fast,safe,auto' },
      rates: { type: 'string', default: '0.01' },
      'no-peers': { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const { noise, cells, constant: constantWeight } = values;
  if (!isNoise(noise)) throw new Error(USAGE);
  const set = {
    noise,
    cells,
    constantWeight,
    good: Number(values.good),
    bad: Number(values.bad),
    seed: Number(values.seed),
  } as const;
  const rates = values.rates.split(',').map(Number);
  const profiles = values.profiles.split(',').filter((each) => each === 'fast' || each === 'safe' || each === 'auto');
  const ours = profiles.flatMap((profile) => rates.map((rate) => headgate(profile, rate)));
  const rows = compare(set, [...ours, ...(values['no-peers'] ? [] : peers())]);
  console.log(
    `${noise} noise${cells ? ' with user cells' : ''}${constantWeight ? ', constant weight' : ''}, seed ${set.seed}\n`,
  );
  console.log(markdownTable(rows));
  console.log(`\n${pathsTable(rows.slice(0, ours.length))}`);
  if (values.out === undefined) return;
  mkdirSync(values.out, { recursive: true });
  const name = `${noise}${cells ? '-cells' : ''}${constantWeight ? '-constant' : ''}-${set.seed}.json`;
  writeFileSync(join(values.out, name), `${JSON.stringify({ set, rows }, null, 1)}\n`);
}

/** Every judge on every trace of a set. */
export function compare(set: TraceSet, judges: readonly Contender[]): (NamedSummary & Pick<Contender, 'setting'>)[] {
  const outcomes: Outcome[][] = judges.map(() => []);
  for (const trace of traceSet(set)) {
    for (const [index, judge] of judges.entries()) outcomes[index]?.push(outcomeOf(trace, judge.decide(trace)));
  }
  return judges.map(({ name, setting }, index) => ({ name, setting, summary: summarise(outcomes[index] ?? []) }));
}

if (require.main === module) main();
