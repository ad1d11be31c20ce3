import { z } from 'zod';
import { Actor, FieldChange } from './decision-record';
import { EnvironmentName, FlagKey, HoldoutKey } from './identifiers';

/** Most holdouts that an environment may have at a time; ended ones do not count. */
export const MAX_LIVE_HOLDOUTS = 20;

/** Which flags of its environment a holdout covers: those that any of these names. */
export const HoldoutCoverage = z
  .strictObject({
    /** Every flag, also those that are made later. */
    all: z.literal(true).optional(),
    flags: z.array(FlagKey).min(1).max(500).optional(),
    /** Flags with any of these tags, now or later. */
    tags: z.array(z.string().min(1).max(60)).min(1).max(50).optional(),
    /** Flags of any of these owners, now or later. */
    owners: z.array(z.string().min(1).max(200)).min(1).max(50).optional(),
  })
  .refine((covers) => Object.values(covers).some((part) => part !== undefined), 'names nothing that it would cover');
export type HoldoutCoverage = z.infer<typeof HoldoutCoverage>;

/** A share of an environment's targeting keys that new features do not reach while it lives. */
export const Holdout = z.strictObject({
  key: HoldoutKey,
  description: z.string().max(1000).optional(),
  /** Percent of targeting keys that are held out, with up to three decimals. */
  weight: z.number().min(0.001).max(50),
  /** Salt of its buckets: with the key alone it decides who is held out, so it is the same people for every flag. */
  salt: z.string().min(1).max(64),
  covers: HoldoutCoverage,
  /** ISO 8601, by the database's clock. */
  createdAt: z.iso.datetime(),
  /** Set once it has ended: it holds nobody any more, and its key is not used again. */
  endedAt: z.iso.datetime().optional(),
});
export type Holdout = z.infer<typeof Holdout>;

/** All holdouts of an environment, oldest first: one document, so that two that overlap are never written past each other. */
export const HoldoutSet = z.strictObject({
  environment: EnvironmentName,
  holdouts: z.array(Holdout).max(1000),
  /** Raised by one on every write; 0 where there never was one. */
  revision: z.int().nonnegative(),
});
export type HoldoutSet = z.infer<typeof HoldoutSet>;

/** What a write of holdouts was. */
export const HoldoutAction = z.enum(['holdout.create', 'holdout.edit', 'holdout.end']);
export type HoldoutAction = z.infer<typeof HoldoutAction>;

/**
 * One link of the audit chain of an environment's holdouts. `_id` is `holdoutsId:revision`; `hash` is SHA-256 over the
 * canonical JSON of all else.
 */
export const HoldoutRecord = z.strictObject({
  _id: z.string(),
  /** `environment/holdouts`. */
  holdoutsId: z.string(),
  revision: z.int().positive(),
  /** ISO 8601, by the database's clock as the writer last knew it. */
  at: z.string(),
  actor: Actor,
  action: HoldoutAction,
  /** Why, in a person's words. */
  reason: z.string().max(1000),
  /** The holdout before and after, by its key. */
  changes: z.array(FieldChange),
  /** Hash of the record of the previous revision; empty string for the first. */
  previousHash: z.string(),
  hash: z.string(),
});
export type HoldoutRecord = z.infer<typeof HoldoutRecord>;
