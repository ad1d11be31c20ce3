import { z } from 'zod';

const attribute = z.string().min(1).max(200);

/** A constraint of an imported Unleash flag, as it was written there. It is evaluated with Unleash's meaning. */
export const UnleashConstraint = z.strictObject({
  contextName: attribute,
  operator: z.string().min(1).max(40),
  value: z.string().max(1_000).optional(),
  values: z.array(z.string().max(1_000)).max(100_000).optional(),
  inverted: z.boolean().optional(),
  caseInsensitive: z.boolean().optional(),
});
export type UnleashConstraint = z.infer<typeof UnleashConstraint>;

/** A condition of an imported GrowthBook flag: a query in the style of MongoDB's. It is evaluated with GrowthBook's meaning. */
export const Query = z.record(z.string().min(1).max(200), z.json());
export type Query = z.infer<typeof Query>;

/** How other systems draw users into buckets. */
export const ForeignHash = z.enum(['unleash', 'unleash_variant', 'growthbook_1', 'growthbook_2', 'flagd']);
export type ForeignHash = z.infer<typeof ForeignHash>;

/** Users whose bucket in another system lies in one of some ranges. */
export const ForeignBucket = z.strictObject({
  hash: ForeignHash,
  /** What that system hashes beside the user: a group, or a seed. */
  seed: z.string().max(200),
  /**
   * The first of these attributes that a context has is hashed. `userId` and `id` are the targeting key where it has
   * them not.
   */
  attributes: z.array(attribute).min(1).max(5),
  /** How many buckets there are; GrowthBook's lie between 0 and 1, and this is 1. */
  size: z
    .number()
    .positive()
    .max(2 ** 31),
  /** From (inclusive) to (exclusive). */
  ranges: z.array(z.tuple([z.number(), z.number()])).max(100),
});
export type ForeignBucket = z.infer<typeof ForeignBucket>;

/**
 * An expression of an imported flagd flag, in JsonLogic. It is evaluated with flagd's meaning; one that fails there for
 * a context fails the evaluation here.
 */
export const FlagdLogic = z.strictObject({
  logic: z.json(),
  /**
   * The expression stood within an `if` of two operands, which flagd's engine runs in another way. When omitted, it did
   * not.
   */
  interpreted: z.boolean().optional(),
  /** It matches where the expression comes to this name. When omitted, it matches where it is true. */
  outcome: z.string().max(1_000).optional(),
  /**
   * It never matches, and the evaluation fails where the expression comes to a name that is none of these. Only without
   * `outcome`.
   */
  noneBut: z.array(z.string().max(1_000)).max(1_000).optional(),
});
export type FlagdLogic = z.infer<typeof FlagdLogic>;
