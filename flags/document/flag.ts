import { z } from 'zod';
import { Condition } from './condition';
import { DecisionRecord } from './decision-record';
import { EnvironmentName, FlagKey, HoldoutKey, RuleName, VariantName } from './identifiers';
import { RolloutBlock } from './rollout-block';

/** Version of the stored shape; migrations bring older documents up to it. */
export const FLAG_SCHEMA_VERSION = 1;

/**
 * A flag as it is written takes at most this many bytes of JSON; longer lists belong in a segment, which takes sixteen
 * times as many.
 */
export const MAX_FLAG_BYTES = 512 * 1024;

/** The types a flag may have, as OpenFeature names them. */
export const FlagType = z.enum(['boolean', 'string', 'number', 'object']);
export type FlagType = z.infer<typeof FlagType>;

/** A share of targeting keys for one variant. Weights of a split are percent with up to three decimals and add up to 100. */
export const WeightedVariant = z.strictObject({ variant: VariantName, weight: z.number().min(0).max(100) });

/** What a matching rule serves: one variant, or a split by the flag's salt. */
export const Serve = z.union([
  z.strictObject({ variant: VariantName }),
  z.strictObject({
    split: z.array(WeightedVariant).min(2).max(50),
    /** Salt of this split's buckets; when omitted, the flag's. A completed rollout keeps its own here. */
    salt: z.string().min(1).max(64).optional(),
  }),
]);
export type Serve = z.infer<typeof Serve>;

/**
 * By the key of a holdout that covers the flag: what keys that it holds out are served at this place, in place of what
 * the place serves.
 */
export const HeldOut = z.record(HoldoutKey, VariantName);
export type HeldOut = z.infer<typeof HeldOut>;

/** One ordered rule: the first whose condition matches decides. */
export const Rule = z.strictObject({ name: RuleName, if: Condition, serve: Serve, heldOut: HeldOut.optional() });
export type Rule = z.infer<typeof Rule>;

/** Another flag that must serve one of `variants`; otherwise this flag serves its off variant. */
export const Prerequisite = z.strictObject({ flag: FlagKey, variants: z.array(VariantName).min(1).max(20) });
export type Prerequisite = z.infer<typeof Prerequisite>;

/** Names that Headgate only compares. */
const Names = z.array(z.string().min(1).max(100)).min(1).max(50);

const definitionShape = {
  enabled: z.boolean().default(true),
  type: FlagType,
  description: z.string().max(1000).optional(),
  owner: z.string().max(200).optional(),
  tags: z.array(z.string().min(1).max(60)).max(50).default([]),
  /** When it should be gone, in ISO 8601 with its zone; `flag stale` tells of it from then on. It changes no evaluation. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
  /** Parts of the code that it is read in, by names of one's own; `flag impact` tells which flags share one. */
  modules: Names.optional(),
  /** Services that evaluate it, by names of one's own. */
  services: Names.optional(),
  /**
   * Whether client keys, which browsers and apps carry and anybody may read, may evaluate it. When omitted, they may
   * not; to them such a flag is not there.
   */
  client: z.boolean().optional(),
  /** Values by variant name; each has the flag's type. */
  variants: z.record(VariantName, z.json()),
  /** Served where no rule matches. When omitted, the caller's own default is. */
  defaultVariant: VariantName.optional(),
  /** What held-out keys are served where no rule matches. A rollout that completes under a holdout writes its control here. */
  heldOut: HeldOut.optional(),
  /** Served while the flag is not enabled or a prerequisite fails. When omitted, the caller's own default is. */
  offVariant: VariantName.optional(),
  /** Handed out with every evaluation as OpenFeature's flag metadata. */
  metadata: z
    .record(z.string().min(1).max(60), z.union([z.string().max(1000), z.number(), z.boolean()]))
    .refine((entries) => Object.keys(entries).length <= 50, 'has more than 50 entries')
    .optional(),
  rules: z.array(Rule).max(200).default([]),
  prerequisites: z.array(Prerequisite).max(20).default([]),
  /** Salt of the flag's own splits. When omitted, the flag key. */
  salt: z.string().min(1).max(64).optional(),
};

/** What people write: a flag without what Headgate itself keeps (environment, revision, rollout). */
export const FlagDefinition = z.strictObject({ key: FlagKey, ...definitionShape });
export type FlagDefinition = z.infer<typeof FlagDefinition>;

/** A flag as it is stored. `_id` is `environment/key`. */
export const Flag = z.strictObject({
  _id: z.string(),
  schemaVersion: z.int().positive(),
  environment: EnvironmentName,
  key: FlagKey,
  ...definitionShape,
  salt: z.string().min(1).max(64),
  /** Raised by one on every write; every write is a compare-and-swap on it. */
  revision: z.int().positive(),
  rollout: RolloutBlock.optional(),
  /** A deleted flag is a tombstone: revision and audit chain go on, evaluators do not see it. */
  deleted: z.boolean().optional(),
  /** The record of the last write, whole, so that any later writer can complete the audit chain. Never sent to SDKs. */
  lastChange: DecisionRecord,
});
export type Flag = z.infer<typeof Flag>;
