import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { causalShares } from './false-edges';
import { readPetshop } from './petshop';
import { RANKINGS, scoreOf } from './score';

const DEFAULT_FOLDER = join(__dirname, '../../../shared/data/petshop/high_traffic');

/**
 * Scores root-cause rankings on a scenario of the PetShop data, ours beside the largest z, then the Granger verdicts on
 * simulated pairs. Usage: `npx tsx bench/causes/main.ts [scenario folder]`; RUNS and LENGTH set the simulation, SEED
 * its seed.
 */
function main(): void {
  const folder = resolve(process.argv[2] ?? DEFAULT_FOLDER);
  if (existsSync(join(folder, 'graph.csv'))) printRankings(folder);
  else console.log(`no PetShop scenario in ${folder}: name a folder with graph.csv, noissue/, train/ and test/`);
  const runs = Number(process.env['RUNS'] ?? 200);
  const length = Number(process.env['LENGTH'] ?? 240);
  console.log(`\nGranger verdicts, ${runs} pairs of ${length} observations each: share called causal at 5 %`);
  for (const { kind, share } of causalShares(runs, length, Number(process.env['SEED'] ?? 1))) {
    console.log(`${percent(share)}  ${kind}`);
  }
}

function printRankings(folder: string): void {
  const issues = readPetshop(folder);
  console.log(`Root causes, ${issues.length} issues of ${folder}`);
  console.log('  top 1   top 3  ranking');
  for (const [name, rank] of Object.entries(RANKINGS)) {
    const { top1, top3 } = scoreOf(issues, rank);
    console.log(`${percent(top1)} ${percent(top3)}  ${name}`);
    for (const metric of ['latency', 'availability'] as const) {
      const part = scoreOf(
        issues.filter((issue) => issue.metric === metric),
        rank,
      );
      console.log(`${percent(part.top1)} ${percent(part.top3)}    ${metric}, ${part.issues} issues`);
    }
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}

main();
