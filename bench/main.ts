import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** One measurement: its script, and the settings that make it short. The full runs are named in docs/performance.md. */
const BENCHES: readonly { script: string; short: NodeJS.ProcessEnv; args?: readonly string[] }[] = [
  { script: 'flag-eval/main.ts', short: {} },
  { script: 'judge/look-cost.ts', short: {} },
  { script: 'ingest/main.ts', short: {}, args: ['5'] },
  { script: 'causes/main.ts', short: { RUNS: '40' } },
  { script: 'ofrep/main.ts', short: { ROUNDS: '3', SECONDS: '1' } },
  { script: 'override/main.ts', short: { ROUNDS: '3' } },
  { script: 'readiness/main.ts', short: {}, args: ['3'] },
  { script: 'delivery/main.ts', short: { SERVICES: '20', ROUNDS: '3' } },
  { script: 'prediction/main.ts', short: { ONLY: 'issta21', COST_ROWS: '10000' } },
  { script: 'rollouts/main.ts', short: { FAST: '5', SLOW: '20', MINUTES: '1', SETTLE_S: '15', RATE: '100' } },
  { script: 'anomaly/main.ts', short: {} },
  { script: 'anomaly/vectors.ts', short: {}, args: ['2'] },
  { script: 'forecast/main.ts', short: {}, args: ['5', '1000'] },
];

let failed = 0;
for (const { script, short, args = [] } of BENCHES) {
  console.log(`\n## bench/${script}`);
  const settings = process.env['FULL'] ? {} : short;
  const { status } = spawnSync(process.execPath, ['--require', 'tsx/cjs', join(__dirname, script), ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
