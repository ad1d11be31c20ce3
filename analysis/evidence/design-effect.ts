import { fittedVariance, isCount, type Comparison } from '../contrast';

/** How many times the variance of independent requests the user cells of each arm show. */
export interface DesignEffect {
  readonly candidate: number;
  readonly control: number;
  /** Events (for values: values) of both arms that this rests on. */
  readonly events: number;
}

/** Reads the design effect from a comparison; null where the source tells no users apart. O(1). */
export function designEffectOf(comparison: Comparison): DesignEffect | null {
  const { tally, kind } = comparison;
  if (comparison.effectiveClusters === 0) return null;
  const fitted = fittedVariance(tally, kind);
  return {
    candidate: fitted.candidate > 0 ? comparison.clusterCandidate / fitted.candidate : 0,
    control: fitted.control > 0 ? comparison.clusterControl / fitted.control : 0,
    events: isCount(kind) ? tally.candidateSum + tally.controlSum : tally.candidateUnits + tally.controlUnits,
  };
}

/**
 * Chance alone makes a design effect of 64 cells as large as this in control, or in the smaller candidate, about once
 * in twenty times.
 */
const MOST_CONTROL = 1.3;
const MOST_CANDIDATE = 1.6;
/** Fewest events that can show clustering: of so many from a few users several would share a cell. */
const FEWEST_EVENTS = 8;

/** Whether the cells show that requests fail and slow down independently of each other; false while too little is known. */
export function showsIndependence({ candidate, control, events }: DesignEffect): boolean {
  return events >= FEWEST_EVENTS && candidate < MOST_CANDIDATE && control < MOST_CONTROL;
}

/** Whether the cells show that they do not. */
export function showsClusters(effect: DesignEffect): boolean {
  return effect.events >= FEWEST_EVENTS && !showsIndependence(effect);
}

/** The factor by which steady evidence is to be divided: what is above chance, of the arm that shows more. */
export function doubtFactor({ candidate, control }: DesignEffect): number {
  return 1 + Math.max(0, candidate - MOST_CONTROL, control - MOST_CONTROL);
}
