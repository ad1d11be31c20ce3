import type { JudgePlan } from '../types';
import { logEvidenceOf } from './judge-segments';
import { forgetEvidence, type SegmentsState } from './segment-state';

/**
 * Brings the segments' state into line with who is excluded now, in place. A segment just excluded keeps the evidence
 * it was excluded on, so that the promise over all segments counts it; one taken back in starts from nothing.
 *
 * @param isClustered - whether everybody's cells show clusters of users
 * @returns whether a segment is out that the judge had asked for: then evidence of harm to everybody, which held that segment's
 *   share of it, must start afresh for the rest
 */
export function followExclusions(
  state: SegmentsState,
  excluded: readonly string[],
  plan: JudgePlan,
  isClustered: boolean,
): boolean {
  let isObeyed = false;
  for (const [segment, memory] of Object.entries(state.segments)) {
    const isOut = excluded.includes(segment);
    if (isOut && memory.excludedAt === null) {
      memory.excludedAt = logEvidenceOf(memory, plan, isClustered);
      isObeyed ||= memory.asked;
    } else if (!isOut && memory.excludedAt !== null) {
      forgetEvidence(memory);
      // To its users the candidate is new again, with cold caches.
      memory.raisedAt = null;
    }
  }
  return isObeyed;
}
