import { evidenceOf, logMeanEvidence, logMixtureEvidence } from '../ml/sequential/mixture-evidence';
import type { ArmTotals } from '../metrics/windows';
import { MISMATCH_RATE } from './sample-ratio';

/** A share counted in both arms: exposures without outcome, or events that came late. */
export interface ShareTally {
  windows: number;
  candidate: { hits: number; units: number };
  control: { hits: number; units: number };
}

/** A tally of nothing. */
export function emptyShare(): ShareTally {
  return { windows: 0, candidate: { hits: 0, units: 0 }, control: { hits: 0, units: 0 } };
}

/** How much the arms may differ before it matters: a share, plus part of control's own share. */
const TOLERATED = { absolute: 0.01, relative: 0.1 } as const;

/** Adds one stratum: what is counted, out of how many, in each arm. In place. */
export function addShare(
  tally: ShareTally,
  candidate: { readonly hits: number; readonly units: number },
  control: { readonly hits: number; readonly units: number },
): void {
  if (candidate.units <= 0 || control.units <= 0) return;
  tally.windows += 1;
  tally.candidate.hits += candidate.hits;
  tally.candidate.units += candidate.units;
  tally.control.hits += control.hits;
  tally.control.units += control.units;
}

/** A difference between the arms and the evidence for it. */
export interface ShareDifference {
  readonly candidate: number;
  readonly control: number;
  readonly evidence: number;
  readonly isOpen: boolean;
}

/**
 * Always-valid, two-sided test that a share differs between the arms by more than is tolerated. Nothing tells how many
 * users these are, so the variance is that of the mean window alone, as if the same users came back in each: slow, but
 * no handful of users can decide.
 */
export function shareDifference(tally: ShareTally): ShareDifference {
  if (tally.windows < 3) return { candidate: 0, control: 0, evidence: 1, isOpen: false };
  const candidate = tally.candidate.hits / tally.candidate.units;
  const control = tally.control.hits / tally.control.units;
  const perWindow = [tally.candidate.units / tally.windows, tally.control.units / tally.windows] as const;
  const weight = (perWindow[0] * perWindow[1]) / (perWindow[0] + perWindow[1]);
  const pooled =
    (tally.candidate.hits + tally.control.hits + 1) / (tally.candidate.units + tally.control.units + 2 * tally.windows);
  const beyond = Math.abs(candidate - control) - TOLERATED.absolute - TOLERATED.relative * control;
  const z = beyond * Math.sqrt(weight / Math.max(1e-12, pooled * (1 - Math.min(pooled, 0.999))));
  const evidence = evidenceOf(
    logMeanEvidence([logMixtureEvidence(z, weight, 16), logMixtureEvidence(-Math.abs(z), weight, 16)]),
  );
  return { candidate, control, evidence, isOpen: beyond > 0 && evidence >= 1 / MISMATCH_RATE };
}

/** Exposures without an outcome in time. */
export function missingOutcomes(arm: ArmTotals): { readonly hits: number; readonly units: number } {
  return { hits: Math.max(0, arm.exposures - arm.exposuresWithOutcome), units: arm.exposures };
}

/** Events that came after their window was closed to data. */
export function lateEvents(arm: ArmTotals): { readonly hits: number; readonly units: number } {
  let inTime = 0;
  for (const event of Object.values(arm.events)) inTime += event.count;
  return { hits: arm.late, units: arm.late + inTime };
}

/** More of the exposures than this meeting both variants under one transition is a finding; a few are clients restarting. */
const MIXED_SHARE = 0.005;
const MIXED_AT_LEAST = 5;

/** Whether too many users met both variants. */
export function isMixed(mixed: number, exposures: number): boolean {
  return mixed >= MIXED_AT_LEAST && mixed > MIXED_SHARE * exposures;
}
