import { ln } from '../../ml/elementary/ln';
import type { Metric } from '../../flags/plan/metric';
import { believing, type NoiseBeliefs } from '../../ml/sequential/noise-levels';

/**
 * How evidence of one sort of metric is weighed; effects are ratios less 1 for counts, standard deviations for shifts,
 * shares of the level for values.
 */
export interface EvidenceSettings {
  /** Effects the swift evidence bets on: ratios of events, tilts of scores, or relative differences. */
  readonly effects: readonly number[];
  /** Their natural logs, which every window needs. */
  readonly logEffects: readonly number[];
  /**
   * Standard deviation of the effect between minutes: what swift evidence expects until it has seen it, and what steady
   * evidence always reckons with.
   */
  readonly swiftNoise: number;
  readonly steadyNoise: number;
  /** The one learned best, and what steady evidence expects of it before it widens what it tolerates. */
  readonly typicalNoise: number;
  readonly quietNoise: number;
  /** How strong the effect's noise between minutes may be, for swift evidence that is not told so. */
  readonly noiseBeliefs: NoiseBeliefs;
  /**
   * Harm beyond the margin that steady evidence tolerates: always, and for each unit of noise seen; less where user
   * cells are known.
   */
  readonly tolerance: number;
  readonly toleranceByNoise: number;
  readonly toleranceWithCells: number;
  readonly toleranceByNoiseWithCells: number;
  /**
   * Blocks most to the candidate's harm that steady evidence clips to the next one; fewer where user cells tell one bad
   * client from many.
   */
  readonly clipped: number;
  readonly clippedWithCells: number;
  /** Rare events: judged by the Poisson deviance. */
  readonly isRare: boolean;
}

function bettingOn(effects: readonly number[]): Pick<EvidenceSettings, 'effects' | 'logEffects'> {
  return { effects, logEffects: effects.map((effect) => ln(effect)) };
}

/** How many levels of noise are weighed against each other, of every kind of metric. */
export const NOISE_LEVELS = 6;
/** Noise of events, as a share of their rate; calm is likelier. */
const EVENT_NOISE = [0, 0.1, 0.2, 0.3, 0.45, 0.7];
/** Noise of shifts and levels. */
const VALUE_NOISE = [0, 0.02, 0.04, 0.08, 0.16, 0.32];

const FAILURES: EvidenceSettings = {
  ...bettingOn([1.4, 2.1, 3.2, 5]),
  swiftNoise: 0.2,
  steadyNoise: 0.3,
  typicalNoise: 0.1,
  quietNoise: 0.05,
  noiseBeliefs: believing(EVENT_NOISE, [64, 16, 4, 1, 0.5, 0.25]),
  tolerance: 0.07,
  toleranceByNoise: 1,
  toleranceWithCells: 0.05,
  toleranceByNoiseWithCells: 0.5,
  clipped: 5,
  clippedWithCells: 3,
  isRare: true,
};

const EXCEEDANCES: EvidenceSettings = {
  ...FAILURES,
  ...bettingOn([1.5, 2.2, 3.4, 5]),
  swiftNoise: 0.08,
  steadyNoise: 0.2,
  clipped: 3,
  typicalNoise: 0.08,
  quietNoise: 0.04,
  // A tail multiplies what the level does, so more noise is likelier than of failures.
  noiseBeliefs: believing(EVENT_NOISE, [8, 4, 3, 2, 1, 0.5]),
};

const SHIFTS: EvidenceSettings = {
  ...bettingOn([0.06, 0.12, 0.25, 0.5]),
  swiftNoise: 0.05,
  steadyNoise: 0.1,
  typicalNoise: 0.03,
  quietNoise: 0.01,
  noiseBeliefs: believing(VALUE_NOISE, [40, 20, 6, 2, 1, 0.5]),
  tolerance: 0.02,
  toleranceByNoise: 0.6,
  toleranceWithCells: 0.01,
  toleranceByNoiseWithCells: 0.5,
  clipped: 1,
  clippedWithCells: 1,
  isRare: false,
};

const VALUES: EvidenceSettings = {
  ...SHIFTS,
  ...bettingOn([0.03, 0.08, 0.2, 0.5]),
  swiftNoise: 0.03,
  steadyNoise: 0.06,
  typicalNoise: 0.02,
  quietNoise: 0.006,
  tolerance: 0.012,
  toleranceWithCells: 0.006,
};

/** The settings of a kind of metric. Chosen on simulated rollouts of seeds that no published figure uses. */
export function settingsOf(kind: Metric['kind']): EvidenceSettings {
  switch (kind) {
    case 'error_rate':
    case 'events_per_exposure':
      return FAILURES;
    case 'slower_than':
    case 'quantile':
      return EXCEEDANCES;
    case 'distribution':
      return SHIFTS;
    case 'mean_value':
    case 'ratio':
      return VALUES;
  }
}

/** Whether a metric is slow on cold caches: its first minutes after a raise say nothing about harm. */
export function warmsUp({ kind, direction }: Metric): boolean {
  if (direction === 'higher_is_better') return false;
  return kind === 'slower_than' || kind === 'quantile' || kind === 'distribution' || kind === 'mean_value';
}
