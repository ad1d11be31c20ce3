import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { exchangeableTrace } from '../traces/hostile';
import { headgate } from './contenders';

/** What rollouts came to, and how many there were. */
const Totals = z.strictObject({
  seed: z.int(),
  profile: z.enum(['fast', 'safe', 'auto']),
  cells: z.boolean(),
  /** Indexes `from` up to `from + done` of the seed have been judged. */
  from: z.int(),
  done: z.int(),
  rolledBack: z.int(),
  narrowed: z.int(),
  promoted: z.int(),
});
type Totals = z.infer<typeof Totals>;

/** Rollouts between two lines of totals, and between two savings of them. */
const CHUNK = 100;

/**
 * How often rollouts that do no harm are rolled back, narrowed, or promoted, over many: arms alike in law, with cycles,
 * overdispersion, clustered users and weights that go up and down, every path on. Prints running totals, so that it can
 * be stopped; with `--totals FILE` it goes on where that file says it was.
 */
function main(): void {
  const { values } = parseArgs({
    options: {
      rollouts: { type: 'string', default: '10000' },
      from: { type: 'string', default: '0' },
      seed: { type: 'string', default: '2001' },
      'no-cells': { type: 'boolean', default: false },
      profile: { type: 'string', default: 'auto' },
      totals: { type: 'string' },
    },
  });
  const { profile } = values;
  if (profile !== 'fast' && profile !== 'safe' && profile !== 'auto')
    throw new Error('--profile is fast, safe or auto');
  const study = { seed: Number(values.seed), profile, cells: !values['no-cells'], from: Number(values.from) } as const;
  const totals = resume({ ...study, done: 0, rolledBack: 0, narrowed: 0, promoted: 0 }, values.totals);
  const judge = headgate(profile);
  const count = Number(values.rollouts);
  while (totals.done < count) {
    const { seed, cells, from, done } = totals;
    const decision = judge.decide(exchangeableTrace({ seed, index: from + done, kind: 'aa_clean', cells }));
    totals.done += 1;
    if (decision.rollback !== null) totals.rolledBack += 1;
    if (decision.narrow !== null) totals.narrowed += 1;
    if (decision.promote !== null) totals.promoted += 1;
    if (totals.done % CHUNK !== 0 && totals.done !== count) continue;
    console.log(lineOf(totals));
    if (values.totals !== undefined) writeFileSync(values.totals, `${JSON.stringify(totals)}\n`);
  }
}

/** The totals a file holds, or those to begin with where there is none; of another study they are refused. */
function resume(fresh: Totals, file: string | undefined): Totals {
  if (file === undefined || !existsSync(file)) return fresh;
  const held = Totals.parse(JSON.parse(readFileSync(file, 'utf8')));
  const isSame = (['seed', 'profile', 'cells', 'from'] as const).every((name) => held[name] === fresh[name]);
  if (!isSame) throw new Error(`${file} holds the totals of another study: ${JSON.stringify(held)}`);
  return held;
}

function lineOf({ done, rolledBack, narrowed, promoted }: Totals): string {
  const share = (number: number): string =>
    `${number} (${((100 * number) / done).toFixed(2)} %, at most ${(100 * upperBound(number, done)).toFixed(2)} %)`;
  return `${done} rollouts: rolled back ${share(rolledBack)}, narrowed ${share(narrowed)}, next weight allowed ${share(promoted)}`;
}

/** One-sided 97.5 % upper bound of a share (Wilson). */
function upperBound(number: number, count: number): number {
  const z = 1.96;
  const share = number / count;
  const middle = share + (z * z) / (2 * count);
  const room = z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return (middle + room) / (1 + (z * z) / count);
}

main();
