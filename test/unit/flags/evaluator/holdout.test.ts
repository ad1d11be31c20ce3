import type { EvaluationContext } from '@openfeature/core';
import fc from 'fast-check';
import { referenceBucket } from '../../../vectors/reference-hash';
import vectors from '../../../vectors/holdouts.json';
import evaluation from '../../../vectors/evaluation.json';
import type { FlagType } from '../../../../flags/document/flag';
import type { SdkHoldouts } from '../../../../flags/evaluator/holdout';
import type { SdkFlag, SdkSegment } from '../../../../flags/evaluator/resolution';
import { compileSnapshot } from '../../../../flags/evaluator/snapshot';
import { SnapshotState } from '../../../../sdk/src/snapshot-state';
import { tell } from '../../../support/tell';

const flags = vectors.flags as unknown as SdkFlag[];
const segments = vectors.segments as unknown as SdkSegment[];
const holdouts = vectors.holdouts as unknown as SdkHoldouts;
const source = { flags, segments, holdouts };
const body = { environment: 'test', etag: 'e', flags, segments, leases: {}, timeMs: 1 };

describe('holdout vectors', () => {
  it.each(vectors.cases)('$flag: $name', ({ flag, context, leases, expect: expected }) => {
    const snapshot = compileSnapshot(source);
    if (leases === 'live') for (const [id, lease] of snapshot.leases) snapshot.setLease(id, lease.ttlMs);
    const { errorMessage, ...details } = snapshot.evaluate(flag, 'string', 'code', context as EvaluationContext, 0);
    expect(details).toEqual(expected);
    expect(errorMessage === undefined).toBe(!('errorCode' in expected));
  });

  it.each(vectors.answers)('$name', ({ revisions, holds }) => {
    const state = new SnapshotState();
    for (const revision of revisions) {
      tell(state, { ...body, ...(revision !== null && { holdouts: { ...holdouts, revision } }) }, 'e');
    }
    expect(state.toStored()?.holdouts?.revision ?? null).toBe(holds);
  });
});

describe('holdouts', () => {
  it('hold the same keys out of every flag, in the share that they say', () => {
    const all: SdkHoldouts = { revision: 1, live: [{ key: 'h', weight: 5, salt: 'all', covers: { all: true } }] };
    const snapshot = compileSnapshot({ flags, segments, holdouts: all });
    for (const [id, lease] of snapshot.leases) snapshot.setLease(id, lease.ttlMs);
    let held = 0;
    const wrong: string[] = [];
    const keys = Array.from({ length: 20_000 }, (_, index) => `key-${index}`);
    for (const key of keys) {
      const isHeld = referenceBucket('all', key).bucket < 5000;
      held += Number(isHeld);
      for (const flag of ['rolling', 'tagged', 'uncovered', 'edge-in']) {
        const { details, served } = snapshot.resolve(flag, 'string', { targetingKey: key }, 0);
        // In neither arm: who is held out is no exposure of the rollout.
        const isRight = details.flagMetadata?.['holdout'] === (isHeld ? 'h' : undefined) && served?.drawn === !isHeld;
        if (!isRight) wrong.push(`${flag} for ${key}`);
      }
    }
    expect(wrong).toEqual([]);
    // 5 % of 20,000: 1,000, within five standard deviations of 31.
    expect(Math.abs(held - 1000)).toBeLessThan(155);
  });

  it('change nothing for flags that they do not cover', () => {
    const others = evaluation.flags as unknown as SdkFlag[];
    const snapshot = compileSnapshot({
      flags: others,
      segments: evaluation.segments as unknown as SdkSegment[],
      holdouts,
    });
    for (const { flag, type, defaultValue, context, leases, expect: expected } of evaluation.cases) {
      if (flag === 'rolling' || flag === 'rolling-rule' || flag === 'split') continue;
      for (const [id, lease] of snapshot.leases) {
        snapshot.setLease(id, leases === 'live' ? lease.ttlMs : Number.NEGATIVE_INFINITY);
      }
      const given = context as EvaluationContext;
      const { errorMessage: _, ...details } = snapshot.evaluate(flag, type as FlagType, defaultValue, given, 0);
      expect(details).toEqual(expected);
    }
  });

  it('compile again only the flags that other keys are now held out of', () => {
    const before = compileSnapshot(source);
    const [year, ...others] = holdouts.live;
    if (year === undefined) throw new Error('there is one');
    const same = compileSnapshot({ ...source, holdouts: { revision: 8, live: [year, ...others] } }, before);
    for (const [key, flag] of before.flags) expect(same.flags.get(key)).toBe(flag);
    const narrower = { ...year, covers: { flags: ['rolling'] } };
    const after = compileSnapshot({ ...source, holdouts: { revision: 9, live: [narrower, ...others] } }, same);
    expect(after.flags.get('rolling')).toBe(before.flags.get('rolling'));
    expect(after.flags.get('tagged')).toBe(before.flags.get('tagged'));
    expect(after.flags.get('split')).not.toBe(before.flags.get('split'));
    const ended = compileSnapshot({ ...source, holdouts: { revision: 10, live: [] } }, after);
    for (const [, flag] of ended.flags) expect(flag.holdouts).toEqual([]);
  });

  it('never let anybody in whom they held out before, when their weight grows', () => {
    const weight = fc.integer({ min: 1, max: 50_000 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(weight, weight, fc.string({ minLength: 1 }), (one, other, key) => {
        const at = (share: number): boolean => {
          const live = [{ key: 'h', weight: share, salt: 's', covers: { all: true as const } }];
          const snapshot = compileSnapshot({ flags, segments, holdouts: { revision: 1, live } });
          const { details } = snapshot.resolve('rolling', 'string', { targetingKey: key }, 0);
          return details.flagMetadata?.['holdout'] === 'h';
        };
        const [small, large] = [Math.min(one, other), Math.max(one, other)];
        expect(!at(small) || at(large)).toBe(true);
      }),
    );
  });

  it('are kept on disk, and name the flags that change as changed', () => {
    const state = new SnapshotState();
    tell(state, body, 'e');
    const changed = tell(state, { ...body, holdouts }, 'f');
    expect(changed).toContain('rolling');
    expect(changed).toContain('tagged');
    expect(changed).not.toContain('uncovered');
    const stored = state.toStored();
    if (stored === undefined) throw new Error('flags are known');
    const restarted = new SnapshotState();
    restarted.restore(stored);
    const holds = restarted.compiled?.holdouts.map(({ source: { key } }) => key);
    expect(holds).toEqual(holdouts.live.map(({ key }) => key));
  });

  it('cover a flag by the tags of a newer server, though an older one told its revision without them', () => {
    const state = new SnapshotState();
    const untold = flags.map(({ tags: _tags, owner: _owner, ...flag }) => flag);
    tell(state, { ...body, flags: untold, holdouts }, 'e');
    expect(state.compiled?.flags.get('tagged')?.holdouts).toHaveLength(0);
    expect(tell(state, { ...body, holdouts }, 'f')).toEqual(['both', 'owned', 'tagged']);
  });
});
