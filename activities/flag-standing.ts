import type { Flag } from '../flags/document/flag';
import { documentId } from '../flags/document/identifiers';
import type { Place } from '../flags/document/rollout-block';
import { referencedSegments, takeBasis, variantAt, type Basis } from '../flags/transition/basis';
import type { DecisionsRepository } from '../store/decisions-repository';
import type { FlagsRepository } from '../store/flags-repository';
import type { SegmentsRepository } from '../store/segments-repository';
import { describeEdits } from './describe-edits';
import type { LookResult, RolloutRef } from './rollout-activities';

/** Whose flag is looked at, and what it looked like. */
export interface StandingRequest extends RolloutRef {
  readonly basis: Basis | null;
  readonly candidate: string;
  readonly place: Place;
}

/** What reading a flag's standing needs. */
export interface StandingDependencies {
  readonly flags: FlagsRepository;
  readonly segments: SegmentsRepository;
  readonly decisions: DecisionsRepository;
}

/** Reads how a flag stands towards the rollout or experiment that it should carry, and what was edited since it was last looked at. */
export function createStandingReader({
  flags,
  segments,
  decisions,
}: StandingDependencies): (request: StandingRequest) => Promise<LookResult['flag']> {
  return async (request) => {
    const flagId = documentId(request.environment, request.flagKey);
    const flag = await flags.get(flagId);
    const gone = whyGone(flag, request.rolloutId);
    if (flag === null || gone !== null) {
      return { standing: 'gone', detail: gone ?? '', conflict: null, basis: null, control: null };
    }
    const { candidate, place } = request;
    // Most flags name no segment, and a look reads as little as it can.
    const namesNone = referencedSegments({ rules: flag.rules }, new Map()).length === 0;
    const listed = namesNone ? [] : await segments.list(request.environment);
    const byKey = new Map(listed.map((segment) => [segment.key, segment]));
    const basis = takeBasis(flag, candidate, byKey);
    const control = variantAt(flag, place);
    if (request.basis === null || basis.fingerprint === request.basis.fingerprint) {
      return { standing: 'ours', detail: '', conflict: null, basis, control };
    }
    const edits = await describeEdits(decisions, flagId, request.basis.revision, request.rolloutId);
    const usable = control !== null && control !== candidate && Object.hasOwn(flag.variants, candidate);
    return {
      standing: 'ours',
      detail: '',
      conflict: usable ? edits : `${edits}; the place no longer serves a variant to compare with`,
      basis: usable ? basis : null,
      control,
    };
  };
}

function whyGone(flag: Flag | null, rolloutId: string): string | null {
  if (flag === null || flag.deleted) return 'the flag was deleted';
  if (flag.rollout === undefined) return 'the flag carries no rollout any more';
  return flag.rollout.id === rolloutId ? null : `the flag carries rollout ${flag.rollout.id}`;
}
