import type { RolloutBlock } from '../document/rollout-block';
import { targetingKeyOf } from './attribute';
import { bucketUnder, prepareSalt, thresholdOf } from './bucket';
import type { SegmentLookup } from './condition';
import { hasLapsed, type Lease } from './lease';
import type { Reason, Resolver, Served } from './resolution';
import type { ResolutionMaker } from './variants';

/** What {@link compileRollout} needs beside the block. */
export interface RolloutParts {
  readonly flag: string;
  readonly make: ResolutionMaker;
  readonly segment: SegmentLookup;
  readonly lease: Lease;
  /** Reason of the place itself, given where no bucket could be drawn. */
  readonly placeReason: Reason;
}

/**
 * Compiles the place that a live rollout owns. A key gets the candidate when its lease holds, no excluded segment has it and its
 * bucket is below the weight's threshold; else the control. Without targeting key it is the control too: a rollout never turns a working
 * evaluation into an error.
 */
export function compileRollout(
  block: RolloutBlock,
  { flag, make, segment, lease, placeReason }: RolloutParts,
): Resolver {
  const { id, transition, weight, control, candidate } = block;
  const metadata = { rolloutId: id, transition, weight };
  const served = (variant: string, drawn: boolean): Served => ({
    flag,
    rollout: id,
    transition,
    variant,
    windowMs: block.observe.windowMs,
    ...(block.observe.users !== undefined && { perUser: true }),
    drawn,
  });
  const candidateDrawn = make(candidate, 'SPLIT', { metadata: { ...metadata }, served: served(candidate, true) });
  const controlDrawn = make(control, 'SPLIT', { metadata: { ...metadata }, served: served(control, true) });
  const keyless = make(control, placeReason, { metadata: { ...metadata }, served: served(control, false) });
  const lapsed = make(control, 'SPLIT', {
    metadata: { ...metadata, leaseLapsed: true },
    served: served(control, false),
  });
  const excluded = block.excludedSegments.map((key) => ({
    matches: segment(key)?.matches ?? (() => false),
    resolution: make(control, 'SPLIT', { metadata: { ...metadata, excluded: key }, served: served(control, false) }),
  }));
  const salt = prepareSalt(block.salt);
  const threshold = thresholdOf(weight);
  const mayLapse = block.onLapse !== 'freeze';

  return (context, monotonicMs) => {
    const key = targetingKeyOf(context);
    if (key === undefined) return keyless;
    if (mayLapse && hasLapsed(lease, key, monotonicMs)) return lapsed;
    for (const { matches, resolution } of excluded) if (matches(context)) return resolution;
    return bucketUnder(salt, key) < threshold ? candidateDrawn : controlDrawn;
  };
}
