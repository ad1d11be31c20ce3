import { ln } from '../../ml/elementary/ln';
import type { Metric } from '../../flags/plan/metric';
import { addEffect, emptyNoise, noiseVariance, type EffectNoise } from '../../ml/robust/effect-noise';
import { logMeanEvidence } from '../../ml/sequential/mixture-evidence';
import {
  addToLevels,
  closeLevels,
  emptyLevels,
  logOverLevels,
  type NoiseLevels,
} from '../../ml/sequential/noise-levels';
import { addGains, emptyMixture, logStartEvidence, type StartMixture } from '../../ml/sequential/start-mixture';
import type { ArmPair } from '../tally';
import { doubtFactor, type DesignEffect } from './design-effect';
import { emptyScale, type ValueScale } from './score-values';
import { NOISE_LEVELS, settingsOf, warmsUp, type EvidenceSettings } from './settings';
import { addBlock, emptySteady, logSteadyEvidence, type SteadyDoubts, type SteadySums } from './steady-evidence';
import { scoreWindow, type WindowScore } from './window-score';

/** Steady evidence counts in blocks of a minute, or of a window when that is longer: noise within a minute is taken for one. */
const BLOCK_MS = 60_000;
/** Blocks after which a second steady test starts afresh, so that a late fault is not diluted by the calm before it. */
const RESTART_BLOCKS = 30;
/** Share of the capital that those restarts get. */
const RESTART_SHARE = 0.25;
/**
 * Minutes of noise as expected that swift evidence believes in before it has seen any, and steady evidence for its
 * tolerance.
 */
const SWIFT_PRIOR = 3;
const STEADY_PRIOR = 2;
/** Nats that the largest window may count above the second largest: too few for a decision even at a promise of 5 %. */
const WINDOW_LEAD = 2.9;
/** Part of the warm-up that steady evidence waits for: it needs three blocks more anyway. */
const STEADY_WARM_UP = 0.75;

/** A block not yet complete. */
interface OpenBlock {
  startAt: number;
  score: number;
  information: number;
}

/**
 * All that is remembered of one metric to decide about harm: two tests of the same windows, for requests that are
 * independent and for any.
 */
export interface Trial {
  swift: StartMixture;
  steady: SteadySums;
  recent: SteadySums;
  /** Starts of the recent test so far, from 1; the j-th has the share 1/(j(j+1)) of its part of the promise. */
  restarts: number;
  noise: EffectNoise;
  /** How noisy blocks may be, for swift evidence. */
  levels: NoiseLevels;
  scale: ValueScale;
  open: OpenBlock | null;
}

/** A trial that has seen nothing. */
export function emptyTrial({ kind }: Metric): Trial {
  return {
    swift: emptyMixture(settingsOf(kind).effects.length),
    steady: emptySteady(),
    recent: emptySteady(),
    restarts: 1,
    noise: emptyNoise(),
    levels: emptyLevels(NOISE_LEVELS),
    scale: emptyScale(),
    open: null,
  };
}

/**
 * A trial whose swift test starts afresh: what it saw before levels of noise were followed cannot be weighed any more.
 * The steady test goes on.
 */
export function restartSwift(trial: Omit<Trial, 'levels'>): Trial {
  return { ...trial, swift: emptyMixture(trial.swift.whole.length), levels: emptyLevels(NOISE_LEVELS) };
}

/** When a window was, and since when its weight has been served. */
export interface WindowTime {
  readonly startAt: number;
  readonly windowMs: number;
  readonly raisedAt: number;
  readonly warmUpMs: number;
}

/** Adds one window, given as its strata, in place. O(effects + histogram bins). */
export function addToTrial(trial: Trial, metric: Metric, strata: readonly ArmPair[], time: WindowTime): void {
  const settings = settingsOf(metric.kind);
  const scored = scoreWindow(metric, strata, settings, trial.scale);
  if (scored === null) return;
  const age = time.startAt - time.raisedAt;
  const isWarmingUp = warmsUp(metric);
  if (!isWarmingUp || age >= time.warmUpMs * STEADY_WARM_UP) {
    addToOpenBlock(trial, settings, time.startAt, scored);
    if (time.windowMs >= BLOCK_MS) closeBlock(trial, settings);
  }
  if (isWarmingUp && age < time.warmUpMs) return;
  const windowsPerBlock = Math.max(1, Math.round(BLOCK_MS / time.windowMs));
  // Windows of one minute share its noise, so each is tempered as if the whole minute were like it.
  const tempering = 1 + swiftVariance(trial, settings) * scored.information * windowsPerBlock;
  addGains(trial.swift, scored.gains, windowsPerBlock, tempering);
  addToLevels(trial.levels, settings.noiseBeliefs, scored, { blockStartAt: blockStart(time.startAt), tempering });
  if (time.windowMs >= BLOCK_MS) closeLevels(trial.levels, settings.noiseBeliefs);
}

function addToOpenBlock(trial: Trial, settings: EvidenceSettings, windowStartAt: number, scored: WindowScore): void {
  const startAt = blockStart(windowStartAt);
  if (trial.open !== null && trial.open.startAt !== startAt) closeBlock(trial, settings);
  trial.open ??= { startAt, score: 0, information: 0 };
  trial.open.score += scored.score;
  trial.open.information += scored.information;
}

function blockStart(windowStartAt: number): number {
  return Math.floor(windowStartAt / BLOCK_MS) * BLOCK_MS;
}

function closeBlock(trial: Trial, settings: EvidenceSettings): void {
  if (trial.open === null) return;
  const { score, information } = trial.open;
  trial.open = null;
  addEffect(trial.noise, score, information, settings.typicalNoise);
  addBlock(trial.steady, score, information, settings);
  if (trial.recent.blocks >= RESTART_BLOCKS) restart(trial);
  addBlock(trial.recent, score, information, settings);
}

function swiftVariance(trial: Trial, settings: EvidenceSettings): number {
  return noiseVariance(trial.noise, settings.swiftNoise, SWIFT_PRIOR, settings.typicalNoise);
}

/**
 * What the ended test had is dropped: clusters that show later must be able to take it back, and the test since the
 * beginning still has it.
 */
function restart(trial: Trial): void {
  trial.restarts += 1;
  trial.recent = emptySteady();
}

/**
 * Swift evidence (natural log): exact for independent requests. Unless they are known to be (`trusted`), one window by
 * itself never decides, and how noisy windows are is taken for the estimate that it is. Users counted once each act
 * independently by assumption, so their metrics are spared the latter.
 */
export function logSwift(trial: Trial, { kind, perUser }: Pick<Metric, 'kind' | 'perUser'>, trusted: boolean): number {
  if (trusted) return logStartEvidence(trial.swift, Number.POSITIVE_INFINITY);
  const log = logStartEvidence(trial.swift, WINDOW_LEAD);
  if (perUser !== undefined) return log;
  return logOverLevels(log, trial.levels, settingsOf(kind).noiseBeliefs);
}

/**
 * Steady evidence (natural log): for any requests whose harm persists over minutes; `designEffect` is null where users
 * are not told apart.
 */
export function logSteady(trial: Trial, { kind }: Metric, designEffect: DesignEffect | null): number {
  const settings = settingsOf(kind);
  const now = withOpenBlock(trial, settings);
  const doubts = doubtsOf(now, settings, designEffect);
  // Starts still to come are worth their share, as an e-process is 1 before it begins.
  const settled = -ln(now.restarts + 1);
  const recent = logMeanEvidence(
    [settled, logSteadyEvidence(now.recent, settings, doubts)],
    [1, shareOf(now.restarts)],
  );
  return logMeanEvidence([logSteadyEvidence(now.steady, settings, doubts), recent], [1 - RESTART_SHARE, RESTART_SHARE]);
}

/** The trial as if the open block ended now; the trial itself is left as it is. */
function withOpenBlock(trial: Trial, settings: EvidenceSettings): Trial {
  if (trial.open === null) return trial;
  const copy: Trial = {
    ...trial,
    steady: copySums(trial.steady),
    recent: copySums(trial.recent),
    noise: { ...trial.noise },
  };
  closeBlock(copy, settings);
  return copy;
}

function copySums(sums: SteadySums): SteadySums {
  return { ...sums, extremes: [...sums.extremes], lags: { ...sums.lags, recent: [...sums.lags.recent] } };
}

function doubtsOf(trial: Trial, settings: EvidenceSettings, designEffect: DesignEffect | null): SteadyDoubts {
  const noise = Math.sqrt(noiseVariance(trial.noise, settings.quietNoise, STEADY_PRIOR, settings.typicalNoise));
  if (designEffect === null) {
    const tolerance = settings.tolerance + settings.toleranceByNoise * noise;
    return { tolerance, clipped: settings.clipped, hasCells: false, designEffect: 1 };
  }
  return {
    tolerance: settings.toleranceWithCells + settings.toleranceByNoiseWithCells * noise,
    clipped: settings.clippedWithCells,
    hasCells: true,
    designEffect: doubtFactor(designEffect),
  };
}

function shareOf(start: number): number {
  return 1 / (start * (start + 1));
}
