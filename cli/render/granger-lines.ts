import { MIN_OBSERVATIONS, type GrangerAnswer, type LagTest } from '../../ml/causality/granger-test';
import { measured } from './numbers';
import type { Style } from './style';
import { tableLines } from './table';

/** An answer with the question's names. */
export interface ToldGranger {
  readonly cause: string;
  readonly effect: string;
  readonly given: readonly string[];
  readonly observations: number;
  /** Rows among these in which a series has no value. */
  readonly incomplete: number;
  /** The series that have one value throughout, or none. */
  readonly constant: readonly string[];
  readonly robust: boolean;
  readonly answer: GrangerAnswer;
  /** The answer without the given series; undefined when there are none. */
  readonly pairwise: GrangerAnswer | undefined;
}

const REASONS = {
  too_few_rows: 'there are too few observations',
  constant: 'a series does not vary',
  collinear: 'the series are combinations of one another',
  perfect_fit: 'the past explains the effect without remainder, so there is no noise to judge by',
  single_row_decides: 'a single observation decides the fit, so there is no robust test',
} as const;
const BASES = {
  levels: 'the series as they are',
  toda_yamamoto: 'Toda-Yamamoto',
  differences: 'first differences',
} as const;

/** The answer as one JSON document. Nothing in it is NaN; what could not be tested is null, with a reason. */
export function grangerDocument(told: ToldGranger): object {
  const { answer, pairwise } = told;
  const ty = answer.todaYamamoto;
  return {
    cause: told.cause,
    effect: told.effect,
    given: told.given,
    observations: told.observations,
    incomplete: told.incomplete,
    verdict: answer.verdict,
    causal: answer.verdict === 'not_testable' ? null : answer.verdict === 'causal',
    reason: answer.reason,
    explanation: explanation(told),
    p: answer.p,
    alpha: answer.alpha,
    robust: told.robust,
    basis: answer.basis,
    lag: answer.lag,
    lags: answer.lags.map(testDocument),
    todaYamamoto:
      ty === null
        ? null
        : {
            ...testDocument(ty),
            extraLags: ty.extraLags,
            wald: ty.testable ? { chi2: ty.waldChi2, df: ty.dfNumerator, p: ty.waldP } : null,
          },
    differences: answer.differences === null ? null : testDocument(answer.differences),
    stationarity: answer.stationarity,
    ...(pairwise === undefined
      ? {}
      : { pairwise: { verdict: pairwise.verdict, p: pairwise.p, lag: pairwise.lag, reason: pairwise.reason } }),
  };
}

function testDocument(test: LagTest): object {
  const { lag, rows } = test;
  if (!test.testable)
    return { lag, rows, testable: false, reason: test.reason, f: null, p: null, df: null, robust: null };
  const { f, p, dfNumerator, dfDenominator, robust } = test;
  return { lag, rows, testable: true, reason: null, f, p, df: [dfNumerator, dfDenominator], robust };
}

/** The answer for people. */
export function grangerLines(told: ToldGranger, style: Style): string[] {
  const { answer } = told;
  const rows = answer.lags.map((test) =>
    test.testable
      ? [
          String(test.lag),
          measured(test.f),
          measured(test.p),
          `${test.dfNumerator}, ${test.dfDenominator}`,
          measured(test.robust?.p ?? null),
        ]
      : [String(test.lag), '–', '–', '–', '–', REASONS[test.reason]],
  );
  const columns = ['lag', 'F', 'p', 'df', 'robust p'].map((heading) => ({ heading, right: true }));
  return [
    explanation(told),
    '',
    ...tableLines([...columns, { heading: '' }], rows, style),
    '',
    ...stationarityLines(told),
    testLine(`Toda-Yamamoto, ${answer.todaYamamoto?.extraLags ?? 0} extra lags`, answer.todaYamamoto),
    testLine('First differences', answer.differences),
  ];
}

function explanation(told: ToldGranger): string {
  const { cause, effect, given, answer, pairwise, robust } = told;
  const beyond = given.length === 0 ? '' : ` given ${given.join(', ')}`;
  if (answer.verdict === 'not_testable') {
    return `Not testable: ${answer.reason === null ? 'no reason is known' : whyNot(told, answer.reason)}.`;
  }
  const numbers = `p = ${measured(answer.p)}${robust ? ', robust' : ''}, lag ${answer.lag ?? '–'}, by ${answer.basis.map((name) => BASES[name]).join(' and ')}`;
  if (answer.verdict === 'causal')
    return `${cause} → ${effect}${beyond}: the past of ${cause} helps to predict ${effect} (${numbers}).`;
  const driven = pairwise?.verdict === 'causal' ? ` Without ${given.join(', ')} there seemed to be one: spurious.` : '';
  return `No edge ${cause} → ${effect}${beyond}: no evidence that the past of ${cause} helps (${numbers}).${driven}`;
}

/** The reason with what it rests on: which series, how many rows. */
function whyNot({ observations, incomplete, constant }: ToldGranger, reason: keyof typeof REASONS): string {
  if (reason === 'constant' && constant.length > 0) return `${constant.join(' and ')} does not vary`;
  if (reason !== 'too_few_rows') return REASONS[reason];
  const gaps = incomplete > 0 ? `, ${incomplete} of them with a missing value` : '';
  return `${REASONS[reason]}: ${observations}${gaps}. A verdict takes ${MIN_OBSERVATIONS} at least, and three for each coefficient, each with the rows before it that the lags reach back to`;
}

function stationarityLines({ cause, effect, constant, answer: { stationarity } }: ToldGranger): string[] {
  const of = [
    [cause, stationarity.cause],
    [effect, stationarity.effect],
  ] as const;
  return of.map(([name, { order, unitRoot, shift }]) => {
    if (constant.includes(name)) return `${name}: does not vary`;
    if (unitRoot === null) return `${name}: cannot be tested for a unit root`;
    const root = `ADF ${measured(unitRoot.statistic)}, p ${measured(unitRoot.p)}`;
    const kind = order === 0 ? 'no unit root' : `integrated of order ${order}`;
    const step = shift?.isShift === true ? `; its level shifts near row ${shift.at + 1}` : '';
    return `${name}: ${kind} (${root})${step}`;
  });
}

function testLine(name: string, test: LagTest | null): string {
  if (test === null) return `${name}: not testable`;
  if (!test.testable) return `${name}, lag ${test.lag}: not testable, ${REASONS[test.reason]}`;
  const { lag, f, p, dfNumerator, dfDenominator } = test;
  return `${name}, lag ${lag}: F(${dfNumerator}, ${dfDenominator}) = ${measured(f)}, p = ${measured(p)}`;
}
