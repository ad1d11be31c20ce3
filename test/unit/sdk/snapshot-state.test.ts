import fc from 'fast-check';
import { rolloutBlock, sdkFlag } from '../../support/sdk-flags';
import type { SdkFlag, SdkSegment } from '../../../flags/evaluator/resolution';
import { SnapshotState } from '../../../sdk/src/snapshot-state';

const body = (
  flags: SdkFlag[],
  segments: SdkSegment[] = [],
  leases: Record<string, number> = {},
  environment = 'test',
) => ({
  environment,
  etag: 'e',
  flags,
  segments,
  leases,
  timeMs: 1,
});
const segment = (key: string, revision: number, value: unknown = true): SdkSegment => ({
  key,
  revision,
  if: { attribute: 'a', operator: 'equals', value: value as boolean },
});
const inSegment = (key: string): SdkFlag['rules'] => [{ name: 'r', if: { segment: key }, serve: { variant: 'on' } }];
const value = (state: SnapshotState, key: string, context = {}) =>
  state.compiled?.evaluate(key, 'boolean', null, context, 0).value;

describe('flags as last known', () => {
  it('never go back, whatever lagging servers answer in whatever order', () => {
    const flag = fc.record({
      key: fc.constantFrom('a', 'b'),
      revision: fc.integer({ min: 1, max: 9 }),
      deleted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.array(flag, { maxLength: 2 }), { maxLength: 12 }), (answers) => {
        const state = new SnapshotState();
        const highest = new Map<string, number>();
        for (const answer of answers) {
          state.apply(body(answer.map(({ key, ...rest }) => sdkFlag(key, rest))), 'e', 0);
          for (const { key, revision } of answer) highest.set(key, Math.max(revision, highest.get(key) ?? 0));
          const held = new Map(state.toStored()?.flags.map(({ key, revision }) => [key, revision]));
          expect(held).toEqual(highest);
        }
      }),
    );
  });

  it('name what changed, through segments too', () => {
    const state = new SnapshotState();
    const flags = [sdkFlag('plain'), sdkFlag('bound', { rules: inSegment('s') })];
    expect(state.apply(body(flags, [segment('s', 1)]), 'e', 0)).toEqual(['bound', 'plain']);
    expect(state.apply(body(flags, [segment('s', 1)]), 'e', 0)).toEqual([]);
    expect(state.apply(body(flags, [segment('s', 2, false)]), 'e', 0)).toEqual(['bound']);
    expect(value(state, 'bound', { a: false })).toBe(true);
    expect(state.apply(body([sdkFlag('plain', { revision: 2, deleted: true })], [segment('s', 2)]), 'e', 0)).toEqual([
      'plain',
    ]);
  });

  it('keep a segment that they refer to, and let go of one made anew under its name', () => {
    const state = new SnapshotState();
    state.apply(body([sdkFlag('bound', { rules: inSegment('s') })], [segment('s', 5), segment('t', 7)]), 'e', 0);
    state.apply(body([]), 'e', 0);
    expect(value(state, 'bound', { a: true })).toBe(true);
    state.apply(body([sdkFlag('other', { rules: inSegment('t') })], [segment('t', 1, 'new')]), 'e', 0);
    expect(value(state, 'other', { a: 'new' })).toBe(true);
  });

  it('start afresh in another environment', () => {
    const state = new SnapshotState();
    state.apply(body([sdkFlag('a', { revision: 9 }), sdkFlag('b')]), 'e', 0);
    state.apply(body([sdkFlag('a', { revision: 1, defaultVariant: 'on' })], [], {}, 'production'), 'e', 0);
    expect([value(state, 'a'), value(state, 'b')]).toEqual([true, null]);
  });

  it('ask for the whole again when the leases of an answer do not fit', () => {
    const state = new SnapshotState();
    const live = sdkFlag('a', { rollout: rolloutBlock({ weight: 100 }) });
    state.apply(body([live], [], { r1: 100 }), 'e', 0);
    expect(state.renew([50], 0)).toBe(true);
    expect(state.etag).toBe('e');
    expect(state.renew([], 0)).toBe(false);
    expect(state.etag).toBeUndefined();
  });

  it('are not called unchanged after an answer that could not be taken over', () => {
    const state = new SnapshotState();
    state.apply(body([sdkFlag('a')]), 'good', 0);
    const broken = [sdkFlag('b', { rules: [null] as unknown as SdkFlag['rules'] })];
    expect(() => state.apply(body(broken), 'bad', 0)).toThrow(TypeError);
    expect(state.etag).toBe('good');
    state.apply(body([sdkFlag('a', { revision: 2, defaultVariant: 'on' })]), 'better', 0);
    expect([state.etag, value(state, 'a')]).toEqual(['better', true]);
  });
});
