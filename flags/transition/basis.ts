import { contentHash } from '../../core/signing';
import type { Flag } from '../document/flag';
import type { Place } from '../document/rollout-block';
import type { Segment } from '../document/segment';
import { segmentsIn } from '../evaluator/references';

/** What a rollout relies on staying as it is, as hashes small enough to carry in a workflow. */
export interface Basis {
  /** Hash over default, variants, rules, salt, prerequisites, `enabled` and every segment reached from the rules. */
  readonly fingerprint: string;
  /** Hash over the candidate's value alone: harm evidence outlives an edit that leaves it alone. */
  readonly candidateFingerprint: string;
  /** Flag revision it was taken at. */
  readonly revision: number;
}

type FlagSurroundings = Pick<
  Flag,
  | 'defaultVariant'
  | 'heldOut'
  | 'offVariant'
  | 'variants'
  | 'rules'
  | 'salt'
  | 'prerequisites'
  | 'enabled'
  | 'revision'
  | 'rollout'
>;

/** Keys of all segments that a flag's rules, exclusions and observations reach, through other segments too, in order. */
export function referencedSegments(
  flag: Pick<Flag, 'rules' | 'rollout'>,
  segments: ReadonlyMap<string, Segment>,
): string[] {
  const reached = new Set<string>();
  const pending = [...flag.rules.flatMap((rule) => segmentsIn(rule.if)), ...(flag.rollout?.excludedSegments ?? [])];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    const segment = segments.get(key);
    if (segment !== undefined) pending.push(...segmentsIn(segment.if));
  }
  return [...reached].sort();
}

/** Whether a flag's rules name no segment, so that its basis can be taken without reading any. */
export function namesNoSegment({ rules }: Pick<Flag, 'rules'>): boolean {
  return referencedSegments({ rules }, new Map()).length === 0;
}

/**
 * Takes the fingerprint of a flag's surroundings. Cost grows with the size of the flag and of the segments it reaches.
 *
 * @param segments - the environment's segments by key; one that is missing counts as empty
 */
export function takeBasis(flag: FlagSurroundings, candidate: string, segments: ReadonlyMap<string, Segment>): Basis {
  return {
    fingerprint: contentHash({
      default: flag.defaultVariant,
      // Left out without any, so that fingerprints that live rollouts carry stay what they were.
      ...(flag.heldOut !== undefined && { heldOut: flag.heldOut }),
      off: flag.offVariant,
      variants: flag.variants,
      rules: flag.rules,
      salt: flag.salt,
      prerequisites: flag.prerequisites,
      enabled: flag.enabled,
      segments: referencedSegments({ rules: flag.rules }, segments).map((key) => [key, segments.get(key)?.if ?? null]),
    }),
    candidateFingerprint: contentHash(flag.variants[candidate] ?? null),
    revision: flag.revision,
  };
}

/** The variant a place serves today, which a rollout compares against; null when the place serves none or is not there. */
export function variantAt(flag: Pick<Flag, 'defaultVariant' | 'rules'>, place: Place): string | null {
  if (place.kind === 'default') return flag.defaultVariant ?? null;
  const rule = flag.rules.find(({ name }) => name === place.rule);
  return rule !== undefined && 'variant' in rule.serve ? rule.serve.variant : null;
}
