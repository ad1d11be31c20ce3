import { randomUUID } from 'node:crypto';
import { ErrorCode, HeadgateError } from '../../../core/errors';
import type { FlagsRepository } from '../../../store/flags-repository';
import { givenQuickPlan, RolloutHarness } from '../../support/rollout-harness';

const patient = [{ weight: 10, bakeMs: 60_000, approval: false }];

describe('nothing stands in the way of a lowering', () => {
  let harness: RolloutHarness;
  let environment: string;

  beforeEach(async () => {
    environment = `e${randomUUID().slice(0, 8)}`;
    harness = await RolloutHarness.open();
    await harness.createFlag(environment);
  });
  afterEach(() => harness.close());

  it('overtakes a raise in flight, whose late copy changes nothing, and records it as not applied', async () => {
    const real = harness.dependencies.flags;
    let raising: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => (raising = resolve));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = Object.create(real, {
      swap: {
        value: async (write: Parameters<FlagsRepository['swap']>[0]) => {
          if (write.draft.action === 'rollout.raise') {
            raising();
            await held;
          }
          return real.swap(write);
        },
      },
    }) as FlagsRepository;
    Object.assign(harness.dependencies, { flags: slow });
    await harness.work();
    const rollout = await harness.start(givenQuickPlan({ environment }));
    await reached;
    expect(await rollout.send('abort', { reason: 'now' })).toMatchObject({ accepted: true, transition: 3 });
    release();
    expect(await rollout.result()).toMatchObject({ outcome: 'aborted' });
    const story = await harness.dependencies.decisions.byRollout(rollout.input.rolloutId);
    expect(story.map(({ action, transition }) => `${transition} ${action}`)).toEqual([
      '1 rollout.start',
      '3 rollout.abort',
    ]);
    expect(story.at(-1)?.notApplied).toEqual([{ transition: 2, action: 'rollout.raise', weight: 50 }]);
    expect((await rollout.flag()).rollout).toBeUndefined();
    expect(await rollout.chainProblems()).toEqual([]);
  });

  it('ends as completed when the completion it meant to overtake had landed', async () => {
    const real = harness.dependencies.flags;
    let landed: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => (landed = resolve));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = Object.create(real, {
      swap: {
        value: async (write: Parameters<FlagsRepository['swap']>[0]) => {
          const written = await real.swap(write);
          if (write.draft.action === 'rollout.complete') {
            landed();
            await held;
          }
          return written;
        },
      },
    }) as FlagsRepository;
    Object.assign(harness.dependencies, { flags: slow });
    await harness.work();
    const rollout = await harness.start(givenQuickPlan({ environment }));
    await reached;
    expect(await rollout.send('abort')).toMatchObject({ accepted: false, state: 'completed' });
    release();
    expect(await rollout.result()).toMatchObject({ outcome: 'completed' });
    expect(await rollout.flag()).toMatchObject({ defaultVariant: 'on' });
    expect(await rollout.chainProblems()).toEqual([]);
  });

  it('works with the metrics source down and every receiver of notifications gone', async () => {
    const down = new HeadgateError(ErrorCode.SourceUnavailable, 'the source is down', { retryable: true });
    Object.assign(harness.dependencies, {
      source: { fetchStrata: () => Promise.reject(down) },
      webhooks: [{ url: 'http://127.0.0.1:9/hook', secret: 'a secret of sixteen or more' }],
    });
    await harness.work();
    const rollout = await harness.start(givenQuickPlan({ environment, steps: patient }));
    const held = await rollout.until(({ lastLook }) => lastLook !== null);
    expect(held.lastLook).toMatchObject({ verdict: 'hold', dataQuality: 'source_down' });
    await rollout.send('pause', { reason: 'notified in vain' });
    const sentAt = Date.now();
    await rollout.send('abort');
    expect(Date.now() - sentAt).toBeLessThan(20_000);
    expect((await rollout.flag()).rollout).toBeUndefined();
  });

  it('lands although the flag is edited all the time, and keeps every edit', async () => {
    await harness.work();
    const rollout = await harness.start(givenQuickPlan({ environment, steps: patient }));
    await rollout.until(({ phase }) => phase === 'progressing');
    let editing = true;
    let edits = 0;
    const editor = (async () => {
      while (editing) {
        const before = await rollout.flag();
        const { revision: _r, lastChange: _l, schemaVersion: _s, ...body } = before;
        const written = await harness.dependencies.flags.swap({
          before,
          after: { ...body, tags: [...body.tags, `edit-${edits}`].slice(-20) },
          draft: { actor: { kind: 'token', name: 'bob', verified: true }, action: 'flag.edit', reason: 'busy' },
        });
        if (written !== null) edits += 1;
      }
    })();
    await rollout.send('abort');
    editing = false;
    await editor;
    const flag = await rollout.flag();
    expect(flag.rollout).toBeUndefined();
    expect(edits).toBeGreaterThan(0);
    expect(flag.tags.at(-1)).toBe(`edit-${edits - 1}`);
    expect(await rollout.chainProblems()).toEqual([]);
  });

  it('leaves the same key in another environment alone', async () => {
    const other = `e${randomUUID().slice(0, 8)}`;
    await harness.createFlag(other);
    await harness.work();
    const [here, there] = await Promise.all(
      [environment, other].map((each) => harness.start(givenQuickPlan({ environment: each, steps: patient }))),
    );
    await here?.until(({ phase }) => phase === 'progressing');
    await there?.until(({ phase }) => phase === 'progressing');
    await here?.send('abort');
    expect((await here?.flag())?.rollout).toBeUndefined();
    expect((await there?.flag())?.rollout).toMatchObject({ weight: 10, id: there?.input.rolloutId });
    await there?.send('abort');
  });
});
