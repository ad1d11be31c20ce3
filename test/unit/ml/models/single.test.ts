import { fitSingle, Single } from '../../../../ml/models/single';
import { mulberry32 } from '../../../../ml/random/mulberry32';

const rng = mulberry32(5);
const ROWS = 2000;
const size = Uint8Array.from({ length: ROWS }, () => Math.floor(rng() * 200));
const other = Uint8Array.from({ length: ROWS }, () => Math.floor(rng() * 200));
const labels = Float64Array.from(size, (bin) => (rng() < 0.1 + bin / 400 ? 1 : 0));

describe('one column alone', () => {
  it('is lines added where there is such a column, else what orders the rows best', () => {
    expect(fitSingle(['size', 'other'], [size, other], labels).toJSON().feature).toBe(0);
    expect(fitSingle(['size', 'lines_added'], [size, other], labels).toJSON().feature).toBe(1);
  });

  it('rises strictly with the column, and near the share of failures', () => {
    const single = fitSingle(['size'], [size], labels);
    const odds = Array.from({ length: 200 }, (_, bin) => single.logOdds(Uint8Array.of(bin), 0));
    expect(odds.every((each, bin) => bin === 0 || each > odds[bin - 1]!)).toBe(true);
    expect(Math.abs(1 / (1 + Math.exp(-odds[100]!)) - 0.35)).toBeLessThan(0.1);
  });

  it('falls where the column speaks against failure, and knows what is missing', () => {
    const missing = size.map((bin, row) => (row % 10 === 0 ? 255 : bin));
    const single = new Single(
      fitSingle(
        ['skill'],
        [missing],
        labels.map((label) => 1 - label),
      ).toJSON(),
    );
    expect(single.logOdds(Uint8Array.of(150), 0)).toBeLessThan(single.logOdds(Uint8Array.of(20), 0));
    expect(Math.abs(single.logOdds(Uint8Array.of(255), 0) - Math.log(0.65 / 0.35))).toBeLessThan(0.25);
  });
});
