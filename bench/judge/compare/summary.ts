import { median } from '../../../ml/robust/median';
import { mulberry32 } from '../../../ml/random/mulberry32';
import { BAD_KINDS, GOOD_KINDS, type Kind } from '../traces/trace';
import type { Outcome } from './outcome';

/** A figure with the 95 % interval of its bootstrap. */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What is said of one good kind. */
export interface GoodRow {
  readonly traces: number;
  readonly rolledBack: Figure;
  readonly narrowed: Figure;
  readonly promoted: Figure;
}

/** What is said of one bad kind. */
export interface BadRow {
  readonly traces: number;
  readonly power: Figure;
  readonly meanMinutes: Figure;
  /** Median minutes among the caught, and median bad requests of all. */
  readonly medianMinutes: number | null;
  readonly medianBadRequests: number;
  /** Promoted while harmful. */
  readonly promoted: Figure;
}

/** One judge on one set of traces. */
export interface Summary {
  readonly good: Readonly<Partial<Record<Kind, GoodRow>>>;
  readonly bad: Readonly<Partial<Record<Kind, BadRow>>>;
  /** Over all good kinds alike, as shares. */
  readonly falseRollback: Figure;
  readonly falseNarrow: Figure;
  /** Means of the bad kinds' figures. */
  readonly power: Figure;
  readonly meanMinutes: Figure;
  readonly falsePromotion: Figure;
}

const RESAMPLES = 400;

/** Puts outcomes together; kinds count alike, whatever the number of their traces. */
export function summarise(outcomes: readonly Outcome[]): Summary {
  const of = (kind: Kind): Outcome[] => outcomes.filter((outcome) => outcome.kind === kind);
  const goods = GOOD_KINDS.map(of).filter((list) => list.length > 0);
  const bads = BAD_KINDS.map(of).filter((list) => list.length > 0);
  const share = (claim: (outcome: Outcome) => boolean) => (list: readonly Outcome[]) =>
    meanOf(list, (outcome) => (claim(outcome) ? 1 : 0));
  const minutes = (list: readonly Outcome[]): number => meanOf(list, ({ minutesOrHorizon }) => minutesOrHorizon);
  const rolledBack = share((outcome) => outcome.rolledBack);
  const narrowed = share((outcome) => outcome.narrowed);
  const promoted = share((outcome) => outcome.promoted);
  const caught = share((outcome) => outcome.caught);
  return {
    good: Object.fromEntries(
      goods.map((list) => [
        list[0]!.kind,
        {
          traces: list.length,
          rolledBack: figure([list], rolledBack),
          narrowed: figure([list], narrowed),
          promoted: figure([list], promoted),
        },
      ]),
    ),
    bad: Object.fromEntries(
      bads.map((list) => [
        list[0]!.kind,
        {
          traces: list.length,
          power: figure([list], caught),
          meanMinutes: figure([list], minutes),
          medianMinutes: middle(list.flatMap((outcome) => outcome.minutes ?? [])),
          medianBadRequests: median(list.map(({ badRequests }) => badRequests)),
          promoted: figure([list], promoted),
        },
      ]),
    ),
    falseRollback: figure(goods, rolledBack),
    falseNarrow: figure(goods, narrowed),
    power: figure(bads, caught),
    meanMinutes: figure(bads, minutes),
    falsePromotion: figure(bads, promoted),
  };
}

function middle(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}

function meanOf(list: readonly Outcome[], value: (outcome: Outcome) => number): number {
  return list.reduce((sum, outcome) => sum + value(outcome), 0) / list.length;
}

/** The mean over groups of a statistic, with the interval from drawing each group's traces again with replacement. */
function figure(groups: readonly (readonly Outcome[])[], statistic: (list: readonly Outcome[]) => number): Figure {
  if (groups.length === 0) return { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const over = (lists: readonly (readonly Outcome[])[]): number =>
    lists.reduce((sum, list) => sum + statistic(list), 0) / lists.length;
  const rng = mulberry32(20_261);
  const draw = (list: readonly Outcome[]): Outcome[] => list.map(() => list[Math.floor(rng() * list.length)]!);
  const drawn = Array.from({ length: RESAMPLES }, () => over(groups.map(draw))).sort((a, b) => a - b);
  return {
    value: over(groups),
    low: drawn[Math.floor(0.025 * RESAMPLES)]!,
    high: drawn[Math.floor(0.975 * RESAMPLES)]!,
  };
}
