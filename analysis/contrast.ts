import type { MetricKind } from '../flags/plan/metric';
import { clusterVariance } from '../ml/clusters/cluster-variance';
import { winsorExcess, winsorExcessOfClusters } from '../ml/robust/winsor-excess';
import { bennettDeviance } from '../ml/sequential/bennett-deviance';
import { logMeanEvidence, logMixtureEvidence } from '../ml/sequential/mixture-evidence';
import { AGREEING_WINDOWS, type Tally, type WindowPart } from './tally';

/** The harm asked about: `absolute` in the metric's unit plus `relative` as a share of control. */
export interface Contrast {
  readonly absolute: number;
  readonly relative: number;
}

/** `harm`: evidence that the harm is above the contrast. `safety`: that it is below. */
export type Side = 'harm' | 'safety';

/** Noise of one arm between windows, as a share of the level, believed until about six windows have shown what it is. */
const PRIOR_NOISE: Readonly<Record<MetricKind, number>> = {
  error_rate: 0.25,
  slower_than: 0.25,
  events_per_exposure: 0.15,
  mean_value: 0.05,
  quantile: 0.1,
  distribution: 0.1,
  ratio: 0.15,
};
const PRIOR_WINDOWS = 6;
/** With few users, a variance estimated from them is itself uncertain: inflate it by 1 + this / effective users. */
const FEW_CLUSTERS = 4;
/** How much more than independent requests vary is assumed of a source that cannot tell users apart. */
const UNKNOWN_CLUSTERING = 4;
/** Degrees of freedom of a variance over 64 cells. */
const CELL_FREEDOM = 63;
/** Weight units (about the smaller arm's requests) at which the two mixtures are most sensitive. */
const SCALES = [16, 1024] as const;

/** A tally made ready for any number of contrasts. */
export interface Comparison {
  readonly tally: Tally;
  readonly kind: MetricKind;
  readonly sign: 1 | -1;
  /** Mean harm over windows: candidate against control, in the metric's unit, positive is worse. */
  readonly harm: number;
  readonly clusterCandidate: number;
  readonly clusterControl: number;
  /** Effective users (cells) of the arm that has fewer; 0 when the source tells no users apart. */
  readonly effectiveClusters: number;
}

/** Prepares a tally's variances, which do not depend on the contrast. O(cells). */
export function compare(tally: Tally, kind: MetricKind, sign: 1 | -1): Comparison {
  const harm = tally.weight > 0 ? tally.difference / tally.weight : 0;
  const candidate = clusterVariance(tally.cellScore, tally.cellWeight, harm);
  let clusterControl = 0;
  const { cellControl } = tally;
  for (let cell = 0; cell < cellControl.length; cell++) {
    const score = cellControl[cell] as number;
    clusterControl += score * score;
  }
  return {
    tally,
    kind,
    sign,
    harm,
    clusterCandidate: candidate.variance,
    clusterControl,
    effectiveClusters: candidate.effectiveClusters,
  };
}

/**
 * Evidence (natural log of an e-value) that the harm is above (`harm`) or below (`safety`) the contrast, valid at every
 * look. O(cells).
 *
 * The score is what at least three windows and at least three user cells agree on; its variance is the ordinary one
 * under the null hypothesis, plus what users and windows vary in excess of it; rare events are judged by the
 * Poisson-like deviance instead of the normal one.
 */
export function logContrastEvidence(comparison: Comparison, contrast: Contrast, side: Side): number {
  const { tally } = comparison;
  if (tally.windows < AGREEING_WINDOWS) return 0;
  const score = agreedScore(comparison, contrast, side);
  const { variance, jump } = contrastVariance(comparison, contrast, side);
  if (!(variance > 0)) return 0;
  const z =
    score > 0 ? Math.sqrt(2 * bennettDeviance(score, variance, jump)) : score < 0 ? score / Math.sqrt(variance) : 0;
  return logMeanEvidence(SCALES.map((scale) => logMixtureEvidence(z, tally.weight, scale)));
}

/** The sum of differences towards `side`, less what rests on two windows or two users alone. */
function agreedScore({ tally, sign }: Comparison, { absolute, relative }: Contrast, side: Side): number {
  const towards = side === 'harm' ? 1 : -1;
  const score = towards * (tally.difference - relative * tally.control - absolute * tally.weight);
  const extremes = side === 'harm' ? tally.worst : tally.best;
  const byWindow = winsorExcess(extremes.length, (index) => {
    const [x, b, w] = extremes[index] as WindowPart;
    return towards * (x - relative * b - absolute * w);
  });
  const level = relative * (tally.control / tally.weight) + absolute;
  const { cellScore, cellWeight, cellControl } = tally;
  const byUser = winsorExcessOfClusters(cellScore, towards, { sizes: cellWeight, slope: level });
  const byControlUser = winsorExcessOfClusters(cellControl, -towards * (sign + relative));
  return score - Math.max(byWindow, byUser, byControlUser);
}

/** Variance of the score if the harm were the contrast, and the largest step a single event can make in it. */
export function contrastVariance(
  comparison: Comparison,
  contrast: Contrast,
  side: Side,
): { readonly variance: number; readonly jump: number } {
  const { tally, kind, sign, effectiveClusters } = comparison;
  const controlFactor = (sign + contrast.relative) ** 2;
  const fitted = fittedVariance(tally, kind);
  const fittedWhole = fitted.candidate + controlFactor * fitted.control;
  const ownNull = nullVariance(tally, kind, sign, contrast, side) ?? fittedWhole;
  const ordinary = side === 'harm' ? ownNull : Math.max(ownNull, fittedWhole);

  const excessUsers =
    excessOver(comparison.clusterCandidate, fitted.candidate, CELL_FREEDOM) +
    controlFactor * excessOver(comparison.clusterControl, fitted.control, CELL_FREEDOM);
  const byUsers =
    effectiveClusters > 0
      ? (ordinary + excessUsers) * (1 + FEW_CLUSTERS / effectiveClusters)
      : ordinary * UNKNOWN_CLUSTERING;

  const steps = tally.windows - 1;
  const betweenWindows =
    ((tally.stepDifference -
      2 * contrast.relative * tally.stepCross +
      contrast.relative * contrast.relative * tally.stepControl) *
      tally.windows) /
    steps;
  const learned = steps / (steps + PRIOR_WINDOWS);
  const prior = 2 * PRIOR_NOISE[kind] ** 2 * controlFactor * tally.controlSquares;
  const variance = byUsers + learned * excessOver(betweenWindows, fittedWhole, (2 * steps) / 3) + (1 - learned) * prior;
  if (!isCount(kind)) return { variance, jump: 0 };
  // Only events that push towards `side` can make a rare-event tail: the candidate's for more, the control's for less.
  const upwards = (side === 'harm') === (sign === 1);
  const jump = upwards ? tally.jumpCandidate : Math.abs(sign + contrast.relative) * tally.jumpControl;
  return { variance, jump: ordinary > 0 ? (jump * byUsers) / ordinary : jump };
}

/**
 * What a variance estimated with so many degrees of freedom has above the ordinary one, beyond one standard error of
 * chance.
 */
function excessOver(estimated: number, ordinary: number, freedom: number): number {
  return Math.max(0, estimated - ordinary * (1 + Math.sqrt(2 / freedom)));
}

/** Whether a metric counts events; the others sum values. */
export function isCount(kind: MetricKind): boolean {
  return kind === 'error_rate' || kind === 'slower_than' || kind === 'events_per_exposure';
}

/**
 * Variance of independent requests at the rates seen; half an event is added, so that none seen is not taken for none
 * possible.
 */
export function fittedVariance(
  tally: Tally,
  kind: MetricKind,
): { readonly candidate: number; readonly control: number } {
  if (!isCount(kind)) {
    const candidate = tally.freedomCandidate > 0 ? tally.squaresCandidate / tally.freedomCandidate : 0;
    const control = tally.freedomControl > 0 ? tally.squaresControl / tally.freedomControl : 0;
    return { candidate: tally.spreadCandidate * candidate, control: tally.spreadControl * control };
  }
  return {
    candidate: tally.spreadCandidate * unitVariance(kind, (tally.candidateSum + 0.5) / (tally.candidateUnits + 1)),
    control: tally.spreadControl * unitVariance(kind, (tally.controlSum + 0.5) / (tally.controlUnits + 1)),
  };
}

/**
 * Variance of independent requests if the harm were just the contrast; null for means, whose variance says nothing
 * about their level.
 */
function nullVariance(
  tally: Tally,
  kind: MetricKind,
  sign: 1 | -1,
  { absolute, relative }: Contrast,
  side: Side,
): number | null {
  if (!isCount(kind)) return null;
  // Under harm the arms are pooled, as one small control count could be low by luck; for safety the control speaks for itself.
  const ratio = Math.max(0, 1 + sign * relative);
  const pooledSum = tally.controlSum + Math.max(0, tally.candidateSum - sign * absolute * tally.candidateUnits) + 0.5;
  const control =
    side === 'harm'
      ? pooledSum / (tally.controlUnits + ratio * tally.candidateUnits + 1)
      : (tally.controlSum + 0.5) / (tally.controlUnits + 1);
  const candidate = control * ratio + sign * absolute;
  return (
    tally.spreadCandidate * unitVariance(kind, candidate) +
    (sign + relative) ** 2 * tally.spreadControl * unitVariance(kind, control)
  );
}

/** Largest variance one unit can have at or below this level: p(1 − p) up to one half for shares, Poisson for counts. */
function unitVariance(kind: MetricKind, level: number): number {
  const positive = Math.max(0, level);
  if (kind === 'events_per_exposure') return positive;
  const share = Math.min(0.5, positive);
  return share * (1 - share);
}
