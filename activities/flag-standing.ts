import { RecentMap } from '../core/recent-map';
import type { Flag } from '../flags/document/flag';
import { documentId } from '../flags/document/identifiers';
import type { Place } from '../flags/document/rollout-block';
import { namesNoSegment, takeBasis, variantAt, type Basis } from '../flags/transition/basis';
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

/** What of a flag a look has to do with. */
interface Surroundings {
  readonly gone: string | null;
  readonly basis: Basis;
  readonly control: string | null;
  /** Whether the place still serves a variant to compare with. */
  readonly usable: boolean;
}

/** How it stood when it was read, and by which record. */
interface Seen {
  readonly hash: string;
  readonly surroundings: Surroundings;
}

/** Flags whose surroundings a process remembers. */
const REMEMBERED_FLAGS = 5_000;

/**
 * Reads how a flag stands towards the rollout or experiment that it should carry, and what was edited since it was last
 * looked at. A flag that stands as it did is not read again: the hash of its last record tells. One whose rules name
 * segments is, since those change by themselves.
 */
export function createStandingReader({
  flags,
  segments,
  decisions,
}: StandingDependencies): (request: StandingRequest) => Promise<LookResult['flag']> {
  const seen = new RecentMap<Seen>(REMEMBERED_FLAGS);

  const surroundingsOf = async (request: StandingRequest, flagId: string): Promise<Surroundings | null> => {
    const { rolloutId, candidate, place } = request;
    const key = JSON.stringify([rolloutId, candidate, place]);
    const known = seen.get(key);
    if (known !== undefined && known.hash === (await flags.lastHash(flagId))) return known.surroundings;
    const flag = await flags.get(flagId);
    if (flag === null) return null;
    // Most flags name no segment, and a look reads as little as it can.
    const namesNone = namesNoSegment(flag);
    const listed = namesNone ? [] : await segments.list(request.environment);
    const control = variantAt(flag, place);
    const surroundings = {
      gone: whyGone(flag, rolloutId),
      basis: takeBasis(flag, candidate, new Map(listed.map((segment) => [segment.key, segment]))),
      control,
      usable: control !== null && control !== candidate && Object.hasOwn(flag.variants, candidate),
    };
    if (namesNone) seen.put(key, { hash: flag.lastChange.hash, surroundings });
    else seen.take(key);
    return surroundings;
  };

  return async (request) => {
    const flagId = documentId(request.environment, request.flagKey);
    const found = await surroundingsOf(request, flagId);
    if (found === null || found.gone !== null) {
      return { standing: 'gone', detail: found?.gone ?? DELETED, conflict: null, basis: null, control: null };
    }
    const { basis, control, usable } = found;
    if (request.basis === null || basis.fingerprint === request.basis.fingerprint) {
      return { standing: 'ours', detail: '', conflict: null, basis, control };
    }
    const edits = await describeEdits(decisions, flagId, request.basis.revision, request.rolloutId);
    return {
      standing: 'ours',
      detail: '',
      conflict: usable ? edits : `${edits}; the place no longer serves a variant to compare with`,
      basis: usable ? basis : null,
      control,
    };
  };
}

const DELETED = 'the flag was deleted';

function whyGone(flag: Flag, rolloutId: string): string | null {
  if (flag.deleted) return DELETED;
  if (flag.rollout === undefined) return 'the flag carries no rollout any more';
  return flag.rollout.id === rolloutId ? null : `the flag carries rollout ${flag.rollout.id}`;
}
