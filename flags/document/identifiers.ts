import { z } from 'zod';

/** A name that is safe in URLs, workflow ids and MongoDB field paths. */
const name = (what: string, max: number): z.ZodString =>
  z
    .string()
    .min(1, `${what} must not be empty`)
    .max(max, `${what} may have at most ${max} characters`)
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
      `${what} may hold letters, digits, '-' and '_' and starts with a letter or digit`,
    );

/** Names an environment, such as `production`; part of every identity. */
export const EnvironmentName = name('an environment', 40);
/**
 * Names a flag within its environment. Dots are allowed here only, as many teams use them, and letters, digits and
 * pictures of any script.
 */
export const FlagKey = z
  .string()
  .min(1, 'a flag key must not be empty')
  .max(100, 'a flag key may have at most 100 characters')
  .regex(
    /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}\p{So}._-]|\u200d|[\u{1f3fb}-\u{1f3ff}])*$/u,
    "a flag key may hold letters, digits, '.', '-' and '_' and starts with a letter or digit",
  );
/** Names a variant of a flag. */
export const VariantName = name('a variant', 60);
/** Names a segment within its environment. */
export const SegmentKey = name('a segment', 60);
/** Names a holdout within its environment. */
export const HoldoutKey = name('a holdout', 60);
/** Names a targeting rule within its flag. */
export const RuleName = name('a rule', 60);

/** The `_id` of a flag or segment: `environment/key`. */
export function documentId(environment: string, key: string): string {
  return `${environment}/${key}`;
}

/** Takes a document id apart; keys hold no slash, so the first one divides. */
export function parseDocumentId(id: string): { environment: string; key: string } {
  const slash = id.indexOf('/');
  return { environment: id.slice(0, slash), key: id.slice(slash + 1) };
}
