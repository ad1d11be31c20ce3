import { blockTest } from '../../../../ml/causality/block-test';
import { dickeyFuller } from '../../../../ml/causality/dickey-fuller';
import { adjustedForDiscovery } from '../../../../ml/causality/false-discovery';
import { lagDesign, lagsOf, standardised } from '../../../../ml/causality/lag-design';
import { chooseLag } from '../../../../ml/causality/lag-order';
import { chiSquaredTail, fTail, normalCdf } from '../../../../ml/distributions/tails';
import reference from '../../../fixtures/ml/granger.json';

/** Relative distance of two numbers. */
const off = (a: number, b: number): number => Math.abs(a - b) / Math.abs(b);

describe.each(reference.cases)('against statsmodels: $name', ({ x, y, z = undefined, adf, orders, tests }) => {
  const given = z === undefined ? [] : [z];

  it.each(tests)('F, Wald and HC3 at lag $lag with $extraLags extra', (wanted) => {
    const { lag, extraLags } = wanted;
    const test = blockTest(
      lagDesign(
        [y],
        [
          ...lagsOf(y, 1, lag + extraLags),
          ...given.flatMap((driver) => lagsOf(driver, 1, lag + extraLags)),
          ...lagsOf(x, lag + 1, lag + extraLags),
          ...lagsOf(x, 1, lag),
        ],
      ),
      lag,
    );
    expect(test).toMatchObject({
      testable: true,
      rows: wanted.rows,
      dfNumerator: wanted.df[0],
      dfDenominator: wanted.df[1],
    });
    if (!test.testable) return;
    expect(off(test.f, wanted.f)).toBeLessThan(1e-8);
    expect(off(test.p, wanted.p)).toBeLessThan(1e-6);
    expect(off(test.waldChi2, wanted.waldChi2)).toBeLessThan(1e-8);
    expect(off(test.waldP, wanted.waldP)).toBeLessThan(1e-6);
    expect(off(test.robust?.f ?? 0, wanted.robustF)).toBeLessThan(1e-8);
    expect(off(test.robust?.p ?? 0, wanted.robustP)).toBeLessThan(1e-6);
  });

  it.each([
    ['x', x, adf.x],
    ['y', y, adf.y],
  ])('Dickey-Fuller of %s', (_, values, wanted) => {
    const test = dickeyFuller(values);
    expect(test).toMatchObject({ lags: wanted.lags, rows: wanted.rows });
    expect(off(test?.statistic ?? 0, wanted.statistic)).toBeLessThan(1e-8);
    expect(off(test?.p ?? 0, wanted.p)).toBeLessThan(1e-6);
    expect(off(test?.critical5 ?? 0, wanted.critical5)).toBeLessThan(1e-8);
  });

  it.each(['aic', 'bic'] as const)('order by %s', (criterion) => {
    const series = [y, x, ...given].map((values) => standardised(values) ?? []);
    expect(chooseLag(series, orders.maxLag, criterion)).toBe(orders[criterion]);
  });
});

describe('adjusted p-values', () => {
  const { p, bh, by } = reference.discovery;

  it.each([
    ['bh', bh],
    ['by', by],
  ] as const)('agree with statsmodels by %s', (control, wanted) => {
    for (const [index, value] of adjustedForDiscovery(p, control).entries())
      expect(value).toBeCloseTo(wanted[index] ?? 0, 12);
  });

  it('are none for no tests', () => {
    expect(adjustedForDiscovery([])).toEqual([]);
  });
});

describe('tails', () => {
  it('agree with scipy far out', () => {
    for (const [f = 0, a = 0, b = 0, wanted = 0] of reference.tails.f)
      expect(off(fTail(f, a, b), wanted)).toBeLessThan(1e-10);
    for (const [x = 0, k = 0, wanted = 0] of reference.tails.chi2)
      expect(off(chiSquaredTail(x, k), wanted)).toBeLessThan(1e-10);
    for (const [z = 0, wanted = 0] of reference.tails.normal) expect(off(normalCdf(z), wanted)).toBeLessThan(1e-10);
  });

  it('are whole at zero', () => {
    expect(fTail(0, 2, 9)).toBe(1);
    expect(chiSquaredTail(0, 2)).toBe(1);
  });
});
