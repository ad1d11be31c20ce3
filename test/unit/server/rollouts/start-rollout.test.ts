import type { FeatureSet } from '../../../../store/features-repository';
import type { RolloutProjection } from '../../../../store/rollouts-repository';
import { rolloutIdentity } from '../../../../server/rollouts/rollout-identity';
import { startRollout, type StartOptions } from '../../../../server/rollouts/start-rollout';
import type { FoundRollout, RolloutWorkflows } from '../../../../server/temporal/rollout-workflows';
import type { MessageArguments, RolloutInput } from '../../../../workflows/rollout/messages';
import { givenPlan } from '../../../support/flag-builders';

/** Temporal as far as a start sees it: one live rollout for each flag. */
class Workflows implements RolloutWorkflows {
  live: FoundRollout | null = null;
  readonly started: RolloutInput[] = [];
  readonly sent: [string, MessageArguments][] = [];
  /** Runs between the look and the start, as another server might. */
  beforeStart: () => void = () => undefined;

  async find(): Promise<FoundRollout | null> {
    return this.live;
  }
  async start(input: RolloutInput): Promise<'started' | 'exists'> {
    this.beforeStart();
    this.beforeStart = () => undefined;
    if (this.live?.running === true) return 'exists';
    this.live = { rolloutId: input.rolloutId, identity: input.identity, runId: 'run', running: true };
    this.started.push(input);
    return 'started';
  }
  async send(...[, name, args]: Parameters<RolloutWorkflows['send']>): ReturnType<RolloutWorkflows['send']> {
    this.sent.push([name, args]);
    if (this.live !== null) this.live = { ...this.live, running: false };
    return { kind: 'answered', result: { accepted: true, text: 'superseded', state: 'superseded', weight: 0 } };
  }
  async status(): Promise<null> {
    return null;
  }
  async isReachable(): Promise<boolean> {
    return true;
  }
  async close(): Promise<void> {
    return undefined;
  }
}

const plan = givenPlan();
const identity = rolloutIdentity(plan);
const caller = { tokenId: 't', name: 'alice', role: 'operator' as const, environment: null };
const options = (change: Partial<StartOptions> = {}): StartOptions => ({
  again: false,
  replace: false,
  check: () => ['a note'],
  ...change,
});
const finished = { _id: 'old', outcome: 'completed' } as RolloutProjection;

describe('startRollout', () => {
  let workflows: Workflows;
  let ended: RolloutProjection[];
  const saved: unknown[] = [];
  const kept: FeatureSet[] = [];
  beforeEach(() => {
    workflows = new Workflows();
    ended = [];
    saved.length = 0;
    kept.length = 0;
  });
  const start = (change: Partial<StartOptions> = {}) =>
    startRollout(
      {
        workflows,
        signingKey: 'a key that only the tests know, and long',
        nowMs: () => 1_700_000_000_000,
        features: { add: async (set) => kept.push(set) > 0 },
        rollouts: {
          byIdentity: async (wanted) => (wanted === identity ? ended : []),
          save: async (projection) => saved.push(projection) > 0,
        },
      },
      plan,
      options(change),
      caller,
    );

  it('starts with a salt of its own, the starter’s name and a first projection below the workflow’s versions', async () => {
    const result = await start();
    workflows.live = null;
    await start();

    expect(result).toMatchObject({ outcome: 'started', notes: ['a note'] });
    const [first, second] = workflows.started;
    expect(first?.salt).not.toBe(second?.salt);
    expect(first).toMatchObject({ identity, startedBy: { name: 'alice', role: 'operator', verified: true } });
    expect(saved[0]).toMatchObject({ _id: result.rolloutId, version: 1_700_000_000_000, outcome: null });
  });

  it('attaches when another server starts the same between look and start', async () => {
    workflows.beforeStart = () => {
      workflows.live = { rolloutId: 'theirs', identity, runId: 'run', running: true };
    };

    await expect(start()).resolves.toMatchObject({ outcome: 'attached', rolloutId: 'theirs' });
  });

  it('answers the same finished one, and starts anew with `again` alone', async () => {
    ended = [finished];

    await expect(start()).resolves.toMatchObject({ outcome: 'finished', rolloutId: 'old' });
    expect(workflows.started).toHaveLength(0);
    await expect(start({ again: true })).resolves.toMatchObject({ outcome: 'started' });
  });

  it('starts anew when the projection says live and Temporal knows better', async () => {
    ended = [{ ...finished, outcome: null }];

    await expect(start()).resolves.toMatchObject({ outcome: 'started' });
  });

  it('refuses another live plan, and supersedes it with `replace`', async () => {
    workflows.live = { rolloutId: 'theirs', identity: 'another', runId: 'run', running: true };
    await expect(start()).rejects.toMatchObject({ code: 'ROLLOUT_LIVE', details: { rolloutId: 'theirs' } });
    const result = await start({ replace: true });

    expect(workflows.sent).toMatchObject([['supersede', { by: result.rolloutId }]]);
    expect(result.outcome).toBe('started');
  });

  it('takes no experiment for a rollout, and never replaces one', async () => {
    const identity = rolloutIdentity(plan);
    workflows.live = { rolloutId: 'theirs', identity, runId: 'run', running: true, isExperiment: true };
    for (const replace of [false, true]) {
      await expect(start({ replace })).rejects.toMatchObject({
        code: 'EXPERIMENT_LIVE',
        details: { experimentId: 'theirs' },
      });
    }
    expect(workflows.sent).toEqual([]);
  });

  it('supersedes nothing for a plan that cannot start', async () => {
    workflows.live = { rolloutId: 'theirs', identity: 'another', runId: 'run', running: true };
    const check = (): never => {
      throw new Error('the plan does not fit');
    };
    await expect(start({ replace: true, check })).rejects.toThrow('does not fit');

    expect(workflows.sent).toHaveLength(0);
  });

  it('keeps what is known of the change before it starts, under the id it starts with', async () => {
    const features = { catalogueVersion: 1, values: { 'change.la': 12, 'change.exp': null } };
    const { rolloutId } = await start({ features });
    const at = new Date(1_700_000_000_000);
    const entity = { kind: 'rollout', id: rolloutId };
    expect(kept).toEqual([{ environment: plan.environment, entity, ...features, at, recordedAt: at }]);
  });

  it('is not stopped by a projection that cannot be saved', async () => {
    const failing = { byIdentity: async () => [], save: () => Promise.reject(new Error('database away')) };
    const result = await startRollout(
      {
        workflows,
        signingKey: 'k'.repeat(32),
        nowMs: () => 1,
        rollouts: failing,
        features: { add: () => Promise.reject(new Error('database away')) },
      },
      plan,
      options(),
      caller,
    );

    expect(result.outcome).toBe('started');
  });
});
