import fc from 'fast-check';
import { BSON } from 'mongodb';
import type { Deltas } from '../../../metrics/deltas';
import { windowId, type WindowKey } from '../../../metrics/window-key';
import { packDeltas, unpackDeltas, type PackedDeltas } from '../../../store/packed-deltas';

function givenDeltas(windows: readonly (readonly [path: string, amount: number][])[]): Deltas {
  return new Map(
    windows.map((amounts, index) => {
      const key: WindowKey = {
        environment: 'production',
        flag: 'checkout',
        rollout: 'r1',
        transition: 1,
        variant: 'on',
        segment: '*',
        windowStartAt: index * 10_000,
        windowMs: 10_000,
      };
      return [windowId(key), { key, amounts: new Map(amounts) }];
    }),
  );
}

const whenStored = (deltas: Deltas): PackedDeltas =>
  BSON.deserialize(BSON.serialize(packDeltas(deltas))) as PackedDeltas;

describe('packed deltas', () => {
  it('come out of a document as they went in', () => {
    const amount = fc.double({ noNaN: true, noDefaultInfinity: true });
    const window = fc.uniqueArray(fc.tuple(fc.string(), amount), { selector: ([path]) => path, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(window, { maxLength: 5 }), (windows) => {
        const deltas = givenDeltas(windows);
        expect(unpackDeltas(whenStored(deltas))).toEqual(deltas);
      }),
    );
  });

  it('take about twelve bytes for an amount', () => {
    const window = Array.from({ length: 300 }, (_, index): [string, number] => [
      `events.request.cells.sum.${index}`,
      0.1,
    ]);
    const sizeOf = (windows: number): number =>
      BSON.calculateObjectSize(packDeltas(givenDeltas(Array.from({ length: windows }, () => window))));
    expect((sizeOf(11) - sizeOf(1)) / 3000).toBeLessThan(13);
  });
});
