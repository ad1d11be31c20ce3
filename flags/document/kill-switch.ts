import { z } from 'zod';
import { Actor, FieldChange } from './decision-record';
import { EnvironmentName } from './identifiers';

/** The switch of a whole environment. While it is on, every flag of the environment answers as when it is switched off. */
export const KillSwitch = z.strictObject({
  environment: EnvironmentName,
  on: z.boolean(),
  /** Raised by one on every write; 0 where it was never used. */
  revision: z.int().nonnegative(),
});
export type KillSwitch = z.infer<typeof KillSwitch>;

/** What a write of a switch was. */
export const KillSwitchAction = z.enum(['environment.kill', 'environment.release']);
export type KillSwitchAction = z.infer<typeof KillSwitchAction>;

/** One link of a switch's audit chain. `_id` is `switchId:revision`; `hash` is SHA-256 over the canonical JSON of all else. */
export const KillSwitchRecord = z.strictObject({
  _id: z.string(),
  /** `environment/kill-switch`. */
  switchId: z.string(),
  revision: z.int().positive(),
  /** ISO 8601, by the database's clock as the writer last knew it. */
  at: z.string(),
  actor: Actor,
  action: KillSwitchAction,
  /** Why, in a person's words. */
  reason: z.string().max(1000),
  /** The switch before and after. */
  changes: z.array(FieldChange),
  /** Hash of the record of the previous revision; empty string for the first. */
  previousHash: z.string(),
  hash: z.string(),
});
export type KillSwitchRecord = z.infer<typeof KillSwitchRecord>;
