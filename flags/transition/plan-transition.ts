import type { DecisionAction } from '../document/decision-record';
import type { Flag, HeldOut, Rule, Serve } from '../document/flag';
import type { RolloutBlock } from '../document/rollout-block';
import { variantAt } from './basis';

/** A numbered write of a rollout, as the workflow decided it. */
export interface TransitionCommand {
  readonly rolloutId: string;
  /** Grows with every decision of the rollout; a lower number never follows a higher one onto the flag. */
  readonly transition: number;
  readonly action: DecisionAction;
  /** Percent to be served; ignored by ends. */
  readonly weight: number;
  readonly excludedSegments: readonly string[];
  /** Percent of eligible keys that keep the control after completion; 0 for none. */
  readonly controlHoldback: number;
  /** How the rollout ends by this write, or null. */
  readonly outcome: 'completed' | 'rolled_back' | 'aborted' | 'superseded' | 'refused' | null;
  /** The block to install; given with the first transition alone. */
  readonly start: Omit<RolloutBlock, 'id' | 'weight' | 'transition' | 'excludedSegments'> | null;
}

/** A flag without what the store itself keeps. */
export type FlagBody = Omit<Flag, 'revision' | 'lastChange' | 'schemaVersion'>;

/** What one command means for the flag as it stands. */
export type TransitionPlan =
  | { readonly kind: 'write'; readonly after: FlagBody; readonly weightBefore: number; readonly weightAfter: number }
  /** This very transition stands there already. */
  | { readonly kind: 'already' }
  /** A higher transition of the same rollout stands there. */
  | { readonly kind: 'overtaken'; readonly standing: number }
  /** The flag carries no rollout of this id (any more): nothing this command could change. */
  | { readonly kind: 'gone'; readonly why: string };

/** The rule that keeps an excluded segment on the control once the candidate is the place's own variant. */
function exclusionRule(segment: string, control: string, within: Rule | null, kept: HeldOut | undefined): Rule {
  const inSegment = { segment };
  return {
    name: `excluded-${segment}`.slice(0, 60),
    if: within === null ? inSegment : { all: [within.if, inSegment] },
    serve: { variant: control },
    ...(kept !== undefined && { heldOut: kept }),
  };
}

/** What the place serves from now on. A holdback keeps the rollout's salt, so that nobody who had the candidate loses it. */
function servedAfter(block: RolloutBlock, control: string, controlHoldback: number): Serve {
  if (controlHoldback === 0) return { variant: block.candidate };
  const split = [
    { variant: block.candidate, weight: Number((100 - controlHoldback).toFixed(3)) },
    { variant: control, weight: controlHoldback },
  ];
  return { split, salt: block.salt };
}

/**
 * What a place keeps for keys of the holdouts that cover the flag as its rollout completes: the control, or what
 * earlier rollouts under the same holdout have kept for them. So nobody who is held out gets a feature that was rolled
 * out meanwhile.
 */
function keptFor(holdouts: readonly string[], before: HeldOut | undefined, control: string): { heldOut?: HeldOut } {
  if (holdouts.length === 0) return before === undefined ? {} : { heldOut: before };
  return { heldOut: { ...Object.fromEntries(holdouts.map((holdout) => [holdout, control])), ...before } };
}

/** Name of the rule that holds the control back where the place is the default. */
const HOLDBACK_RULE = 'control-holdback';

/**
 * The completed flag: the place serves the candidate, and each excluded segment keeps the control by a rule that stands right
 * before the place, so that it touches exactly the keys that reach the place.
 */
function complete(
  flag: FlagBody,
  block: RolloutBlock,
  { excludedSegments: excluded, controlHoldback }: TransitionCommand,
  holdouts: readonly string[],
): FlagBody {
  const { rollout: _, ...rest } = flag;
  const { place } = block;
  const control = variantAt(flag, place) ?? block.control;
  if (place.kind === 'default') {
    const holdback: Rule = {
      name: HOLDBACK_RULE,
      // Keys alone can be split; who has none is served the default, which is the candidate.
      if: { attribute: 'targetingKey', operator: 'exists', value: true },
      serve: servedAfter(block, control, controlHoldback),
      ...keptFor(holdouts, flag.heldOut, control),
    };
    const rules = [
      ...flag.rules,
      ...excluded.map((segment) => exclusionRule(segment, control, null, flag.heldOut)),
      ...(controlHoldback === 0 ? [] : [holdback]),
    ];
    return { ...rest, rules, defaultVariant: block.candidate, ...keptFor(holdouts, flag.heldOut, control) };
  }
  const rules = flag.rules.flatMap((rule) =>
    rule.name === place.rule
      ? [
          ...excluded.map((segment) => exclusionRule(segment, control, rule, rule.heldOut)),
          { ...rule, serve: servedAfter(block, control, controlHoldback), ...keptFor(holdouts, rule.heldOut, control) },
        ]
      : [rule],
  );
  return { ...rest, rules };
}

/** The arms with what the place serves now as the control, which is their last one. */
function withControl(arms: NonNullable<RolloutBlock['arms']>, control: string): NonNullable<RolloutBlock['arms']> {
  return arms.map((arm, index) => (index === arms.length - 1 ? { ...arm, variant: control } : arm));
}

/**
 * Decides what a transition does to a flag: pure, so that every order, repetition and delay can be tried.
 *
 * @param flag - the flag as it stands, without the store's own fields
 * @param highest - number of the rollout's highest transition ever written, by the flag or its decision records; -1 for none
 * @param holdouts - keys of the live holdouts that cover the flag
 */
export function planTransition(
  flag: FlagBody,
  command: TransitionCommand,
  highest: number,
  holdouts: readonly string[] = [],
): TransitionPlan {
  if (highest === command.transition) return { kind: 'already' };
  if (highest > command.transition) return { kind: 'overtaken', standing: highest };
  if (flag.deleted) return { kind: 'gone', why: 'the flag was deleted' };
  const block = flag.rollout;
  if (block === undefined || block.id !== command.rolloutId) {
    if (command.start === null) {
      return {
        kind: 'gone',
        why: block === undefined ? 'the flag carries no rollout' : `the flag carries rollout ${block.id}`,
      };
    }
    if (block !== undefined) return { kind: 'gone', why: `the flag already carries rollout ${block.id}` };
    const installed: RolloutBlock = {
      ...command.start,
      id: command.rolloutId,
      weight: command.weight,
      transition: command.transition,
      excludedSegments: [...command.excludedSegments],
    };
    return { kind: 'write', after: { ...flag, rollout: installed }, weightBefore: 0, weightAfter: command.weight };
  }
  if (command.outcome === 'completed') {
    return {
      kind: 'write',
      after: complete(flag, block, command, holdouts),
      weightBefore: block.weight,
      weightAfter: 100 - command.controlHoldback,
    };
  }
  if (command.outcome !== null) {
    const { rollout: _, ...after } = flag;
    return { kind: 'write', after, weightBefore: block.weight, weightAfter: 0 };
  }
  const control = variantAt(flag, block.place) ?? block.control;
  const next: RolloutBlock = {
    ...block,
    control,
    ...(block.arms === undefined ? {} : { arms: withControl(block.arms, control) }),
    weight: command.weight,
    transition: command.transition,
    excludedSegments: [...command.excludedSegments],
  };
  return { kind: 'write', after: { ...flag, rollout: next }, weightBefore: block.weight, weightAfter: command.weight };
}
