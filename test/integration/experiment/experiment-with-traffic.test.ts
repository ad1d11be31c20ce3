import { HeadgateProvider } from '../../../sdk/src';
import type { ExperimentAnswer } from '../../../cli/render/experiment-lines';
import { newEnvironmentPath, OperatedServer } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';
import { QUICK_LOOKS } from '../../support/started-experiment';

/** How often requests of each variant fail; the variant's name is its value. */
type Shares = Readonly<Record<string, number>>;

type Arm = NonNullable<ExperimentAnswer['analysis']>['arms'][number];
type Effect = Arm['effects'][number];

/** Five standard errors of a share among so many draws: chance alone goes further once in two million runs. */
function noiseOfShare(share: number, draws: number): number {
  return 5 * Math.sqrt((share * (1 - share)) / draws);
}

function effectOn(metric: string, arm: Arm | undefined): Effect | undefined {
  return arm?.effects.find((effect) => effect.metric === metric);
}

/**
 * Expects the effect that the shares make, as close as so many units can show it: how many users an experiment has seen
 * when it concludes, and whom its salt put where, differs from run to run.
 */
function expectWithinNoise(found: Effect | undefined, share: { control: number; treatment: number }): void {
  const noise = Math.hypot(
    noiseOfShare(share.control, found?.controlCount ?? 0),
    noiseOfShare(share.treatment, found?.treatmentCount ?? 0),
  );
  expect(Math.abs((found?.effect ?? Number.NaN) - (share.treatment - share.control))).toBeLessThan(noise);
}

describe('an experiment over real evaluations, events and windows', () => {
  let operated: OperatedServer;
  let base: string;
  let provider: HeadgateProvider;

  beforeAll(async () => {
    operated = await OperatedServer.open('traffic', { sink: 'real' });
    base = newEnvironmentPath();
    const variants = { plain: 'plain', green: 'green', blue: 'blue' };
    const flag = { type: 'string', variants, defaultVariant: 'plain', offVariant: 'plain', tags: ['growth'] };
    await operated.createFlag(base, 'button', flag);
    const holdout = { key: 'year', weight: 20, covers: { tags: ['growth'] }, reason: 'to measure the year' };
    await operated.post(`${base}/holdouts`, holdout);
    const url = await operated.server.app.listen({ host: '127.0.0.1', port: 0 });
    const token = await operated.server.token('sdk', base.split('/').at(-1));
    provider = new HeadgateProvider({ url, token, pollIntervalMs: 250, flushIntervalMs: 100 });
    await provider.initialize();
  }, 180_000);
  afterAll(async () => {
    await provider.onClose();
    await operated.close();
  }, 120_000);

  const experiment = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
    flag: 'button',
    treatments: ['green', 'blue'],
    metrics: [
      { name: 'failed', kind: 'error_rate' },
      { name: 'buyers', kind: 'conversion_rate', event: 'order', role: 'secondary' },
      { name: 'errors', kind: 'error_rate', role: 'guardrail', margin: '10pp' },
    ],
    followUsers: '3s',
    duration: '10m',
    ...QUICK_LOOKS,
    lease: '30s',
    ...change,
  });
  const read = async (): Promise<ExperimentAnswer> => (await operated.get(`${base}/experiments/button`)).json();

  /** Sends requests of new users all the time, until the experiment has ended; counts whom what was served. */
  async function serveUntilEnded(shares: Shares): Promise<{ ended: ExperimentAnswer; served: Map<string, number> }> {
    const served = new Map<string, number>();
    const watching = pollUntil(read, ({ outcome }) => outcome !== null, 150_000);
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    watching.then(over, over);
    for (let user = 0; !isOver; user += 1) {
      const context = { targetingKey: `user-${user}` };
      const request = provider.startRequest(context);
      const { value, flagMetadata } = await provider.resolveStringEvaluation('button', 'none', context);
      const holdout = flagMetadata?.['holdout'] === undefined ? '' : ' held out';
      served.set(`${value}${holdout}`, (served.get(`${value}${holdout}`) ?? 0) + 1);
      // Every draw is by the number of the user, so that a run is as another.
      const failed = ((user * 7919) % 1000) / 1000 < (shares[value] ?? 0);
      if (user % 3 === 0) provider.track('order', context);
      request.end({ error: failed });
      // Some hundred requests a second: more would only be queued before a small database.
      if (user % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { ended: await watching, served };
  }

  it('concludes with the treatments that fail less, and counts nobody whom a holdout has', async () => {
    const started = await operated.post(`${base}/experiments`, { experiment: experiment() });
    expect([started.statusCode, started.json<{ armWeight: number }>().armWeight]).toEqual([201, 33.333]);
    await pollUntil(read, ({ phase }) => phase === 'running');
    const { ended, served } = await serveUntilEnded({ plain: 0.3, green: 0.05, blue: 0.1 });

    expect(ended).toMatchObject({ outcome: 'concluded', conclusion: { kind: 'winner', winners: ['green', 'blue'] } });
    const all = await read();
    const [blue, green] = (all.analysis?.arms ?? []).toSorted((a, b) => a.variant.localeCompare(b.variant));
    const failed = effectOn('failed', green);
    expectWithinNoise(failed, { control: 0.3, treatment: 0.05 });
    expectWithinNoise(effectOn('failed', blue), { control: 0.3, treatment: 0.1 });
    expect(green?.effects.find(({ metric }) => metric === 'buyers')?.controlCount).toBeGreaterThan(0);
    // A fifth is held out and gets the control; the others are three equal arms.
    const arms = ['plain', 'green', 'blue'].map((variant) => served.get(variant) ?? 0);
    const total = arms.reduce((sum, count) => sum + count, 0);
    for (const count of arms) expect(Math.abs(count / total - 1 / 3)).toBeLessThan(noiseOfShare(1 / 3, total));
    expect(served.get('green held out')).toBeUndefined();
    const held = served.get('plain held out') ?? 0;
    expect(Math.abs(held / (total + held) - 0.2)).toBeLessThan(noiseOfShare(0.2, total + held));
    expect(failed?.controlCount).toBeLessThanOrEqual(arms[0] ?? 0);
    expect(all.lastLook?.standing.doubts).toEqual([]);
    const flag = (await operated.get(`${base}/flags/button`)).json<{ defaultVariant: string; rollout?: unknown }>();
    expect(flag.defaultVariant).toBe('plain');
    expect(flag.rollout).toBeUndefined();
    expect((await operated.get(`${base}/audit/verify`)).json()).toMatchObject({ problems: [] });
  }, 240_000);

  it('is stopped by its guardrails, and everybody gets the control again', async () => {
    const plan = experiment({ treatments: ['green'], endOnDecision: false });
    // The first one tidies up for a moment after its end, under the same workflow id.
    const start = () => operated.post(`${base}/experiments`, { experiment: plan });
    await pollUntil(start, ({ statusCode }) => statusCode === 201);
    await pollUntil(read, ({ phase }) => phase === 'running');
    const { ended } = await serveUntilEnded({ plain: 0.05, green: 0.6 });

    expect(ended).toMatchObject({ outcome: 'stopped', conclusion: { kind: 'harm' } });
    const served = async (): Promise<Set<string>> => {
      const values = Array.from({ length: 50 }, (_, user) =>
        provider.resolveStringEvaluation('button', 'none', { targetingKey: `late-${user}` }),
      );
      return new Set((await Promise.all(values)).map(({ value }) => value));
    };
    expect([...(await pollUntil(served, (values) => values.size === 1))]).toEqual(['plain']);
  }, 240_000);
});
