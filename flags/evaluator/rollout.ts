import type { FlagMetadata } from '@openfeature/core';
import type { HeldOut } from '../document/flag';
import type { RolloutBlock } from '../document/rollout-block';
import { targetingKeyOf } from './attribute';
import { drawArms } from './arms';
import { bucketUnder, prepareSalt } from './bucket';
import type { SegmentLookup } from './condition';
import { withHoldouts, type CompiledHoldout } from './holdout';
import { hasLapsed, type Lease } from './lease';
import type { Reason, Resolution, Resolver, Served } from './resolution';
import type { ResolutionMaker } from './variants';

/** What {@link compileRollout} needs beside the block. */
export interface RolloutParts {
  readonly flag: string;
  readonly make: ResolutionMaker;
  readonly segment: SegmentLookup;
  readonly lease: Lease;
  /** Reason of the place itself, given where no bucket could be drawn. */
  readonly placeReason: Reason;
  /** Holdouts that cover the flag, oldest first. */
  readonly holdouts: readonly CompiledHoldout[];
  /** What the place keeps for them; where it keeps nothing they get the control. */
  readonly heldOut: HeldOut | undefined;
}

/**
 * Compiles the place that a live rollout owns. A key that no holdout has gets the candidate when its lease holds, no
 * excluded segment has it and its bucket is below the weight's threshold; else the control. Without targeting key it is
 * the control too: a rollout never turns a working evaluation into an error.
 */
export function compileRollout(
  block: RolloutBlock,
  { flag, make, segment, lease, placeReason, holdouts, heldOut }: RolloutParts,
): Resolver {
  const { id, transition, weight, control } = block;
  const isExperiment = block.arms !== undefined;
  const metadata: FlagMetadata = isExperiment
    ? { experimentId: id, transition }
    : { rolloutId: id, transition, weight };
  const served = (variant: string, drawn: boolean): Served => ({
    flag,
    rollout: id,
    transition,
    variant,
    windowMs: block.observe.windowMs,
    ...(block.observe.users !== undefined && { perUser: true }),
    drawn,
  });
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
  const drawn = (variant: string): Resolution =>
    make(variant, 'SPLIT', { metadata: { ...metadata }, served: served(variant, true) });
  const draw = drawArms(block, drawn, keyless);
  const mayLapse = block.onLapse !== 'freeze';

  // Held-out keys are in neither arm: counted as control, they would be people whom other features do not reach either.
  const held = (holdout: string): Resolution => {
    const variant = heldOut?.[holdout] ?? control;
    return make(variant, 'SPLIT', { metadata: { ...metadata, holdout }, served: served(variant, false) });
  };
  return withHoldouts(holdouts, held, (context, monotonicMs) => {
    const key = targetingKeyOf(context);
    if (key === undefined) return keyless;
    if (mayLapse && hasLapsed(lease, key, monotonicMs)) return lapsed;
    for (const { matches, resolution } of excluded) if (matches(context)) return resolution;
    return draw(bucketUnder(salt, key));
  });
}
