import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Repository } from '../../changes/git/repository';
import { HistoryFiles } from '../../changes/history/history-file';
import { measureRange, type MeasuredRange } from '../../changes/measure-range';
import { mulberry32 } from '../../ml/random/mulberry32';

const FILES = 4_000;
const AUTHORS = 150;
const SECONDS_BETWEEN_COMMITS = 3_600;

/**
 * What it costs to measure a change on top of a long history: afresh, when ten commits have come since, and when none
 * has. The history is made up, seeded, and lives in a temporary folder: `tsx bench/assess/main.ts [commits]`.
 */
export async function main(commits: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-assess-'));
  try {
    await makeHistory(join(folder, 'repository'), commits);
    const measure = async (range: string): Promise<{ seconds: number; measured: MeasuredRange }> => {
      const started = performance.now();
      const measured = await measureRange({
        repository: new Repository(join(folder, 'repository')),
        range,
        remember: (roots) => new HistoryFiles(join(folder, 'cache'), roots),
      });
      return { seconds: (performance.now() - started) / 1000, measured };
    };
    const ranges = { afresh: 'HEAD~20', 'ten commits later': 'HEAD~10', 'nothing new': 'HEAD~10' };
    for (const [name, range] of Object.entries(ranges)) {
      const { seconds, measured } = await measure(range);
      const { read, remembered } = measured.history;
      console.log(`${name}: ${seconds.toFixed(2)} s (${read} commits read, ${remembered} remembered)`);
    }
    console.log(`memory: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a history in which some files and some people are far busier than others, by `git fast-import`. */
async function makeHistory(folder: string, commits: number): Promise<void> {
  await run('git', ['init', '--quiet', '--initial-branch=main', folder], '');
  const random = mulberry32(20_261);
  const skewed = (count: number): number => Math.floor(count * random() ** 3);
  const parts: string[] = [];
  for (let index = 1; index <= commits; index++) {
    const author = `person${skewed(AUTHORS)} <person${skewed(AUTHORS)}@example.test>`;
    const at = 1_400_000_000 + index * SECONDS_BETWEEN_COMMITS;
    parts.push('commit refs/heads/main', `committer ${author} ${at} +0000`, data(`Change ${index}`));
    const files = 1 + skewed(8);
    for (let changed = 0; changed < files; changed++) {
      const file = skewed(FILES);
      parts.push(
        `M 100644 inline part${file % 20}/area${file % 100}/file${file}.ts`,
        data(`change ${index}\n`.repeat(1 + skewed(60))),
      );
    }
    parts.push('');
  }
  await run('git', ['-C', folder, 'fast-import', '--quiet'], parts.join('\n'));
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

async function run(program: string, args: readonly string[], input: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))));
    child.stdin.end(input);
  });
}

if (require.main === module) void main(Number(process.argv[2] ?? 50_000));
