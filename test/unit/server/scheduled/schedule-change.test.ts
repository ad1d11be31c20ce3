import type { Caller } from '../../../../server/http/authenticate';
import {
  LONGEST_AHEAD_MS,
  scheduleChange,
  unscheduleChange,
  type ScheduleDependencies,
} from '../../../../server/scheduled/schedule-change';
import { ErrorCode, HeadgateError } from '../../../../core/errors';
import type { ScheduledChange } from '../../../../store/scheduled-changes-repository';
import { givenFlag } from '../../../support/flag-builders';

const NOW_MS = Date.parse('2030-01-01T00:00:00Z');
const caller: Caller = { tokenId: 't', name: 'ada', role: 'operator', environment: null };

/** What is kept and what Temporal was asked for, in memory. */
function given(world: { readonly open?: number; temporalIsAway?: boolean } = {}) {
  const kept = new Map<string, ScheduledChange>();
  const timers: string[] = [];
  const scheduledChanges = {
    insert: async (change: ScheduledChange) => void kept.set(change._id, change),
    get: async (id: string) => kept.get(id) ?? null,
    countOpen: async () => world.open ?? 0,
    markTimed: async (id: string) => {
      const change = kept.get(id);
      if (change !== undefined) kept.set(id, { ...change, isTimed: true });
    },
    remove: async (id: string) => kept.delete(id),
    end: async (id: string, from: string, status: 'cancelled', outcome: ScheduledChange['outcome']) => {
      const change = kept.get(id);
      if (change?.status === from) kept.set(id, { ...change, status, outcome });
      return kept.get(id) ?? null;
    },
  };
  const unavailable = new HeadgateError(ErrorCode.TemporalUnavailable, 'Temporal did not answer', { retryable: true });
  const dependencies = {
    flags: { get: async () => givenFlag() },
    scheduledChanges,
    timers: {
      start: async ({ id }: { id: string }) => {
        if (world.temporalIsAway === true) throw unavailable;
        timers.push(id);
      },
      cancel: async () => {
        if (world.temporalIsAway === true) throw unavailable;
      },
    },
    nowMs: () => NOW_MS,
  } as unknown as ScheduleDependencies;
  const schedule = (atMs: number) =>
    scheduleChange(
      dependencies,
      {
        environment: 'production',
        flagKey: 'checkout',
        change: { kind: 'switch', enabled: false },
        atMs,
        expiresAfterMs: 60_000,
        reason: 'a test',
      },
      caller,
    );
  const unschedule = (id: string, environment = 'production') =>
    unscheduleChange(dependencies, { environment, id, reason: 'postponed' }, caller);
  return { kept, timers, schedule, unschedule };
}

describe('scheduling a change', () => {
  it.each([
    ['now', NOW_MS, 'has passed'],
    ['the past', NOW_MS - 1, 'has passed'],
    ['a millisecond beyond the longest', NOW_MS + LONGEST_AHEAD_MS + 1, 'the longest is 366d'],
  ])('refuses %s, and keeps nothing', async (_what, atMs, why) => {
    const { schedule, kept } = given();
    await expect(schedule(atMs)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(why) as string,
    });
    expect(kept.size).toBe(0);
  });

  it('takes the next millisecond and the very last one', async () => {
    const { schedule, kept, timers } = given();
    await schedule(NOW_MS + 1);
    const last = await schedule(NOW_MS + LONGEST_AHEAD_MS);
    expect([...kept.values()]).toMatchObject([{ isTimed: true }, { isTimed: true }]);
    expect(timers).toHaveLength(2);
    expect(last).toMatchObject({ status: 'scheduled', askedBy: { tokenId: 't' }, dueAt: '2031-01-02T00:00:00.000Z' });
  });

  it('refuses the twenty-first of a flag', async () => {
    await expect(given({ open: 19 }).schedule(NOW_MS + 1)).resolves.toMatchObject({ status: 'scheduled' });
    await expect(given({ open: 20 }).schedule(NOW_MS + 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('keeps nothing when Temporal is away', async () => {
    const { schedule, kept } = given({ temporalIsAway: true });
    await expect(schedule(NOW_MS + 1)).rejects.toMatchObject({ code: 'TEMPORAL_UNAVAILABLE' });
    expect(kept.size).toBe(0);
  });
});

describe('taking a scheduled change back', () => {
  it('works once, and then says how it stands', async () => {
    const { schedule, unschedule } = given();
    const { _id } = await schedule(NOW_MS + 1);
    await expect(unschedule(_id)).resolves.toMatchObject({ status: 'cancelled', outcome: { by: 'ada' } });
    await expect(unschedule(_id, 'staging')).rejects.toMatchObject({ code: 'SCHEDULED_CHANGE_NOT_FOUND' });
  });

  it('is refused while it is being made', async () => {
    const { schedule, unschedule, kept } = given();
    const change = await schedule(NOW_MS + 1);
    kept.set(change._id, { ...change, status: 'making' });
    await expect(unschedule(change._id)).rejects.toMatchObject({
      code: 'SCHEDULED_CHANGE_ENDED',
      message: expect.stringContaining('it is being made now') as string,
    });
  });

  it('needs no Temporal', async () => {
    const away = { temporalIsAway: false };
    const { schedule, unschedule } = given(away);
    const { _id } = await schedule(NOW_MS + 1);
    away.temporalIsAway = true;
    await expect(unschedule(_id)).resolves.toMatchObject({ status: 'cancelled' });
  });
});
