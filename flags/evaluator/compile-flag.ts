import type { HeldOut, Rule, Serve } from '../document/flag';
import { targetingKeyOf } from './attribute';
import { BUCKET_COUNT, bucketUnder, prepareSalt, thresholdOf } from './bucket';
import { compileCondition, type SegmentLookup } from './condition';
import { withHoldouts, type CompiledHoldout } from './holdout';
import type { Lease } from './lease';
import type { CompiledFlag, Predicate, Resolution, Resolver, SdkFlag } from './resolution';
import { compileRollout } from './rollout';
import { failure, resolutionMaker, type ResolutionMaker } from './variants';

/** Where a flag's compilation finds what it refers to. */
export interface FlagReferences {
  readonly segment: SegmentLookup;
  readonly prerequisite: (key: string) => CompiledFlag | undefined;
  /** The lease of a rollout, made when it is new. */
  readonly lease: (rolloutId: string) => Lease;
  /** Holdouts that cover the flag, oldest first. */
  readonly holdouts: readonly CompiledHoldout[];
}

/** Compiles one flag to one closure: disabled, prerequisites, rules in order, default; the live rollout stands at its place. */
export function compileFlag(flag: SdkFlag, references: FlagReferences): Resolver {
  const make = resolutionMaker(flag);
  if (!flag.enabled) {
    const off = make(flag.offVariant, 'DISABLED');
    return () => off;
  }
  return withPrerequisites(flag, make, references, compileRules(flag, make, references));
}

function withPrerequisites(flag: SdkFlag, make: ResolutionMaker, references: FlagReferences, then: Resolver): Resolver {
  if (flag.prerequisites.length === 0) return then;
  const checks = flag.prerequisites.map(({ flag: key, variants }) => ({
    required: references.prerequisite(key)?.resolve,
    variants: new Set<string | undefined>(variants),
    failed: make(flag.offVariant, 'DISABLED', { metadata: { prerequisiteFailed: key } }),
  }));
  return (context, monotonicMs) => {
    for (const { required, variants, failed } of checks) {
      if (required === undefined || !variants.has(required(context, monotonicMs).details.variant)) return failed;
    }
    return then(context, monotonicMs);
  };
}

function compileRules(flag: SdkFlag, make: ResolutionMaker, references: FlagReferences): Resolver {
  const otherwise = compileDefault(flag, make, references);
  const rules = flag.rules.map((rule) => ({
    matches: compileCondition(rule.if, references.segment),
    resolve: compileRule(rule, flag, make, references),
  }));
  if (rules.length <= CHAINED_RULES) {
    return rules.reduceRight<Resolver>((then, { matches, resolve }) => either(matches, resolve, then), otherwise);
  }
  return (context, monotonicMs) => {
    for (const { matches, resolve } of rules) if (matches(context)) return resolve(context, monotonicMs);
    return otherwise(context, monotonicMs);
  };
}

/** Up to so many rules stand in one another as calls, which is quicker than a loop; more would only make the stack deep. */
const CHAINED_RULES = 4;

function either(matches: Predicate, then: Resolver, otherwise: Resolver): Resolver {
  return (context, monotonicMs) => (matches(context) ? then(context, monotonicMs) : otherwise(context, monotonicMs));
}

function compileDefault(flag: SdkFlag, make: ResolutionMaker, references: FlagReferences): Resolver {
  const { rollout, heldOut } = flag;
  if (rollout?.place.kind === 'default') {
    const lease = references.lease(rollout.id);
    return compileRollout(rollout, { ...references, flag: flag.key, make, lease, placeReason: 'DEFAULT', heldOut });
  }
  const isPinned = references.holdouts.some(({ source: { key } }) => heldOut?.[key] !== undefined);
  const isStatic = flag.rules.length === 0 && rollout === undefined && !isPinned;
  const resolution = make(flag.defaultVariant, isStatic ? 'STATIC' : 'DEFAULT');
  return withHoldouts(references.holdouts, pinned(heldOut, make), () => resolution);
}

function compileRule(rule: Rule, flag: SdkFlag, make: ResolutionMaker, references: FlagReferences): Resolver {
  const { rollout } = flag;
  const { heldOut } = rule;
  if (rollout?.place.kind === 'rule' && rollout.place.rule === rule.name) {
    const lease = references.lease(rollout.id);
    const parts = { ...references, flag: flag.key, make, lease, heldOut };
    return compileRollout(rollout, { ...parts, placeReason: 'TARGETING_MATCH' });
  }
  const pin = pinned(heldOut, make);
  const toDefault = (holdout: string): Resolution => make(flag.defaultVariant, 'SPLIT', { metadata: { holdout } });
  // A split is a feature on trial; one variant for all that match is none, unless it was pinned for keys held out meanwhile.
  const answerFor = 'variant' in rule.serve ? pin : (key: string): Resolution => pin(key) ?? toDefault(key);
  return withHoldouts(references.holdouts, answerFor, compileServe(rule.serve, flag, make));
}

/** What a place keeps for keys of a holdout. */
function pinned(heldOut: HeldOut | undefined, make: ResolutionMaker): (holdout: string) => Resolution | undefined {
  return (holdout) => {
    const variant = heldOut?.[holdout];
    return variant === undefined ? undefined : make(variant, 'SPLIT', { metadata: { holdout } });
  };
}

function compileServe(serve: Serve, flag: SdkFlag, make: ResolutionMaker): Resolver {
  if ('variant' in serve) {
    const resolution = make(serve.variant, 'TARGETING_MATCH');
    return () => resolution;
  }
  const salt = prepareSalt(serve.salt ?? flag.salt);
  let total = 0;
  const shares = serve.split.map(({ variant, weight }) => {
    total += weight;
    return { below: thresholdOf(total), resolution: make(variant, 'SPLIT') };
  });
  const last = shares.at(-1);
  // Weights add up to 100; whatever an unchecked document leaves over goes to the last variant rather than to nobody.
  if (last !== undefined) last.below = BUCKET_COUNT;
  const keyless = failure('TARGETING_KEY_MISSING', `flag '${flag.key}' splits by targeting key, and there is none`);
  return (context) => {
    const key = targetingKeyOf(context);
    if (key === undefined) return keyless;
    const bucket = bucketUnder(salt, key);
    for (const { below, resolution } of shares) if (bucket < below) return resolution;
    return keyless;
  };
}
