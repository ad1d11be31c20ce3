import type { Metric } from '../flags/plan/metric';
import { harmSign, type ArmSample } from './arm-sample';

/** Users are told apart by this many hash cells; a total without cells counts as none. */
export const CELLS = 64;
/** How many windows a decision must at least rest on, and so how many extreme ones are remembered. */
export const AGREEING_WINDOWS = 3;

/** One window's part in the sums: weighted difference, weighted control level, weight. */
export type WindowPart = readonly [difference: number, control: number, weight: number];

/**
 * The sufficient statistics of one metric's comparison: bounded, whatever the number of windows, and able to answer for
 * every margin and every next weight afterwards. `w` is a stratum's weight `n_c·n_t/(n_c+n_t)`, `m` an arm's level in
 * it.
 */
export interface Tally {
  windows: number;
  /** Σ w·s·(m_t − m_c), with s = 1 when higher is worse and −1 otherwise. */
  difference: number;
  /** Σ w·m_c. */
  control: number;
  /** Σ w. */
  weight: number;
  /** Σ w²/n of each arm: what a unit's variance is multiplied by. */
  spreadCandidate: number;
  spreadControl: number;
  candidateUnits: number;
  candidateSum: number;
  controlUnits: number;
  controlSum: number;
  /** Sums of squares around the stratum's own level, with their degrees of freedom. */
  squaresCandidate: number;
  freedomCandidate: number;
  squaresControl: number;
  freedomControl: number;
  /** Σ (w·m_c)² over windows: scales the prior of noise between windows. */
  controlSquares: number;
  /** Σ √(w·w')² of successive differences (in difference, crosswise, in control level) ÷ 2. */
  stepDifference: number;
  stepCross: number;
  stepControl: number;
  /** Largest part one unit of each arm may have had in the score. */
  jumpCandidate: number;
  jumpControl: number;
  last: WindowPart | null;
  /** The windows most to the candidate's harm, and most to its credit. */
  worst: WindowPart[];
  best: WindowPart[];
  /** By user cell, over all time: candidate's score and weight, control's centred score. */
  cellScore: Float32Array;
  cellWeight: Float32Array;
  cellControl: Float32Array;
}

/** A tally that has seen nothing. */
export function emptyTally(): Tally {
  return {
    windows: 0,
    difference: 0,
    control: 0,
    weight: 0,
    spreadCandidate: 0,
    spreadControl: 0,
    candidateUnits: 0,
    candidateSum: 0,
    controlUnits: 0,
    controlSum: 0,
    squaresCandidate: 0,
    freedomCandidate: 0,
    squaresControl: 0,
    freedomControl: 0,
    controlSquares: 0,
    stepDifference: 0,
    stepCross: 0,
    stepControl: 0,
    jumpCandidate: 0,
    jumpControl: 0,
    last: null,
    worst: [],
    best: [],
    cellScore: new Float32Array(CELLS),
    cellWeight: new Float32Array(CELLS),
    cellControl: new Float32Array(CELLS),
  };
}

/** Candidate and control of one stratum. */
export interface ArmPair {
  readonly candidate: ArmSample;
  readonly control: ArmSample;
}

/** How a tally ranks its windows: the sign of harm and the margin at full exposure. */
export interface Ranking {
  readonly sign: 1 | -1;
  readonly absolute: number;
  readonly relative: number;
}

/** How windows of a metric are ranked. O(1). */
export function rankingOf(metric: Metric): Ranking {
  const { absolute, relative } = metric.margin;
  return { sign: harmSign(metric), absolute, relative };
}

/**
 * Adds one window, given as its strata (more than one when the weight changed within it), in place. A stratum in which
 * an arm has no units compares nothing and is left out. O(cells).
 */
export function addWindow(tally: Tally, strata: readonly ArmPair[], ranking: Ranking): void {
  let difference = 0;
  let control = 0;
  let weight = 0;
  for (const { candidate, control: reference } of strata) {
    if (!(candidate.units > 0) || !(reference.units > 0)) continue;
    const stratumWeight = candidate.units * (reference.units / (candidate.units + reference.units));
    const level = reference.sum / reference.units;
    difference += stratumWeight * ranking.sign * (candidate.sum / candidate.units - level);
    control += stratumWeight * level;
    weight += stratumWeight;
    addSpread(tally, candidate, reference, stratumWeight);
    addCells(tally, candidate, reference, stratumWeight, ranking.sign);
  }
  if (weight === 0) return;
  tally.windows += 1;
  tally.difference += difference;
  tally.control += control;
  tally.weight += weight;
  tally.controlSquares += control * control;
  rememberWindow(tally, [difference, control, weight], ranking);
}

/**
 * Sum of squares of single values around their level. Of a ratio whose denominator is no count, both sums' squares as
 * if they had nothing to do with each other: too many, where they grow together.
 */
export function squaresAround({ units, sum, sumOfSquares, unitSquares }: ArmSample): number {
  const level = sum / units;
  if (unitSquares === units) return Math.max(0, sumOfSquares - level * sum);
  return sumOfSquares + level * level * unitSquares;
}

function addSpread(tally: Tally, candidate: ArmSample, control: ArmSample, weight: number): void {
  tally.spreadCandidate += (weight * weight) / candidate.units;
  tally.spreadControl += (weight * weight) / control.units;
  tally.candidateUnits += candidate.units;
  tally.candidateSum += candidate.sum;
  tally.controlUnits += control.units;
  tally.controlSum += control.sum;
  tally.squaresCandidate += squaresAround(candidate);
  tally.freedomCandidate += candidate.units - 1;
  tally.squaresControl += squaresAround(control);
  tally.freedomControl += control.units - 1;
  tally.jumpCandidate = Math.max(tally.jumpCandidate, weight / candidate.units);
  tally.jumpControl = Math.max(tally.jumpControl, weight / control.units);
}

function addCells(tally: Tally, candidate: ArmSample, control: ArmSample, weight: number, sign: 1 | -1): void {
  const level = control.sum / control.units;
  if (candidate.cellUnits.length === CELLS) {
    const perUnit = weight / candidate.units;
    addScoresAndWeights(tally, candidate, level, { perUnit, signed: perUnit * sign });
  }
  if (control.cellUnits.length === CELLS && control.units > 1) {
    // Centring at the stratum's own level takes one degree of freedom from it.
    const perUnit = (weight / control.units) * Math.sqrt(control.units / (control.units - 1));
    addScores(tally.cellControl, control, level, perUnit);
  }
}

/**
 * Adds each cell's distance from the level. Most of what many windows at once cost: adding nothing to an empty cell
 * costs less than asking whether it is empty, which a processor cannot guess.
 */
function addScores(scores: Float32Array, { cellUnits, cellSums }: ArmSample, level: number, perUnit: number): void {
  if (cellSums.length !== CELLS) {
    for (let cell = 0; cell < CELLS; cell++) {
      scores[cell] = (scores[cell] as number) + perUnit * (0 - level * (cellUnits[cell] as number));
    }
    return;
  }
  for (let cell = 0; cell < CELLS; cell++) {
    const beyond = (cellSums[cell] as number) - level * (cellUnits[cell] as number);
    scores[cell] = (scores[cell] as number) + perUnit * beyond;
  }
}

/** The same with each cell's weight, in one pass, as both read the units. */
function addScoresAndWeights(
  { cellScore, cellWeight }: Tally,
  { cellUnits, cellSums }: ArmSample,
  level: number,
  { perUnit, signed }: { readonly perUnit: number; readonly signed: number },
): void {
  const hasSums = cellSums.length === CELLS;
  for (let cell = 0; cell < CELLS; cell++) {
    const units = cellUnits[cell] as number;
    const beyond = (hasSums ? (cellSums[cell] as number) : 0) - level * units;
    cellScore[cell] = (cellScore[cell] as number) + signed * beyond;
    cellWeight[cell] = (cellWeight[cell] as number) + perUnit * units;
  }
}

/** Plain indexing throughout: taking parts to pieces by destructuring goes through iterators, at each window of each metric. */
function rememberWindow(tally: Tally, part: WindowPart, ranking: Ranking): void {
  const { last } = tally;
  if (last !== null) {
    const both = (part[2] * last[2]) / 2;
    const stepDifference = part[0] / part[2] - last[0] / last[2];
    const stepControl = part[1] / part[2] - last[1] / last[2];
    tally.stepDifference += both * stepDifference * stepDifference;
    tally.stepCross += both * stepDifference * stepControl;
    tally.stepControl += both * stepControl * stepControl;
  }
  tally.last = part;
  if (isExtreme(tally.worst, part, ranking, 1)) tally.worst = insertExtreme(tally.worst, part, ranking, 1);
  if (isExtreme(tally.best, part, ranking, -1)) tally.best = insertExtreme(tally.best, part, ranking, -1);
}

/** How far a window is past the margin, towards harm (1) or credit (−1). */
function rankOf(part: WindowPart, ranking: Ranking, towards: 1 | -1): number {
  return towards * (part[0] - ranking.relative * part[1] - ranking.absolute * part[2]);
}

/** Most windows are not: asked first, since it costs nothing. */
function isExtreme(list: readonly WindowPart[], part: WindowPart, ranking: Ranking, towards: 1 | -1): boolean {
  if (list.length < AGREEING_WINDOWS) return true;
  return rankOf(part, ranking, towards) > rankOf(list[AGREEING_WINDOWS - 1] as WindowPart, ranking, towards);
}

function insertExtreme(list: readonly WindowPart[], part: WindowPart, ranking: Ranking, towards: 1 | -1): WindowPart[] {
  const value = rankOf(part, ranking, towards);
  const at = list.findIndex((other) => value > rankOf(other, ranking, towards));
  const longer = at < 0 ? [...list, part] : [...list.slice(0, at), part, ...list.slice(at)];
  return longer.slice(0, AGREEING_WINDOWS);
}
