import {
  CauseCode,
  type AttributedCause,
  type AttributionInput,
  type CauseEvidence,
  type ClearedCause,
  type OtherChange,
} from './attribution';

/** A change loses half its weight with each such time before the trouble. */
const HALF_LIFE_MS = 10 * 60_000;
/** The clock of a writer, and the width of a window, may put a cause this long after its effect. */
const TOLERANCE_MS = 60_000;
const CLOSENESS_WEIGHT = 2;
const RELATION_WEIGHT = 1;
const SEGMENT_WEIGHT = 0.5;

/** How the trouble looks from the randomised split. */
export interface SplitView {
  readonly armsDiffer: boolean;
  /** The control left its usual range too; false also where it has too few windows to say. */
  readonly controlMoved: boolean;
  readonly onsetAtMs: number | null;
}

/**
 * Weighs what other flags did. Keys fall into another flag's variants independently of ours, so such a change meets
 * both arms alike: when the control shows no trouble it explains nothing, unless the two flags depend on each other.
 * Otherwise nearness in time before the onset counts, and what the flags share.
 */
export function weighChange(
  change: OtherChange,
  { decidedAtMs }: AttributionInput,
  { armsDiffer, controlMoved, onsetAtMs }: SplitView,
): AttributedCause | ClearedCause {
  const subject = { kind: 'flag', name: change.flag } as const;
  const leadMs = (onsetAtMs ?? decidedAtMs) - change.atMs;
  const numbers = { leadMs, ...(change.weightAfter === undefined ? {} : { weightAfter: change.weightAfter }) };
  if (leadMs < -TOLERANCE_MS) {
    const text = `${change.action} of '${change.flag}' came ${minutes(-leadMs)} after the trouble began`;
    return { subject, evidence: { code: CauseCode.ChangedAfter, text, numbers } };
  }
  if (!controlMoved && armsDiffer && change.relation === null) {
    const text = `'${change.flag}' meets both arms alike, so it cannot make them differ`;
    return { subject, evidence: { code: CauseCode.MeetsBothArms, text, numbers } };
  }
  const closeness = 2 ** (-Math.max(0, leadMs) / HALF_LIFE_MS);
  const evidence: CauseEvidence[] = [
    {
      code: CauseCode.ChangedBefore,
      text: `${change.action} of '${change.flag}' came ${minutes(Math.max(0, leadMs))} before the trouble began`,
      numbers,
    },
  ];
  let weight = CLOSENESS_WEIGHT * closeness;
  if (change.relation !== null) {
    weight += RELATION_WEIGHT * closeness;
    const how =
      change.relation === 'depends_on_us' ? 'has this flag as a prerequisite' : 'is a prerequisite of this flag';
    evidence.push({ code: CauseCode.Depends, text: `'${change.flag}' ${how}, so it can act in one arm alone` });
  }
  if (change.sharedSegments.length > 0) {
    weight += SEGMENT_WEIGHT * closeness;
    evidence.push({
      code: CauseCode.SharesSegments,
      text: `both name ${change.sharedSegments.slice(0, 5).join(', ')}`,
    });
  }
  return { subject, weight, strength: evidence.length > 1 && controlMoved ? 'moderate' : 'weak', evidence };
}

/** A length of time for people. */
export function minutes(ms: number): string {
  return ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}
