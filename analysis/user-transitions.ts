import { ln } from '../ml/elementary/ln';
import type { Metric } from '../flags/plan/metric';
import type { Stratum } from '../metrics/windows';
import { evidenceOf, logMeanEvidence } from '../ml/sequential/mixture-evidence';
import type { HarmMemory } from './evidence/judge-trials';
import { emptyTrial } from './evidence/trial';
import { emptyEvidence } from './metric-evidence';

/** Where a metric per user stands among the transitions. */
export interface UserStarts {
  /** The one whose users are counted now. */
  transition: number;
  /** Starts so far, from 1; the j-th has the share 1/(j(j+1)) of the promise. */
  starts: number;
  /** Evidence of the earlier ones, already multiplied by their shares. */
  banked: number;
}

/**
 * Begins anew with each transition, in place. Within one a user counts once, so users are independent; from one to the
 * next they are the same people in the same arms, and what they do again is no new evidence. So evidence of transitions
 * is not multiplied but averaged by shares, which is valid however they hang together (Vovk and Wang 2021,
 * doi:10.1214/20-AOS2020); safety is shown by the present transition alone.
 *
 * @param logHarm - the evidence of the transition that ends, asked for only then
 * @returns the strata that count: those of the newest transition
 */
export function followTransition(
  memory: HarmMemory,
  metric: Metric,
  window: readonly Stratum[],
  logHarm: () => number,
): readonly Stratum[] {
  const newest = Math.max(...window.map(({ transition }) => transition));
  const standing = (memory.users[metric.name] ??= { transition: newest, starts: 1, banked: 0 });
  if (newest > standing.transition) {
    standing.banked += shareOf(standing.starts) * evidenceOf(Math.min(600, logHarm()));
    standing.starts += 1;
    standing.transition = newest;
    const before = memory.trials[metric.name];
    const fresh = emptyTrial(metric);
    // How noisy windows are, and on what scale values are, is no evidence and stays known.
    memory.trials[metric.name] = before === undefined ? fresh : { ...fresh, noise: before.noise, scale: before.scale };
    memory.evidence[metric.name] = emptyEvidence(metric);
  }
  return window.filter(({ transition }) => transition === standing.transition);
}

/** Evidence (natural log) over all transitions, given that of the present one. */
export function overTransitions({ starts, banked }: Pick<UserStarts, 'starts' | 'banked'>, logPresent: number): number {
  // Transitions still to come are worth their share, as an e-process is 1 before it begins.
  return logMeanEvidence([ln(banked + 1 / (starts + 1)), logPresent], [1, shareOf(starts)]);
}

function shareOf(start: number): number {
  return 1 / (start * (start + 1));
}
