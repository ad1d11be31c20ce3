import type { Condition } from '../document/condition';
import { attributesOf, bucketOf, hashOf, withGroups } from './growthbook-conditions';
import type { GrowthBookPayload, GrowthBookRule } from './growthbook-payload';
import { bucketRanges } from './growthbook-ranges';
import type { FeatureValues, Value } from './growthbook-values';
import { allOf, type DraftRule } from './imported';

/**
 * Shares are compared with 'at most', ranges with 'less than': this little makes the one the other, and is less than
 * any bucket.
 */
const LITTLE = 1e-9;

/** One rule as rules here: none where it reaches nobody. */
export function rulesOfRule(
  name: string,
  featureKey: string,
  rule: GrowthBookRule,
  values: FeatureValues,
  { savedGroups = {}, contextualBandits = {} }: GrowthBookPayload,
): DraftRule[] {
  const conditions: Condition[] = [];
  if (rule.condition !== undefined && Object.keys(rule.condition).length > 0) {
    conditions.push({ query: withGroups(rule.condition, savedGroups) });
  }
  for (const { seed, ranges, attribute = 'id', hashVersion = 2 } of rule.filters ?? []) {
    const hash = hashOf(hashVersion);
    if (hash === null) return [];
    conditions.push(bucketOf(hash, seed, [attribute], ranges));
  }
  if (rule.force !== undefined) {
    const share = shareOf(featureKey, rule);
    if (share === 'nobody') return [];
    const audience = allOf(share === null ? conditions : [...conditions, share]);
    return [{ name, if: audience, variant: values.nameOf(rule.force) }];
  }
  const variations = rule.variations ?? rule.contextualVariations ?? [];
  if (variations.length < 2 || rule.active === false) return [];
  if (rule.filters === undefined && rule.namespace !== undefined) {
    const [namespace, from, to] = rule.namespace;
    conditions.push(bucketOf('growthbook_1', `__${namespace}`, attributesOf(rule), [[from, to]]));
  }
  const leaves = leavesOf(rule, contextualBandits, savedGroups);
  return leaves.flatMap(({ suffix, within, weights }) =>
    experimentRules(
      `${name}${suffix}`,
      featureKey,
      { ...rule, weights, variations },
      [...conditions, ...within],
      values,
    ),
  );
}

/** An experiment's variations, each where its range lies. One that passes through is left to the rules that follow. */
function experimentRules(
  name: string,
  featureKey: string,
  rule: Omit<GrowthBookRule, 'weights' | 'variations'> & {
    variations: readonly Value[];
    weights: readonly number[] | undefined;
  },
  conditions: readonly Condition[],
  values: FeatureValues,
): DraftRule[] {
  const hash = hashOf(rule.hashVersion ?? 1);
  if (hash === null) return [];
  const { variations, coverage = 1, weights, meta = [] } = rule;
  const ranges = rule.ranges ?? bucketRanges(variations.length, coverage, weights);
  return variations.flatMap((value, index) => {
    const range = ranges[index];
    if (range === undefined || !(range[1] > range[0]) || meta[index]?.passthrough === true) return [];
    const bucket = bucketOf(hash, rule.seed ?? rule.key ?? featureKey, attributesOf(rule), [range]);
    const audience = allOf([...conditions, bucket]);
    return [{ name: `${name}-${index}`, if: audience, variant: values.nameOf(value) }];
  });
}

interface Leaf {
  readonly suffix: string;
  readonly within: readonly Condition[];
  readonly weights: readonly number[] | undefined;
}

/**
 * The contexts of a bandit, the first that fits deciding; the rule's own weights where none does. Without a bandit that
 * is all.
 */
function leavesOf(
  { contextualBanditRef, weights }: GrowthBookRule,
  bandits: NonNullable<GrowthBookPayload['contextualBandits']>,
  savedGroups: NonNullable<GrowthBookPayload['savedGroups']>,
): readonly Leaf[] {
  const contexts = contextualBanditRef === undefined ? [] : (bandits[contextualBanditRef]?.contexts ?? []);
  const leaves: Leaf[] = [];
  const before: Condition[] = [];
  for (const [index, context] of contexts.entries()) {
    const isCatchAll = context.condition === undefined || Object.keys(context.condition).length === 0;
    const own: Condition[] = isCatchAll ? [] : [{ query: withGroups(context.condition ?? {}, savedGroups) }];
    leaves.push({
      suffix: `-context-${index + 1}`,
      within: [...before.map((condition): Condition => ({ not: condition })), ...own],
      weights: context.weights,
    });
    if (isCatchAll) return leaves;
    before.push(...own);
  }
  return [...leaves, { suffix: '', within: before.map((condition): Condition => ({ not: condition })), weights }];
}

/** Whom a forced value reaches beyond its conditions: everybody (null), a share, or nobody. */
function shareOf(
  featureKey: string,
  { range, coverage, seed, hashVersion = 1, ...rule }: GrowthBookRule,
): Condition | null | 'nobody' {
  if (range === undefined && coverage === undefined) return null;
  const hash = hashOf(hashVersion);
  if (hash === null || (range === undefined && coverage === 0)) return 'nobody';
  return bucketOf(hash, seed ?? featureKey, attributesOf(rule), [range ?? [0, (coverage ?? 1) + LITTLE]]);
}
