import fc from 'fast-check';
import type { Served } from '../../../flags/evaluator/resolution';
import { JUDGE_AFTER_MS, LATE_AFTER_MS, windowStartAt } from '../../../metrics/windows';
import { decodeExposures, encodeExposures } from '../../../sdk/src/exposure-token';
import { ExposureMap, type Exposure } from '../../../sdk/src/exposures';
import { REPORT_OPEN_AFTER_MS } from '../../../sdk/src/open-requests';

const served = (overrides: Partial<Served> = {}): Served => ({
  flag: 'f',
  rollout: 'r',
  transition: 1,
  variant: 'on',
  windowMs: 10_000,
  drawn: true,
  ...overrides,
});
const given = (maxEntries = 100) => new ExposureMap({ maxEntries, maxAgeMs: 1_800_000 });
const T = 1_700_000_000_000;

describe('the exposure map', () => {
  it('asks for a new exposure in each window, transition and variant only', () => {
    const map = given();
    expect(map.touch('u', served(), T)).toBeUndefined();
    const first = map.add('u', served(), T, []);
    expect(map.touch('u', served(), T + 9999)).toBe(first);
    expect(first.exposedAt).toBe(T + 9999);
    expect(map.touch('u', served(), T + 10_000)).toBeUndefined();
    expect(map.touch('u', served({ transition: 2 }), T)).toBeUndefined();
    expect(map.touch('u', served({ variant: 'off' }), T)).toBeUndefined();
    expect(map.touch('u', served({ rollout: 'other' }), T)).toBeUndefined();
    expect(map.touch('v', served(), T)).toBeUndefined();
  });

  it('aligns windows as ingestion does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 42 }), fc.integer({ min: 1000, max: 300_000 }), (at, windowMs) => {
        const { windowStartAt: start, windowEndAt: end } = given().add('u', served({ windowMs }), at, []);
        return start === windowStartAt(at, windowMs) && end - start === windowMs;
      }),
    );
  });

  it('marks a user who met two variants under one transition, and stays with it until the next', () => {
    const map = given();
    expect(map.add('u', served(), T, []).mixed).toBe(false);
    expect(map.add('u', served({ variant: 'off' }), T, []).mixed).toBe(true);
    expect(map.add('u', served({ variant: 'off' }), T + 10_000, []).mixed).toBe(true);
    expect(map.add('u', served({ variant: 'on', transition: 2 }), T + 10_000, []).mixed).toBe(false);
  });

  it('does not move an exposure back when the clock does', () => {
    const map = given();
    map.add('u', served(), T + 5, []);
    expect(map.touch('u', served(), T - 60_000)?.exposedAt).toBe(T + 5);
  });

  it('never holds more than its bound, and counts exactly', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      rollout: fc.constantFrom('r', 's'),
      at: fc.integer({ min: 0, max: 3_000_000 }),
      what: fc.constantFrom('add', 'end', 'expire', 'retain'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = given(4);
        for (const { key, rollout, at, what } of steps) {
          if (what === 'add') map.add(key, served({ rollout }), T + at, []);
          else if (what === 'end') map.end(key, rollout);
          else if (what === 'expire') map.expire(T + at);
          else map.retain((exposure) => exposure.rollout === rollout);
          const held = ['a', 'b', 'c', 'd', 'e'].flatMap((user) => map.of(user, 0));
          expect(map.size).toBe(held.length);
          expect(map.size).toBeLessThanOrEqual(4);
        }
      }),
    );
  });
});

it('reports open requests after all else had its chance and before their window closes', () => {
  expect(REPORT_OPEN_AFTER_MS).toBeLessThan(LATE_AFTER_MS);
  expect(LATE_AFTER_MS).toBeLessThan(JUDGE_AFTER_MS);
});

describe('exposure tokens', () => {
  it('carry what was served, and nothing that marks an outcome as first', () => {
    const map = given();
    const exposure: Exposure = map.add('user-1', served(), T, ['staff']);
    const { flag, rollout, variant, transition, cell, segments, exposedAt } = exposure;
    const carried = { flag, rollout, variant, transition, cell, segments, exposedAt };
    expect(decodeExposures(encodeExposures([exposure]))).toEqual([
      expect.objectContaining({ ...carried, hadOutcome: true }),
    ]);
  });

  it('are refused or read, but never throw, whatever they hold', () => {
    const json = fc.json().map((text) => Buffer.from(text).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), json), (token) => {
        const read = decodeExposures(token);
        expect(read === undefined || Array.isArray(read)).toBe(true);
      }),
    );
  });
});
