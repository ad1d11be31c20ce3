import type { EvaluationContext } from '@openfeature/core';
import fc from 'fast-check';
import type { FlagType } from '../../../../flags/document/flag';
import type { SdkFlag, SdkSegment } from '../../../../flags/evaluator/resolution';
import { compileSnapshot } from '../../../../flags/evaluator/snapshot';
import { SnapshotState } from '../../../../sdk/src/snapshot-state';
import { tell } from '../../../support/tell';
import evaluation from '../../../vectors/evaluation.json';
import vectors from '../../../vectors/kill-switch.json';

const flags = evaluation.flags as unknown as SdkFlag[];
const segments = evaluation.segments as unknown as SdkSegment[];
const before = compileSnapshot({ flags, segments });
const killed = compileSnapshot({ flags, segments, killSwitch: { on: true, revision: 1 } }, before);
for (const [id, lease] of killed.leases) killed.setLease(id, lease.ttlMs);

describe('kill switch vectors', () => {
  it.each(vectors.cases)('$flag: $name', ({ flag, type, defaultValue, context, expect: expected }) => {
    const given = context as EvaluationContext;
    const { errorMessage, ...details } = killed.evaluate(flag, type as FlagType, defaultValue, given, 0);
    expect(details).toEqual(expected);
    expect(errorMessage === undefined).toBe(!('errorCode' in expected));
  });

  it.each(vectors.switches)('$name', ({ answers, killed: expected }) => {
    const state = new SnapshotState();
    for (const killSwitch of answers) {
      const content = { flags, segments, ...(killSwitch !== null && { killSwitch }) };
      tell(state, { environment: 'test', etag: 'e', leases: {}, timeMs: 1, ...content }, 'e');
    }
    expect(state.compiled?.isKilled).toBe(expected);
  });
});

describe('the kill switch', () => {
  it('compiles nothing when it is turned, and every flag is as before once it is off', () => {
    const released = compileSnapshot({ flags, segments, killSwitch: { on: false, revision: 2 } }, killed);
    for (const [key, flag] of before.flags) {
      expect(killed.flags.get(key)).toBe(flag);
      expect(released.flags.get(key)).toBe(flag);
    }
    for (const { flag, type, defaultValue, context, leases, expect: expected } of evaluation.cases) {
      if (leases !== 'live') continue;
      const { errorMessage: _, ...details } = released.evaluate(
        flag,
        type as FlagType,
        defaultValue,
        context as EvaluationContext,
        0,
      );
      expect(details).toEqual(expected);
    }
  });

  it('lets no key and no attribute through, and draws nobody', () => {
    const context = fc.record({ targetingKey: fc.string(), country: fc.constantFrom('DE', 'US'), role: fc.string() });
    fc.assert(
      fc.property(context, fc.constantFrom(...before.flags.keys()), (given, key) => {
        const flag = before.flags.get(key);
        if (flag === undefined) throw new Error('the flag is there');
        const { details, served } = killed.resolve(key, flag.type, given, 0);
        expect(details.reason).toBe('DISABLED');
        expect(details.variant).toBe(flag.source.offVariant);
        expect(served?.drawn ?? false).toBe(false);
        expect(killed.resolve(key, flag.type, given, 0).details).toBe(details);
      }),
    );
  });

  it('is kept on disk, and a file from before there was one still loads', () => {
    const state = new SnapshotState();
    const killSwitch = { on: true, revision: 3 };
    tell(state, { environment: 'test', etag: 'e', flags, segments, killSwitch, leases: {}, timeMs: 1 }, 'e');
    const stored = state.toStored();
    if (stored === undefined) throw new Error('flags are known');
    const restarted = new SnapshotState();
    restarted.restore(stored);
    expect(restarted.compiled?.isKilled).toBe(true);
    const { killSwitch: _, ...old } = stored;
    const older = new SnapshotState();
    older.restore(old);
    expect(older.compiled?.isKilled).toBe(false);
  });

  it('names every flag as changed when it is turned, and no flag when it stands', () => {
    const state = new SnapshotState();
    const body = { environment: 'test', etag: 'e', flags, segments, leases: {}, timeMs: 1 };
    tell(state, body, 'e');
    const all = [...before.flags.keys()].sort();
    expect(tell(state, { ...body, killSwitch: { on: true, revision: 1 } }, 'f')).toEqual(all);
    expect(tell(state, { ...body, killSwitch: { on: true, revision: 1 } }, 'f')).toEqual([]);
    expect(tell(state, { ...body, killSwitch: { on: false, revision: 2 } }, 'g')).toEqual(all);
  });
});
