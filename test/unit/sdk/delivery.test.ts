import fc from 'fast-check';
import type { MetricEvent } from '../../../metrics/events';
import { backoffMs } from '../../../sdk/src/backoff';
import { DatabaseClock } from '../../../sdk/src/database-clock';
import { EventQueue } from '../../../sdk/src/event-queue';
import { resolveOptions } from '../../../sdk/src/options';
import { retryAfterMs } from '../../../sdk/src/wire';

const stamp = { flag: 'f', rollout: 'r', variant: 'on', transition: 1, cell: 0 };
const exposure = (at: number): MetricEvent => ({ kind: 'exposure', ...stamp, at });
const outcome = (value: number): MetricEvent => ({ kind: 'outcome', name: 'n', ...stamp, exposedAt: 1, value });

describe('the event queue', () => {
  it('keeps order, its bound, and every exposure as long as there is an outcome to drop', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 50 }), fc.integer({ min: 1, max: 10 }), (kinds, bound) => {
        const queue = new EventQueue(bound);
        kinds.forEach((isExposure, at) => queue.push(isExposure ? exposure(at + 1) : outcome(at)));
        expect(queue.length).toBe(Math.min(bound, kinds.length));
        expect(queue.dropped).toBe(kinds.length - queue.length);
        const events = queue.take(100);
        const kept = events.filter(({ kind }) => kind === 'exposure').length;
        const given = kinds.filter(Boolean).length;
        // One exposure may be dropped for each one that arrives when there is no outcome left.
        expect(kept === Math.min(given, bound) || kept >= bound - 1).toBe(true);
        expect(queue.length).toBe(0);
      }),
    );
  });

  it('stays in order over many thousands', () => {
    const queue = new EventQueue(100_000);
    const taken: number[] = [];
    for (let at = 0; at < 20_000; at += 1) {
      queue.push(outcome(at));
      if (at % 3 === 0)
        taken.push(...queue.take(2).map((event) => (event.kind === 'outcome' ? (event.value ?? -1) : -1)));
    }
    taken.push(...queue.take(100_000).map((event) => (event.kind === 'outcome' ? (event.value ?? -1) : -1)));
    expect(taken).toEqual(Array.from({ length: 20_000 }, (_, at) => at));
  });
});

describe('pauses', () => {
  it('double up to their bound, with the upper half by chance, and honour what the server asked', () => {
    const bounds = { firstMs: 100, longestMs: 1000 };
    expect([1, 2, 3, 4, 5, 99].map((failures) => backoffMs(failures, { ...bounds, random: 0 }))).toEqual([
      50, 100, 200, 400, 500, 500,
    ]);
    expect(backoffMs(1, { ...bounds, random: 1 })).toBe(100);
    expect(backoffMs(1, { ...bounds, random: 0, askedMs: 3000 })).toBe(3000);
    expect(backoffMs(1, { ...bounds, random: 0, askedMs: 3_600_000 })).toBe(60_000);
  });

  it.each([
    ['2', 2000],
    ['Thu, 01 Jan 1970 00:00:05 GMT', 4000],
    ['soon', undefined],
    ['', undefined],
  ])('read Retry-After %j as %p', (text, ms) => {
    expect(retryAfterMs(text, 1000)).toBe(ms);
  });
});

describe('the database clock', () => {
  const machine = { now: () => 5_000, monotonicMs: () => 100 };

  it('is the machine until its first reading, and then the best reading so far', () => {
    const clock = new DatabaseClock(machine);
    expect(clock.now()).toBe(5000);
    clock.read({ sentAtMonotonicMs: 0, receivedAtMonotonicMs: 100, databaseMs: 1_000_000 });
    expect(clock.now()).toBe(1_000_050);
    clock.read({ sentAtMonotonicMs: 90, receivedAtMonotonicMs: 100, databaseMs: 2_000_000 });
    expect(clock.now()).toBe(2_000_005);
    clock.read({ sentAtMonotonicMs: 0, receivedAtMonotonicMs: 100, databaseMs: 3_000_000 });
    expect(clock.now()).toBe(2_000_005);
    clock.read({ sentAtMonotonicMs: 90, receivedAtMonotonicMs: 100, databaseMs: undefined });
    expect(clock.now()).toBe(2_000_005);
  });

  it('takes a worse reading when the best one is old', () => {
    const clock = new DatabaseClock({ ...machine, monotonicMs: () => 61_000 });
    clock.read({ sentAtMonotonicMs: 0, receivedAtMonotonicMs: 10, databaseMs: 1_000_000 });
    clock.read({ sentAtMonotonicMs: 60_500, receivedAtMonotonicMs: 61_000, databaseMs: 9_000_000 });
    expect(clock.now()).toBe(9_000_250);
  });
});

describe('options', () => {
  it('keep intervals within their bounds and the address without its last slash', () => {
    const options = resolveOptions({ url: 'http://localhost:1/', token: 't', pollIntervalMs: 1, flushIntervalMs: 1 });
    expect(options).toMatchObject({ url: 'http://localhost:1', pollIntervalMs: 250, flushIntervalMs: 50 });
  });

  it.each([
    { url: 'headgate', token: 't' },
    { url: 'ftp://host', token: 't' },
    { url: 'http://host', token: '' },
  ])('refuse %j', (options) => {
    expect(() => resolveOptions(options)).toThrow(TypeError);
  });
});
