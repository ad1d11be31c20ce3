import type { Model } from '../../../../ml/models/model';
import { meanLogOdds } from '../../../../ml/prediction/members';

function saying(logOdds: number): Model {
  return {
    logOdds: () => logOdds,
    logOddsAll: ({ rows }) => new Float64Array(rows).fill(logOdds),
    toJSON: () => {
      throw new Error('not stored here');
    },
  };
}
const NO_BINS = new Uint8Array(0);

describe('members together', () => {
  const two = [
    { weight: 1, model: saying(1) },
    { weight: 3, model: saying(-1) },
  ];

  it('answer their weighted mean', () => {
    expect(meanLogOdds(two, NO_BINS, [])).toBeCloseTo(-0.5, 12);
    expect(meanLogOdds([], NO_BINS, [])).toBe(0);
  });

  it('are moved within bounds by those that do not share in it', () => {
    const moved = (logOdds: number): number =>
      meanLogOdds([...two, { weight: 0.2, within: 0.5, model: saying(logOdds) }], NO_BINS, []);
    expect(moved(-0.4)).toBeCloseTo(-0.48, 12);
    expect(moved(5)).toBeCloseTo(-0.4, 12);
    expect(moved(-5)).toBeCloseTo(-0.6, 12);
  });
});
