import fc from 'fast-check';
import { packCells, unpackCells } from '../../../analysis/pack-cells';

describe('packCells', () => {
  it('gives the same floats back', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 64, maxLength: 64 }), (cells) => {
        expect(unpackCells(packCells(cells))).toEqual(cells);
      }),
    );
  });
});
