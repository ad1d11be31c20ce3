import { MongoNetworkError } from 'mongodb';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';
import { replayHistory } from '../../support/replay-history';
import { newEnvironmentPath } from '../../support/operated-server';
import { pollUntil } from '../../support/poll-until';

const STEPS = [{ weight: 10, bakeMs: 600_000, approval: false }];

/** What finds no database. */
type Trouble = 'renewals' | 'looks' | 'projections';
/** Calls to one that is frozen, or behind a network that drops everything, hang; those to one that is gone fail. */
type Kind = 'hang' | 'fail';

describe('a rollout whose database is away', () => {
  let harness: RolloutHarness;
  let troubled: Trouble | null = null;
  let kind: Kind = 'hang';
  let release = (): void => undefined;

  /** Calls that have met the trouble. */
  let met = 0;
  const meet = (): Promise<never> =>
    new Promise((_, reject) => {
      met += 1;
      if (kind === 'fail') reject(new MongoNetworkError('connect ECONNREFUSED'));
      // Answered no sooner than the database is back.
      const earlier = release;
      release = () => {
        earlier();
        reject(new MongoNetworkError('the connection was closed'));
      };
    });

  beforeAll(async () => {
    harness = await RolloutHarness.open();
    const { leases, source, rollouts } = harness.dependencies;
    const hangs = <T extends object>(target: T, method: keyof T, what: Trouble): T =>
      new Proxy(target, {
        get(from, name) {
          const value: unknown = Reflect.get(from, name);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown =>
            name === method && troubled === what ? meet() : Reflect.apply(value, from, args);
        },
      });
    Object.assign(harness.dependencies, {
      leases: hangs(leases, 'renew', 'renewals'),
      source: hangs(source, 'fetchStrata', 'looks'),
      rollouts: hangs(rollouts, 'save', 'projections'),
    });
    await harness.work();
  });
  afterAll(() => harness.close());

  afterEach(() => {
    troubled = null;
    release();
  });

  it.each<[Trouble, Kind]>([
    ['renewals', 'hang'],
    ['looks', 'hang'],
    ['projections', 'hang'],
    ['renewals', 'fail'],
    ['looks', 'fail'],
    ['projections', 'fail'],
  ])(
    'goes on after %s that %s, and so does another worker that takes its history up',
    async (what, how) => {
      const environment = newEnvironmentPath().split('/').at(-1) ?? '';
      await harness.createFlag(environment);
      const rollout = await harness.start(givenQuickPlan({ environment, steps: STEPS }));
      await rollout.until(({ lastLook }) => lastLook !== null);
      met = 0;
      kind = how;
      troubled = what;
      // What is published after each change of state is one of the things that may hang.
      const paused = rollout.send('pause');
      const givenUp = async (): Promise<number> =>
        ((await rollout.handle.fetchHistory()).events ?? []).filter(
          ({ markerRecordedEventAttributes: marker }) => (marker?.failure ?? null) !== null,
        ).length;
      // What fails is tried again within a look, which is then skipped: some calls make sure that one was.
      if (kind === 'fail')
        await pollUntil(
          async () => met,
          (calls) => calls >= 8,
          40_000,
        );
      else await pollUntil(givenUp, (count) => count > 0, 40_000);
      troubled = null;
      release();
      const releasedAt = Date.now();
      await rollout.until(({ lastLook }) => Date.parse(lastLook?.at ?? '') > releasedAt);
      await paused;
      await expect(replayHistory(rollout.handle)).resolves.toBeUndefined();
      await rollout.send('abort');
    },
    120_000,
  );
});
