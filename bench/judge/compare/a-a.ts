import { parseArgs } from 'node:util';
import { exchangeableTrace } from '../traces/hostile';
import { headgate } from './contenders';

/**
 * How often rollouts that do no harm are rolled back, narrowed, or promoted, over many: arms alike in law, with cycles, overdispersion, clustered users and
 * weights that go up and down, every path on. Prints running totals, so that it can be stopped.
 */
function main(): void {
  const { values } = parseArgs({
    options: {
      rollouts: { type: 'string', default: '10000' },
      from: { type: 'string', default: '0' },
      seed: { type: 'string', default: '2001' },
      'no-cells': { type: 'boolean', default: false },
      profile: { type: 'string', default: 'auto' },
    },
  });
  const { profile } = values;
  if (profile !== 'fast' && profile !== 'safe' && profile !== 'auto')
    throw new Error('--profile is fast, safe or auto');
  const [count, from, seed] = [Number(values.rollouts), Number(values.from), Number(values.seed)];
  const judge = headgate(profile);
  const totals = { rolledBack: 0, narrowed: 0, promoted: 0 };
  for (let done = 1; done <= count; done++) {
    const cells = !values['no-cells'];
    const decision = judge.decide(exchangeableTrace({ seed, index: from + done - 1, kind: 'aa_clean', cells }));
    if (decision.rollback !== null) totals.rolledBack += 1;
    if (decision.narrow !== null) totals.narrowed += 1;
    if (decision.promote !== null) totals.promoted += 1;
    if (done % 100 === 0 || done === count) console.log(lineOf(done, totals));
  }
}

function lineOf(
  done: number,
  { rolledBack, narrowed, promoted }: Record<'rolledBack' | 'narrowed' | 'promoted', number>,
): string {
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
