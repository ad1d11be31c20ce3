import type { Condition } from '../document/condition';
import type { FlagDefinition, FlagType, Prerequisite } from '../document/flag';
import type { ForeignBucket, Query } from '../document/foreign-condition';
import { FlagKey } from '../document/identifiers';
import { compileQuery } from '../evaluator/foreign/query';
import {
  allOf,
  definitionOf,
  ImportResult,
  NotExpressible,
  NoteKind,
  rulesOf,
  type DraftRule,
  type Imported,
} from './imported';
import {
  KNOWN_RULE_FIELDS,
  type GrowthBookFeature,
  type GrowthBookPayload,
  type GrowthBookRule,
} from './growthbook-payload';
import { bucketRanges } from './growthbook-ranges';

type Value = FlagDefinition['variants'][string];

/** Shares are compared with 'at most', ranges with 'less than': this little makes the one the other, and is less than any bucket. */
const LITTLE = 1e-9;

/**
 * Flags of what GrowthBook's clients are sent. Whoever had a value there has it here: users are drawn by GrowthBook's own hashes, and conditions are queries with
 * GrowthBook's meaning. Values become variants named after their place; a default of null becomes the caller's own. The context's attributes are GrowthBook's by
 * name; `id` is the targeting key where it is not given.
 *
 * @see https://docs.growthbook.io/lib/build-your-own
 */
export function importGrowthBook(payload: GrowthBookPayload): Imported {
  const result = new ImportResult();
  for (const [key, feature] of Object.entries(payload.features)) {
    try {
      result.flags.push(flagOf(key, feature, payload, result));
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      result.note(NoteKind.LeftOut, `features.${key}`, error.message);
    }
  }
  if ((payload.experiments ?? []).length > 0) {
    result.note(
      NoteKind.LeftOut,
      'experiments',
      'experiments on pages are no flags: they change a page in its browser',
    );
  }
  return result;
}

function flagOf(
  key: string,
  feature: GrowthBookFeature,
  payload: GrowthBookPayload,
  result: ImportResult,
): FlagDefinition {
  if (!FlagKey.safeParse(key).success) throw new NotExpressible(`'${key}' is no name that a flag can have here`);
  const values = new Values(feature);
  const prerequisites: Prerequisite[] = [];
  const drafts: DraftRule[] = [];
  let isOpen = true;
  for (const [index, rule] of (feature.rules ?? []).entries()) {
    const item = `features.${key}.rules[${index}]`;
    for (const field of Object.keys(rule).filter((name) => !KNOWN_RULE_FIELDS.has(name))) {
      result.note(NoteKind.LeftOut, `${item}.${field}`, 'is not known here; check what it does for this rule');
    }
    for (const parent of rule.parentConditions ?? []) {
      const gate = gateOf(parent, drafts.length > 0, payload);
      if (gate === 'never')
        result.note(NoteKind.Noted, item, `'${parent.id}', which gates it, never opens, so that the flag is off`);
      if (gate === 'never') isOpen = false;
      else prerequisites.push(gate);
    }
    if ((rule.tracks ?? []).length > 0) {
      result.note(NoteKind.LeftOut, `${item}.tracks`, 'what an evaluation tracks elsewhere is not taken over');
    }
    if (rule.minBucketVersion !== undefined) {
      result.note(
        NoteKind.Changed,
        item,
        'users who once had a variation are not kept from the experiment, since no bucket is remembered',
      );
    }
    drafts.push(...rulesOfRule(`rule-${index + 1}`, key, rule, values, payload));
  }
  const { rules, defaultVariant } = rulesOf(drafts, values.defaultVariant);
  return definitionOf({
    key,
    type: values.type,
    variants: values.variants,
    ...(defaultVariant === undefined ? {} : { defaultVariant }),
    rules,
    enabled: isOpen,
    prerequisites: isOpen ? prerequisites : [],
  });
}

/** A parent that must have one of some values, as the variants that hold them; 'never' where it has none of them or depends on itself. */
function gateOf(
  { id, condition, gate }: NonNullable<GrowthBookRule['parentConditions']>[number],
  isLate: boolean,
  { features, savedGroups = {} }: GrowthBookPayload,
): Prerequisite | 'never' {
  if (gate !== true) {
    throw new NotExpressible(
      `a rule depends on the value of '${id}'; here another flag decides over a flag as a whole`,
    );
  }
  if (isLate) {
    throw new NotExpressible(`'${id}' gates it after other rules; here another flag decides before every rule`);
  }
  const parent = features[id];
  if (parent === undefined || dependsOn(id, id, features)) return 'never';
  const holds = compileQuery(withGroups(condition, savedGroups));
  const { variants } = new Values(parent);
  const wanted = Object.entries(variants).flatMap(([name, value]) => (holds({ value }) ? [name] : []));
  return wanted.length === 0 ? 'never' : { flag: id, variants: wanted };
}

function dependsOn(
  key: string,
  target: string,
  features: GrowthBookPayload['features'],
  seen = new Set<string>(),
): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  const parents = (features[key]?.rules ?? []).flatMap(({ parentConditions = [] }) => parentConditions);
  return parents.some(({ id }) => id === target || dependsOn(id, target, features, seen));
}

/** One rule as rules here: none where it reaches nobody. */
function rulesOfRule(
  name: string,
  featureKey: string,
  rule: GrowthBookRule,
  values: Values,
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
  values: Values,
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

/** The contexts of a bandit, the first that fits deciding; the rule's own weights where none does. Without a bandit that is all. */
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

function attributesOf({
  hashAttribute = 'id',
  fallbackAttribute,
}: Pick<GrowthBookRule, 'hashAttribute' | 'fallbackAttribute'>): string[] {
  const named = hashAttribute === '' ? 'id' : hashAttribute;
  return fallbackAttribute === undefined || fallbackAttribute === '' ? [named] : [named, fallbackAttribute];
}

/** Null for a version that no client knows, which reaches nobody. */
function hashOf(version: number): ForeignBucket['hash'] | null {
  return version === 1 ? 'growthbook_1' : version === 2 ? 'growthbook_2' : null;
}

function bucketOf(
  hash: ForeignBucket['hash'],
  seed: string,
  attributes: readonly string[],
  ranges: [number, number][],
): Condition {
  return { bucket: { hash, seed, attributes: [...attributes], size: 1, ranges } };
}

/** The query with the members of its saved groups in place of their names; a group that is not there has none. */
function withGroups(query: Query, groups: NonNullable<GrowthBookPayload['savedGroups']>): Query {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]: [string, unknown]) => {
        if (name === '$inGroup') return ['$in', groups[String(part)] ?? []];
        if (name === '$notInGroup') return ['$nin', groups[String(part)] ?? []];
        return [name, walk(part)];
      }),
    );
  };
  return walk(query) as Query;
}

/** The values of a feature as the variants of a flag. */
class Values {
  readonly type: FlagType;
  readonly variants: FlagDefinition['variants'] = {};
  readonly defaultVariant: string | undefined;
  private readonly names = new Map<string, string>();

  constructor({ defaultValue, rules = [] }: GrowthBookFeature) {
    const values = rules.flatMap(({ force, variations = [], contextualVariations = [] }) => [
      ...(force === undefined ? [] : [force]),
      ...variations,
      ...contextualVariations,
    ]);
    const hasDefault = defaultValue !== undefined && defaultValue !== null;
    const all = hasDefault ? [defaultValue, ...values] : values;
    this.type = typeOf(all);
    if (hasDefault) this.add(defaultValue, this.type === 'boolean' ? wordOf(defaultValue) : 'default');
    for (const value of values)
      this.add(value, this.type === 'boolean' ? wordOf(value) : `value-${this.names.size + 1}`);
    if (all.length === 0) this.add(false, 'off');
    this.defaultVariant = hasDefault ? this.nameOf(defaultValue) : undefined;
  }

  nameOf(value: Value): string {
    return this.names.get(JSON.stringify(value)) ?? 'default';
  }

  private add(value: Value, name: string): void {
    const written = JSON.stringify(value);
    if (this.names.has(written)) return;
    this.names.set(written, name);
    this.variants[name] = value;
  }
}

function wordOf(value: Value): string {
  return value === true ? 'on' : 'off';
}

function typeOf(values: readonly Value[]): FlagType {
  const types = new Set(
    values.map((value) => {
      if (value === null) throw new NotExpressible('one of its values is null, and a variant here has a value');
      return typeof value;
    }),
  );
  const [only = 'boolean'] = types;
  if (types.size > 1) {
    throw new NotExpressible(`its values are of several types (${[...types].join(', ')}), and a flag here has one`);
  }
  return only as FlagType;
}
