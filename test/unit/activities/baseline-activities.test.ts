import {
  createBaselineReader,
  refineBaselines,
  type BaselineDependencies,
} from '../../../activities/baseline-activities';
import { parsePlan } from '../../../flags/plan/parse-plan';
import { MemoryBaselinesRepository } from '../../../store/baselines-repository';
import type { CompactWindow } from '../../../metrics/compaction';

const HOUR = 3_600_000;
const ref = { rolloutId: 'r1', environment: 'production', flagKey: 'checkout' };

/** Windows of five minutes over some hours: control at `control`, candidate at `candidate` errors in 1000 requests; transition 2 in the last two hours. */
function windows(control: number, candidate: number, hours = 12): CompactWindow[] {
  return Array.from({ length: hours * 12 }, (_, i) => i).flatMap((i) =>
    (['off', 'on'] as const).map((variant) => ({
      windowStart: i * 300_000,
      windowMs: 300_000,
      transition: i >= (hours - 2) * 12 ? 2 : 1,
      variant,
      segment: '*',
      totals: { events: { request: { count: 1000, errors: variant === 'off' ? control : candidate } } },
    })),
  );
}

function given(
  outcome: 'completed' | 'rolled_back',
  kept: readonly CompactWindow[],
): BaselineDependencies & { baselines: MemoryBaselinesRepository } {
  const lowered = outcome === 'rolled_back' ? [{ transition: 3, action: 'rollout.roll_back' }] : [];
  return {
    baselines: new MemoryBaselinesRepository(),
    decisions: {
      byRollout: async () =>
        [{ transition: 1, action: 'rollout.start' }, { transition: 2, action: 'rollout.raise' }, ...lowered] as never,
    },
    rollouts: {
      get: async () =>
        ({
          outcome,
          plan: parsePlan('flag: checkout\ncandidate: "on"\n', { environment: 'production' }).plan,
        }) as never,
    },
    windows: {
      readCompacted: async () => ({
        _id: 'r1',
        flagId: 'production/checkout',
        control: 'off',
        candidate: 'on',
        compactedAt: 0,
        windows: kept,
      }),
    },
  };
}

describe('refining the baselines by an ended rollout', () => {
  it('learns both variants of a completed one, once', async () => {
    const world = given('completed', windows(10, 20));
    await refineBaselines(world, ref);
    await refineBaselines(world, ref);
    const [errors] = (await world.baselines.listFor('production', 'checkout')).filter(
      ({ metric }) => metric === 'errors',
    );
    expect(errors).toMatchObject({ segment: '*', learnedFrom: ['r1'], version: 1 });
    expect(errors?.profile.blocks).toBe(12);
    expect(errors?.profile.hours[3]).toEqual({ value: 0.015, count: 1 });
  });

  it('learns the control alone of one that was rolled back, without the period that led to it', async () => {
    const world = given('rolled_back', windows(10, 900));
    await refineBaselines(world, ref);
    const [errors] = (await world.baselines.listFor('production', 'checkout')).filter(
      ({ metric }) => metric === 'errors',
    );
    expect(errors?.profile.blocks).toBe(10);
    expect(errors?.profile.hours[3]).toEqual({ value: 0.01, count: 1 });
  });

  it('has nothing to learn where nothing was kept', async () => {
    const world = given('completed', []);
    await refineBaselines(world, ref);
    await refineBaselines({ ...world, windows: { readCompacted: async () => null } }, ref);
    expect(await world.baselines.listFor('production', 'checkout')).toEqual([]);
  });
});

describe('reading the baselines for looks', () => {
  it('asks the database once in five minutes', async () => {
    const world = given('completed', windows(10, 10));
    await refineBaselines(world, ref);
    let asked = 0;
    const read = createBaselineReader({ listFor: (...of) => ((asked += 1), world.baselines.listFor(...of)) });
    expect((await read(ref, HOUR))['errors']?.blocks).toBe(12);
    await read(ref, HOUR + 60_000);
    expect(asked).toBe(1);
    await read(ref, HOUR + 301_000);
    expect(asked).toBe(2);
  });
});
