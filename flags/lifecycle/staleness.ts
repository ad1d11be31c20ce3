import { z } from 'zod';
import type { Flag } from '../document/flag';
import { FlagKey } from '../document/identifiers';

const Instant = z.iso.datetime();

/** What is known of whether anybody evaluates a flag. Exposures are counted while a rollout is live, and at no other time. */
export const FlagUsage = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('seen'), lastSeenAt: Instant }),
  /** It was watched since, and nobody was served. */
  z.strictObject({ state: z.literal('unseen'), since: Instant, rolloutId: z.string() }),
  z.strictObject({ state: z.literal('unknown'), why: z.string() }),
]);
export type FlagUsage = z.infer<typeof FlagUsage>;

/** Why a flag may be taken out of the code. */
export const StaleReason = z.enum(['rolled_out', 'unused', 'expired']);
export type StaleReason = z.infer<typeof StaleReason>;

/** What was found of one flag; nothing where it is in use. */
export const Staleness = z.strictObject({
  key: FlagKey,
  lastChangedAt: Instant,
  findings: z.array(
    z.strictObject({
      reason: StaleReason,
      /** From when on it has been so. */
      since: z.iso.datetime({ offset: true }),
      /** One sentence for a person. */
      message: z.string(),
    }),
  ),
  /** What everybody is served: a variant, or null for the caller's own default. Absent where it depends on who asks. */
  serves: z.string().nullable().optional(),
  usage: FlagUsage,
});
export type Staleness = z.infer<typeof Staleness>;

/**
 * Why a flag is stale: it serves everybody the same and has not changed for long, nobody was served while it was
 * watched, or its time is over.
 *
 * @param olderThanMs - for how long it must have been unchanged, in milliseconds
 */
export function stalenessOf(flag: Flag, usage: FlagUsage, nowMs: number, olderThanMs: number): Staleness {
  const { key, expiresAt, lastChange } = flag;
  const findings: Staleness['findings'] = [];
  const serves = servesEverybody(flag);
  if (serves !== undefined && nowMs - Date.parse(lastChange.at) >= olderThanMs) {
    const what = serves === null ? "the caller's own default" : `'${serves}'`;
    const message = `serves everybody ${what}${flag.enabled ? '' : ', since it is off'}, and has not changed`;
    findings.push({ reason: 'rolled_out', since: lastChange.at, message });
  }
  if (usage.state === 'unseen') {
    const message = `nobody was served while rollout '${usage.rolloutId}' watched it`;
    findings.push({ reason: 'unused', since: usage.since, message });
  }
  if (expiresAt !== undefined && Date.parse(expiresAt) <= nowMs) {
    findings.push({ reason: 'expired', since: expiresAt, message: 'its time is over' });
  }
  return { key, lastChangedAt: lastChange.at, findings, ...(serves === undefined ? {} : { serves }), usage };
}

/**
 * The variant that everybody is served whatever their context; null for the caller's own default, undefined where it
 * depends on who asks, or a rollout is live. A rule is taken as one that somebody may match.
 */
export function servesEverybody(
  flag: Pick<Flag, 'enabled' | 'rules' | 'defaultVariant' | 'offVariant' | 'prerequisites' | 'rollout'>,
): string | null | undefined {
  if (flag.rollout !== undefined) return undefined;
  if (!flag.enabled) return flag.offVariant ?? null;
  const ruled = flag.rules.flatMap(({ serve }) =>
    'variant' in serve ? [serve.variant] : serve.split.filter(({ weight }) => weight > 0).map(({ variant }) => variant),
  );
  const failed = flag.prerequisites.length > 0 ? [flag.offVariant ?? null] : [];
  const [only = null, ...others] = new Set([...ruled, ...failed, flag.defaultVariant ?? null]);
  return others.length === 0 ? only : undefined;
}
