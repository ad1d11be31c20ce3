import { axisTexts } from '../../../../cli/explain/axis-texts';

describe('the numbers of an axis', () => {
  it.each([
    [
      [0, 0.05, 0.1],
      ['0', '0.05', '0.1'],
    ],
    [
      [-200, 0, 200],
      ['-200', '0', '200'],
    ],
    [
      [0.01, 1, 1e5],
      ['0.01', '1', '100000'],
    ],
    // One that is too long writes all others as it is written.
    [
      [1, 1e5, 1e10],
      ['10⁰', '10⁵', '10¹⁰'],
    ],
    [
      [0.01, 1e6],
      ['10⁻²', '10⁶'],
    ],
    [
      [0, 2.5e6, 5e6],
      ['0', '2.5·10⁶', '5·10⁶'],
    ],
    [
      [-2e-5, 0, 2e-5],
      ['-2·10⁻⁵', '0', '2·10⁻⁵'],
    ],
    [[], []],
  ])('writes %j in one form', (values, texts) => expect(axisTexts(values)).toEqual(texts));
});
