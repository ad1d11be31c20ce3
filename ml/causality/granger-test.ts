import { blockTest, Untestable, type BlockTest, type UntestableBlock } from './block-test';
import { dickeyFuller } from './dickey-fuller';
import { withoutRedundant } from './least-squares';
import { chooseLag, type OrderCriterion } from './lag-order';
import { differences, lagDesign, lagsOf, standardised } from './lag-design';
import { stationarityOf, type Stationarity } from './stationarity';

/**
 * Series and settings of one question: does the past of `cause` help to predict `effect`, beyond its own past and that
 * of `given`?
 */
export interface GrangerQuestion {
  /** Evenly spaced, oldest first; NaN where missing. All series have one length. */
  readonly cause: readonly number[];
  readonly effect: readonly number[];
  /** Known common drivers, whose past is taken into account; none by default. */
  readonly given?: readonly (readonly number[])[];
  /** Largest lag tested, and the largest the criterion may choose; 8 by default. */
  readonly maxLag?: number;
  /** Chance of a false edge, 0 to 1; 0.05 by default. */
  readonly alpha?: number;
  /** Judge by the heteroscedasticity-robust p-values; false by default. */
  readonly robust?: boolean;
  /** `aic` by default. */
  readonly orderBy?: OrderCriterion;
}

/** What the test says. `no_evidence` does not prove that there is no effect. */
export type GrangerVerdict = 'causal' | 'no_evidence' | 'not_testable';

/** A test at a number of lags. */
export type LagTest = { readonly lag: number } & (BlockTest | UntestableBlock);

/** The answer, with everything it rests on. No number in it is NaN or infinite. */
export interface GrangerAnswer {
  readonly verdict: GrangerVerdict;
  /** Why there is no verdict; null when there is one. */
  readonly reason: Untestable | null;
  /** The p-value that the verdict compares with alpha: the largest of the tests that all had to reject. */
  readonly p: number | null;
  readonly alpha: number;
  /** Which tests had to reject. */
  readonly basis: readonly ('levels' | 'toda_yamamoto' | 'differences')[];
  /** The lag that the criterion chose for the levels; null when it could not. */
  readonly lag: number | null;
  /** F on the series as they are, for each lag from 1. */
  readonly lags: readonly LagTest[];
  /** The test at the chosen lag with as many lags more, untested, as the series have unit roots. */
  readonly todaYamamoto: (LagTest & { readonly extraLags: number }) | null;
  /** The test on first differences, at the lag chosen for them. */
  readonly differences: LagTest | null;
  readonly stationarity: { readonly cause: Stationarity; readonly effect: Stationarity };
}

const DEFAULT_MAX_LAG = 8;
const DEFAULT_ALPHA = 0.05;
/** Below this many observations neither the tests of stationarity nor the choice of a lag mean anything. */
export const MIN_OBSERVATIONS = 30;
/** Rows wanted for each coefficient. */
const ROWS_PER_COEFFICIENT = 3;

/**
 * Granger causality with stationarity looked after. Series without unit root or shift of level are tested in levels.
 * With a unit root both Toda-Yamamoto's test and the test of differences have to reject; with a shift of level both
 * levels and differences. So an edge that is only a shared trend, or a shared step, is not reported; in either case F
 * has to reject with and without the assumption of equal variance (HC3). O(maxLag × rows × (series × maxLag)²).
 *
 * It tells prediction, not mechanism: a common driver that is not `given` makes an edge where there is none.
 *
 * @returns `not_testable` with a reason for short, constant or collinear series
 * @see Granger (1969), doi:10.2307/1912791; Toda and Yamamoto (1995), doi:10.1016/0304-4076(94)01616-8
 */
export function testGranger(question: GrangerQuestion): GrangerAnswer {
  const { maxLag = DEFAULT_MAX_LAG, alpha = DEFAULT_ALPHA, robust = false, orderBy = 'aic' } = question;
  const stationarity = { cause: stationarityOf(question.cause), effect: stationarityOf(question.effect) };
  const series = scaledSeries(question);
  const nothing = { p: null, alpha, basis: [], lag: null, todaYamamoto: null, differences: null, stationarity };
  const untestable = (reason: Untestable): GrangerAnswer => ({
    ...nothing,
    verdict: 'not_testable',
    reason,
    lags: lagsUpTo(maxLag).map((lag) => ({ lag, testable: false, rows: 0, reason })),
  });
  if (question.effect.length === 0) return untestable(Untestable.TooFewRows);
  if (series === undefined) return untestable(Untestable.Constant);
  const lags = lagsUpTo(maxLag).map((lag) => lagTest(series, lag, 0));

  const orders = [...series.given, series.effect, series.cause].length;
  const feasible = Math.floor((series.effect.length / ROWS_PER_COEFFICIENT - 1) / (orders + 1 / ROWS_PER_COEFFICIENT));
  const bound = Math.min(maxLag, Math.max(1, feasible));
  const lag = orderOf(series, bound, orderBy);
  const extraLags = Math.max(stationarity.cause.order, stationarity.effect.order);
  const todaYamamoto = { ...lagTest(series, lag, extraLags), extraLags };
  const changes = differenced(series);
  const ofChanges = changes === undefined ? null : lagTest(changes, orderOf(changes, bound, orderBy), 0);

  const shifted = stationarity.cause.shift?.isShift === true || stationarity.effect.shift?.isShift === true;
  const basis: GrangerAnswer['basis'] =
    extraLags > 0 ? ['toda_yamamoto', 'differences'] : shifted ? ['levels', 'differences'] : ['levels'];
  // With no extra lags, Toda and Yamamoto's test is the one of the levels.
  const tests = basis.map((name) => (name === 'differences' ? ofChanges : todaYamamoto));
  const found = judge(tests, { alpha, robust, width: orders });
  return { ...found, alpha, basis, lag, lags, todaYamamoto, differences: ofChanges, stationarity };
}

/** The three kinds of series of a question, standardised. */
interface Series {
  readonly cause: readonly number[];
  readonly effect: readonly number[];
  readonly given: readonly (readonly number[])[];
}

function scaledSeries({ cause, effect, given = [] }: GrangerQuestion): Series | undefined {
  const scaled = { cause: standardised(cause), effect: standardised(effect) };
  if (scaled.cause === undefined || scaled.effect === undefined) return undefined;
  // A driver that does not vary explains nothing and is left out.
  const drivers = given.map(standardised).filter((driver) => driver !== undefined);
  return { cause: scaled.cause, effect: scaled.effect, given: drivers };
}

function differenced({ cause, effect, given }: Series): Series | undefined {
  return scaledSeries({ cause: differences(cause), effect: differences(effect), given: given.map(differences) });
}

/** The lag for a system of series. Drivers that are an exact recursion have no residual to choose by. */
function orderOf({ cause, effect, given }: Series, bound: number, by: OrderCriterion): number {
  return chooseLag([effect, cause, ...given.filter((driver) => dickeyFuller(driver) !== undefined)], bound, by);
}

function lagTest({ cause, effect, given }: Series, lag: number, extra: number): LagTest {
  const own = lagsOf(effect, 1, lag + extra);
  const drivers = given.flatMap((driver) => lagsOf(driver, 1, lag + extra));
  const terms = [...own, ...drivers, ...lagsOf(cause, lag + 1, lag + extra), ...lagsOf(cause, 1, lag)];
  const first = 1 + own.length;
  const design = withoutRedundant(lagDesign([effect], terms), first, first + drivers.length);
  return { lag, ...blockTest(design, lag) };
}

function judge(
  tests: readonly (LagTest | null)[],
  { alpha, robust, width }: { alpha: number; robust: boolean; width: number },
): Pick<GrangerAnswer, 'verdict' | 'reason' | 'p'> {
  let p = 0;
  for (const test of tests) {
    const reason = reasonAgainst(test, robust, width);
    if (reason !== undefined || test?.testable !== true) {
      return { verdict: 'not_testable', reason: reason ?? Untestable.Constant, p: null };
    }
    // Where a level has moved a few rows decide much, so F and its robust form must both reject.
    const robustP = test.robust?.p ?? test.p;
    p = Math.max(p, robust ? robustP : tests.length > 1 ? Math.max(test.p, robustP) : test.p);
  }
  return { verdict: p < alpha ? 'causal' : 'no_evidence', reason: null, p };
}

function reasonAgainst(test: LagTest | null, robust: boolean, width: number): Untestable | undefined {
  if (test === null) return Untestable.Constant;
  if (!test.testable) return test.reason;
  const wanted = Math.max(MIN_OBSERVATIONS - test.lag - 1, ROWS_PER_COEFFICIENT * (1 + width * test.lag));
  if (test.rows < wanted) return Untestable.TooFewRows;
  return robust && test.robust === null ? Untestable.SingleRowDecides : undefined;
}

function lagsUpTo(maxLag: number): number[] {
  return Array.from({ length: maxLag }, (_, index) => index + 1);
}
