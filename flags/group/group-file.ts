import { z } from 'zod';
import { EnvironmentName, FlagKey } from '../document/identifiers';

/** How many flags one group may hold. */
const MAX_MEMBERS = 30;

/** A group of rollouts as written, with every plan inline. */
export const GroupFile = z.strictObject({
  /** Names the group within its environment: at most one of this name is live. */
  key: FlagKey,
  environment: EnvironmentName.optional(),
  /** Whom to ask; members without an owner of their own get it. */
  owner: z.string().max(200).optional(),
  /**
   * One approval before anything is started, which stands for every approval that steps of members ask for. When
   * omitted, false.
   */
  approval: z.boolean().default(false),
  approvals: z
    .strictObject({
      /** The person who started the group may not approve it. When omitted, false. */
      forbidStarter: z.boolean().default(false),
      /** Messages without a signed actor may approve. When omitted, false. */
      allowUnverified: z.boolean().default(false),
    })
    .prefault({}),
  /**
   * What follows when a member does not complete: `take_back` ends what is live and takes completed members back, last
   * first; `stop` ends what is live and leaves completed members as they are.
   */
  onRollback: z.enum(['take_back', 'stop']).default('take_back'),
  /** Whether members that do not depend on each other may be live together. When omitted, true. */
  sideBySide: z.boolean().default(true),
  members: z
    .array(
      z.strictObject({
        /** A rollout plan, as in a plan file. */
        plan: z.record(z.string(), z.json()),
        /** Further members that have to complete before this one starts, beside its flag's prerequisites. */
        after: z.array(FlagKey).max(MAX_MEMBERS).default([]),
      }),
    )
    .min(1)
    .max(MAX_MEMBERS),
});
export type GroupFile = z.infer<typeof GroupFile>;
