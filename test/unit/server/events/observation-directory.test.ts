import { ObservationDirectory } from '../../../../server/events/observation-directory';
import type { ObservedRollout, Snapshot } from '../../../../server/snapshot/snapshot-cache';

const observe = { windowMs: 10_000, segments: [], thresholds: {} };

describe('ObservationDirectory', () => {
  let nowMs: number;
  let observed: Map<string, ObservedRollout>;
  let stored: Map<string, ObservedRollout>;
  let invalidations: number;
  let directory: ObservationDirectory;
  beforeEach(() => {
    nowMs = 0;
    invalidations = 0;
    observed = new Map();
    stored = new Map();
    directory = new ObservationDirectory(
      {
        get: async () => ({ observed }) as unknown as Snapshot,
        invalidate: () => {
          invalidations += 1;
          observed = new Map(stored);
        },
      },
      { now: () => nowMs, monotonicMs: () => nowMs },
    );
  });

  it('hands out the same object while the rollout lives, whatever transition it is in', async () => {
    observed.set('r', { flagKey: 'f', observe });
    const first = await directory.resolve('production', 'f', 'r');
    observed = new Map([['r', { flagKey: 'f', observe: { ...observe } }]]);

    expect(await directory.resolve('production', 'f', 'r')).toBe(first);
  });

  it('looks once more for a rollout it does not know, and then not again for a second', async () => {
    expect(await directory.resolve('production', 'f', 'r')).toBeNull();
    expect(await directory.resolve('production', 'f', 'r')).toBeNull();
    expect(invalidations).toBe(1);
    stored.set('r', { flagKey: 'f', observe });
    nowMs += 1_000;

    expect(await directory.resolve('production', 'f', 'r')).toBe(observe);
    expect(invalidations).toBe(2);
  });

  it('knows a rollout under its own flag alone, and not after its end', async () => {
    observed.set('r', { flagKey: 'f', observe });
    expect(await directory.resolve('production', 'other', 'r')).toBeNull();
    stored.set('r', { flagKey: 'f', observe });
    expect(await directory.resolve('production', 'f', 'r')).toBeNull();
    nowMs += 1_000;
    expect(await directory.resolve('production', 'f', 'r')).toBe(observe);
    observed.delete('r');
    stored.delete('r');

    expect(await directory.resolve('production', 'f', 'r')).toBeNull();
  });
});
