import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock';
import { documentId } from '../../flags/document/identifiers';
import { userDigest } from '../../flags/evaluator/user-digest';
import type { MetricEvent } from '../../metrics/events';
import { HASH_BYTES } from '../../metrics/users/pack-cohorts';
import type { RolloutKey, RolloutKeysRepository } from '../../store/rollout-keys-repository';

/** How long a key is believed to stand. */
const BELIEVED_MS = 10_000;
/** How much longer it stays in memory: a batch that took it in hand must never hash under an overwritten one. */
const IN_HAND_MS = 60_000;
/** Keys held at once; each is 32 bytes. */
const MAX_KEYS = 10_000;
/** Most exposures that this server counts per user in one window of a rollout, so that the documents of users stay bounded. */
const MAX_EXPOSURES = 250_000;

/** Hashes users of one rollout; null when it has too many or has ended. */
export type HashUser = (event: MetricEvent) => string | null;

interface Held extends RolloutKey {
  readonly believedUntilMs: number;
}

/**
 * Turns users into hashes under their rollout's key. Keys live in the database and, for a minute or so after they were
 * last asked for, in the memory of servers; ids and digests are never kept. Without its key a hash can be brought
 * together with no id, not even by trying all of them.
 */
export class UserHashes {
  private readonly held = new Map<string, Held | { readonly key: null; readonly believedUntilMs: number }>();
  /** Exposures in the newest window of each rollout. */
  private readonly exposures = new Map<string, { readonly windowStart: number; count: number }>();

  constructor(
    private readonly keys: Pick<RolloutKeysRepository, 'getOrCreate' | 'markTooManyUsers'>,
    private readonly clock: Clock,
  ) {}

  /**
   * A hash function for the events of one batch, or null where nobody of the rollout is counted. Makes the key when
   * there is none yet.
   */
  async of(environment: string, flag: string, rolloutId: string, windowMs: number): Promise<HashUser | null> {
    const held = await this.hold(rolloutId, documentId(environment, flag));
    if (held.key === null || held.tooManyUsers) return null;
    const { key } = held;
    return (event) => {
      const digest =
        event.user ?? (event.targetingKey === undefined ? null : userDigest(rolloutId, event.targetingKey));
      if (digest === null || !this.hasRoom(event, windowMs)) return null;
      return createHmac('sha256', key).update(digest).digest().subarray(0, HASH_BYTES).toString('base64url');
    };
  }

  /** Overwrites keys that are no longer believed to stand. Called now and then. */
  forget(): void {
    const now = this.clock.monotonicMs();
    for (const [rolloutId, { key, believedUntilMs }] of this.held) {
      if (believedUntilMs + IN_HAND_MS > now) continue;
      key?.fill(0);
      this.held.delete(rolloutId);
      this.exposures.delete(rolloutId);
    }
  }

  private async hold(
    rolloutId: string,
    flagId: string,
  ): Promise<Held | { readonly key: null; readonly believedUntilMs: number }> {
    const now = this.clock.monotonicMs();
    const standing = this.held.get(rolloutId);
    if (standing !== undefined && standing.believedUntilMs > now) return standing;
    const found = await this.keys.getOrCreate({ rolloutId, flagId }, randomBytes(32));
    if (this.held.size >= MAX_KEYS) this.held.clear();
    const believedUntilMs = now + BELIEVED_MS;
    const held = found === null ? { key: null, believedUntilMs } : { ...found, believedUntilMs };
    this.held.set(rolloutId, held);
    return held;
  }

  private hasRoom(event: MetricEvent, windowMs: number): boolean {
    const { rollout } = event;
    if (event.kind !== 'exposure') return true;
    const windowStart = Math.floor(event.at / windowMs) * windowMs;
    const newest = this.exposures.get(rollout);
    if (newest === undefined || newest.windowStart < windowStart) {
      this.exposures.set(rollout, { windowStart, count: 1 });
      return true;
    }
    newest.count += 1;
    if (newest.count <= MAX_EXPOSURES) return true;
    if ((newest.count - MAX_EXPOSURES) % 10_000 === 1) {
      this.held.delete(rollout);
      // When this fails, it is tried again ten thousand exposures later.
      this.keys.markTooManyUsers(rollout).catch(() => undefined);
    }
    return false;
  }
}
