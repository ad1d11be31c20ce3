import { mulberry32 } from '../../ml/random/mulberry32';
import { ChaosStand } from './chaos-stand';
import { runSoak } from './soak';

const [seconds = 600, seed = 1] = process.argv.slice(2).map(Number);

/**
 * Rollouts live through people's messages while parts die and stand still at random: `npx tsx test/chaos/soak-main.ts
 * [SECONDS] [SEED]`.
 */
async function main(): Promise<number> {
  const stand = await ChaosStand.open();
  try {
    const log = (line: string): void => console.error(line);
    const found = await runSoak(stand, { seconds, rollouts: 4, random: mulberry32(seed), log });
    const { effectMs, problems } = found;
    const at = (q: number): number => effectMs[Math.floor(q * (effectMs.length - 1))] ?? 0;
    const blows = Object.entries(found.blows).map(([blow, times]) => `${blow} ${times} times`);
    console.log(`${found.rollouts} rollouts with ${found.messages} messages in ${seconds} s, seed ${seed}.`);
    console.log(`${blows.toSorted().join(', ')}.`);
    console.log(
      `A message showed on its flag after ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(1)} ms (longest).`,
    );
    console.log(problems.length === 0 ? 'Nothing was lost, doubled or wrong.' : problems.join('\n'));
    return problems.length === 0 ? 0 : 1;
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
