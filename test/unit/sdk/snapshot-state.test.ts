import fc from 'fast-check';
import { rolloutBlock, sdkFlag } from '../../support/sdk-flags';
import type { SdkFlag, SdkSegment } from '../../../flags/evaluator/resolution';
import { keyOf, revisionOf } from '../../../sdk/src/flag-lines';
import { SnapshotState } from '../../../sdk/src/snapshot-state';
import { tell } from '../../support/tell';

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
          tell(state, body(answer.map(({ key, ...rest }) => sdkFlag(key, rest))), 'e');
          for (const { key, revision } of answer) highest.set(key, Math.max(revision, highest.get(key) ?? 0));
          const held = new Map([...(state.toStored()?.lines ?? [])].map((line) => [keyOf(line), revisionOf(line)]));
          expect(held).toEqual(highest);
        }
      }),
    );
  });

  it('name what changed, through segments too', () => {
    const state = new SnapshotState();
    const flags = [sdkFlag('plain'), sdkFlag('bound', { rules: inSegment('s') })];
    expect(tell(state, body(flags, [segment('s', 1)]), 'e')).toEqual(['bound', 'plain']);
    expect(tell(state, body(flags, [segment('s', 1)]), 'e')).toEqual([]);
    expect(tell(state, body(flags, [segment('s', 2, false)]), 'e')).toEqual(['bound']);
    expect(value(state, 'bound', { a: false })).toBe(true);
    expect(tell(state, body([sdkFlag('plain', { revision: 2, deleted: true })], [segment('s', 2)]), 'e')).toEqual([
      'plain',
    ]);
  });

  it('keep a segment that they refer to, and let go of one made anew under its name', () => {
    const state = new SnapshotState();
    tell(state, body([sdkFlag('bound', { rules: inSegment('s') })], [segment('s', 5), segment('t', 7)]), 'e');
    tell(state, body([]), 'e');
    expect(value(state, 'bound', { a: true })).toBe(true);
    tell(state, body([sdkFlag('other', { rules: inSegment('t') })], [segment('t', 1, 'new')]), 'e');
    expect(value(state, 'other', { a: 'new' })).toBe(true);
  });

  it('start afresh in another environment', () => {
    const state = new SnapshotState();
    tell(state, body([sdkFlag('a', { revision: 9 }), sdkFlag('b')]), 'e');
    tell(state, body([sdkFlag('a', { revision: 1, defaultVariant: 'on' })], [], {}, 'production'), 'e');
    expect([value(state, 'a'), value(state, 'b')]).toEqual([true, null]);
  });

  it('ask for the whole again when the leases of an answer do not fit', () => {
    const state = new SnapshotState();
    const live = sdkFlag('a', { rollout: rolloutBlock({ weight: 100 }) });
    tell(state, body([live], [], { r1: 100 }), 'e');
    expect(state.renew([50], 0)).toBe(true);
    expect(state.etag).toBe('e');
    expect(state.renew([], 0)).toBe(false);
    expect(state.etag).toBeUndefined();
  });

  it('fail alone: one that cannot be read is told of, and no other suffers', () => {
    const told: string[] = [];
    const state = new SnapshotState((key, reason) => told.push(`${key}: ${reason}`));
    const broken = sdkFlag('broken', { rules: [null] as unknown as SdkFlag['rules'] });
    const torn = { key: 'torn', revision: 1 } as SdkFlag;
    const after = sdkFlag('after', { prerequisites: [{ flag: 'broken', variants: ['on'] }], defaultVariant: 'on' });
    tell(state, body([sdkFlag('a', { defaultVariant: 'on' }), broken, torn, after]), 'e');
    expect(told).toEqual([]);
    expect(value(state, 'a')).toBe(true);
    for (const key of ['broken', 'torn']) {
      const details = state.compiled?.evaluate(key, 'boolean', 'code', {}, 0);
      expect(details).toMatchObject({ value: 'code', errorCode: 'PARSE_ERROR' });
      expect(state.compiled?.evaluate(key, 'string', 'code', {}, 0)).toMatchObject({ errorCode: 'PARSE_ERROR' });
    }
    expect(state.compiled?.evaluate('after', 'boolean', true, {}, 0)).toMatchObject({
      value: false,
      reason: 'DISABLED',
    });
    expect(told.map((text) => text.split(':')[0])).toEqual(['broken', 'torn']);
    expect(state.etag).toBe('e');
    tell(state, body([sdkFlag('broken', { revision: 2, defaultVariant: 'on' })]), 'f');
    expect([value(state, 'broken'), value(state, 'after')]).toEqual([true, true]);
    expect(told).toHaveLength(2);
  });
});
