import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs the demo as `make demo` does, on a stack of its own. */
async function runDemo(environment: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', join(__dirname, '..', '..', 'demo', 'main.ts')], {
    env: { ...process.env, HEADGATE_TEMPORAL_ADDRESS: '', HEADGATE_MONGODB_URL: '', ...environment },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output };
}

describe('the demo', () => {
  it('completes the good feature and takes the bad one back, with every part killed along the way', async () => {
    const { code, output } = await runDemo({ CRASH: '1' });
    expect(output).toMatch(/✂ SIGKILL to the worker/);
    expect(output).toMatch(/#\d+ rollout\.complete\s+100 %/);
    expect(output).toMatch(/#\d+ rollout\.roll_back\s+0 %/);
    expect(output).toMatch(/From the first faulty request to weight 0: [\d.]+ s/);
    expect(output).toMatch(/0 problems in their chains/);
    expect(code).toBe(0);
  }, 300_000);
});
