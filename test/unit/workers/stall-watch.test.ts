import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = join(__dirname, '..', '..', '..');
const PROGRAM = `
const { watchForStalls } = require(${JSON.stringify(join(ROOT, 'workers', 'stall-watch.ts'))});
watchForStalls((ms) => { console.log('stood still', ms > 2000); process.exit(75); }, { allowedMs: 2000, everyMs: 50 });
process.stdin.on('data', () => {
  const until = Date.now() + 4000;
  while (Date.now() < until);
  console.log('computed');
});
console.log('ready');
`;

describe('a process that watches whether it stands still', () => {
  it('is told so after it was stopped, and not after it has computed for long', async () => {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', PROGRAM], { cwd: ROOT });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const said = async (text: string): Promise<void> => {
      while (!out.includes(text)) await delay(20);
    };
    await said('ready');
    child.stdin.write('compute\n');
    await said('computed');
    expect(out).not.toContain('stood still');
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGSTOP');
    await delay(3000);
    child.kill('SIGCONT');
    expect(await ended).toBe(75);
    expect(out).toContain('stood still true');
  }, 60_000);
});
