import { startInstallation } from '../../demo/installation';
import { measureOverrides, tellOverrides } from './measure';

/** Override to first changed evaluation on an installation that does nothing else. */
async function main(): Promise<void> {
  const installation = await startInstallation((line) => console.error(line));
  const { api, url } = installation;
  try {
    const flags = Array.from({ length: 10 }, (_, index) => `flag-${index}`);
    for (const key of flags) {
      const variants = { on: true, off: false };
      const definition = { key, type: 'boolean', variants, defaultVariant: 'off', offVariant: 'off' };
      await api.call('PUT', `/v1/environments/bench/flags/${key}`, definition);
      await api.call('POST', '/v1/environments/bench/rollouts', {
        plan: { flag: key, candidate: 'on', steps: [10, 50], bake: '24h' },
      });
    }
    const { token } = await api.call<{ token: string }>('POST', '/v1/tokens', {
      name: 'bench',
      role: 'sdk',
      environment: 'bench',
    });
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const rounds = Number(process.env['ROUNDS'] ?? 20);
    const figures = await measureOverrides({ url, token }, api, 'bench', flags, rounds);
    console.log(`override to first changed evaluation, idle: ${tellOverrides(figures)}`);
  } finally {
    await installation.stop();
  }
}

void main().then(() => process.exit(0));
