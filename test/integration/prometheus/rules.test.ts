import { join } from 'node:path';
import { runCommand } from '../../../stack/run-command';
import { prometheusProgram } from '../../support/prometheus-binary';

const root = join(__dirname, '../../..');

async function promtool(...parameters: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await runCommand(await prometheusProgram('promtool'), parameters, {
    cwd: join(root, 'test/fixtures/prometheus'),
    timeoutMs: 60_000,
  });
  return { code, text: stdout + stderr };
}

describe('rules for Prometheus, by its own tool', () => {
  it('are well-formed', async () => {
    const { code, text } = await promtool('check', 'rules', join(root, 'deploy/prometheus/rules/headgate.yml'));
    expect(text).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  it('alert when they should, and not otherwise', async () => {
    const { code, text } = await promtool('test', 'rules', 'headgate-rules.test.yml');
    expect(text).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  it('are loaded by a configuration that is well-formed', async () => {
    const { code, text } = await promtool(
      'check',
      'config',
      '--syntax-only',
      join(root, 'deploy/prometheus/prometheus.yml'),
    );
    expect(text).toContain('SUCCESS');
    expect(code).toBe(0);
  });
});
