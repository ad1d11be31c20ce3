import { z } from 'zod';
import { DecisionRecord } from '../../flags/document/decision-record';
import { Flag, FlagDefinition } from '../../flags/document/flag';
import { documentId } from '../../flags/document/identifiers';
import type { FlagBody } from '../../flags/transition/plan-transition';

/**
 * Body of `PUT …/flags/:key`: a flag definition. `enabled` and `salt` keep what stands when they are omitted, so that
 * applying a file neither switches a flag back on that break-glass has switched off nor moves users between variants.
 */
export const FlagInput = FlagDefinition.omit({ enabled: true }).extend({
  /** Must be the key of the path when given. */
  key: FlagDefinition.shape.key.optional(),
  enabled: z.boolean().optional(),
  /** Write only if the flag stands at this revision; 0 means only if there is none. The header If-Match says the same. */
  revision: z.int().nonnegative().optional(),
  /** Why, for the decision record. */
  reason: z.string().max(1000).optional(),
});
export type FlagInput = z.infer<typeof FlagInput>;

/** The definition that an input means for a flag as it stands; `standing` is null for a new or deleted one. */
export function definitionOf(key: string, input: FlagInput, standing: Flag | null): FlagDefinition & { salt: string } {
  const { revision: _revision, reason: _reason, ...rest } = input;
  return {
    ...rest,
    key,
    enabled: input.enabled ?? standing?.enabled ?? true,
    salt: input.salt ?? standing?.salt ?? key,
  };
}

/** The flag to store: the definition, and the live rollout as it stands. */
export function bodyOf(
  environment: string,
  definition: FlagDefinition & { salt: string },
  standing: Flag | null,
): FlagBody {
  return {
    ...definition,
    _id: documentId(environment, definition.key),
    environment,
    ...(standing?.rollout === undefined ? {} : { rollout: standing.rollout }),
  };
}

/** A flag without what the store itself keeps. */
export function withoutStoreFields({ revision: _r, lastChange: _l, schemaVersion: _s, ...body }: Flag): FlagBody {
  return body;
}

/** A flag as the API shows it: of its last change who, what and why; the whole record stands in the history. */
export const FlagView = Flag.omit({ lastChange: true, schemaVersion: true }).extend({
  lastChange: DecisionRecord.pick({ at: true, actor: true, action: true, reason: true }),
});
export type FlagView = z.infer<typeof FlagView>;

/** {@link FlagView} of a stored flag. */
export function viewOf({ schemaVersion: _, lastChange, ...flag }: Flag): FlagView {
  const { at, actor, action, reason } = lastChange;
  return { ...flag, lastChange: { at, actor, action, reason } };
}
