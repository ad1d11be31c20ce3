import { z } from 'zod';
import { readEach } from './readable';
import { Query } from '../document/foreign-condition';

const Range = z.tuple([z.number(), z.number()]);

const Filter = z.object({
  seed: z.string(),
  ranges: z.array(Range),
  attribute: z.string().optional(),
  hashVersion: z.number().optional(),
});

const ParentCondition = z.object({ id: z.string(), condition: Query, gate: z.boolean().optional() });

const RuleShape = z.object({
  id: z.string().optional(),
  condition: Query.optional(),
  parentConditions: z.array(ParentCondition).optional(),
  filters: z.array(Filter).optional(),
  namespace: z.tuple([z.string(), z.number(), z.number()]).optional(),
  force: z.json().optional(),
  range: Range.optional(),
  coverage: z.number().optional(),
  hashAttribute: z.string().optional(),
  fallbackAttribute: z.string().optional(),
  hashVersion: z.number().optional(),
  seed: z.string().optional(),
  key: z.string().optional(),
  variations: z.array(z.json()).optional(),
  contextualVariations: z.array(z.json()).optional(),
  contextualBanditRef: z.string().optional(),
  weights: z.array(z.number()).optional(),
  ranges: z.array(Range).optional(),
  meta: z.array(z.object({ key: z.string().optional(), passthrough: z.boolean().optional() })).optional(),
  active: z.boolean().optional(),
  minBucketVersion: z.number().optional(),
  tracks: z.array(z.unknown()).optional(),
});
/** One rule of a feature: a forced value, an experiment, or a gate. */
export type GrowthBookRule = z.infer<typeof RuleShape>;

/** Names of the fields of a rule that are understood, or that only describe it. */
export const KNOWN_RULE_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(RuleShape.shape),
  ...['name', 'phase', 'description', 'bucketVersion', 'disableStickyBucketing', 'sparse', 'variationIds'],
]);

/** Fields of rules that are null are left out, as by GrowthBook's clients; a forced null is a value. */
function withoutNulls(features: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const trimmed = (rule: unknown): unknown =>
    typeof rule === 'object' && rule !== null
      ? Object.fromEntries(Object.entries(rule).filter(([name, value]) => value !== null || name === 'force'))
      : rule;
  return Object.fromEntries(
    Object.entries(features).map(([key, feature]) => {
      if (typeof feature !== 'object' || feature === null || !('rules' in feature)) return [key, feature];
      const { rules, ...rest } = feature;
      return [key, rules === null ? rest : { ...rest, rules: Array.isArray(rules) ? rules.map(trimmed) : rules }];
    }),
  );
}

const FeatureShape = z.object({ defaultValue: z.json().optional(), rules: z.array(RuleShape.loose()).optional() });
export type GrowthBookFeature = z.infer<typeof FeatureShape>;

const Bandit = z.object({
  contexts: z.array(z.object({ condition: Query.optional(), weights: z.array(z.number()) })).default([]),
});

/** What GrowthBook's clients are sent; features that are none stand apart. */
export const GrowthBookPayload = z
  .object({
    features: z.record(z.string(), z.unknown()),
    savedGroups: z.record(z.string(), z.array(z.json())).nullish(),
    contextualBandits: z.record(z.string(), Bandit).nullish(),
    experiments: z.array(z.unknown()).nullish(),
  })
  .transform(({ features, savedGroups, contextualBandits, experiments }) => {
    const { read, unreadable } = readEach(FeatureShape, withoutNulls(features));
    return {
      features: read,
      unreadable,
      savedGroups: savedGroups ?? undefined,
      contextualBandits: contextualBandits ?? undefined,
      experiments: experiments ?? undefined,
    };
  });
export type GrowthBookPayload = z.infer<typeof GrowthBookPayload>;
