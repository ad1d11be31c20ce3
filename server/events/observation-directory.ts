import type { Clock } from '../../core/clock';
import type { Observation } from '../../flags/document/rollout-block';
import type { SnapshotCache } from '../snapshot/snapshot-cache';

/** How long a rollout that was not found is believed not to live. */
const UNKNOWN_MS = 1_000;
/** Unknown rollouts remembered at once, so that made-up ids cannot fill the memory. */
const MAX_UNKNOWN = 1_000;

/**
 * What is to be measured of live rollouts, from the same snapshots that SDKs are sent. A rollout it does not know is
 * looked for once more, since an SDK may have heard of it from another server first.
 */
export class ObservationDirectory {
  /** The object handed out for each live rollout, so that it stays the same one from transition to transition. */
  private readonly handedOut = new Map<string, Observation>();
  private readonly unknownUntilMs = new Map<string, number>();

  constructor(
    private readonly snapshots: Pick<SnapshotCache, 'get' | 'invalidate'>,
    private readonly clock: Clock,
  ) {}

  /** What is measured of a rollout of a flag; null when it does not live. */
  async resolve(environment: string, flagKey: string, rolloutId: string): Promise<Observation | null> {
    const known = await this.look(environment, flagKey, rolloutId);
    if (known !== null || this.isUnknown(rolloutId)) return known;
    this.snapshots.invalidate(environment);
    const found = await this.look(environment, flagKey, rolloutId);
    if (found === null) this.remember(rolloutId);
    return found;
  }

  private async look(environment: string, flagKey: string, rolloutId: string): Promise<Observation | null> {
    const { observed } = await this.snapshots.get(environment);
    const live = observed.get(rolloutId);
    if (live === undefined || live.flagKey !== flagKey) {
      this.handedOut.delete(rolloutId);
      return null;
    }
    const before = this.handedOut.get(rolloutId);
    // Fixed for the life of a rollout: the first reading is as good as any.
    if (before !== undefined) return before;
    this.handedOut.set(rolloutId, live.observe);
    return live.observe;
  }

  private isUnknown(rolloutId: string): boolean {
    const untilMs = this.unknownUntilMs.get(rolloutId);
    return untilMs !== undefined && this.clock.monotonicMs() < untilMs;
  }

  private remember(rolloutId: string): void {
    if (this.unknownUntilMs.size >= MAX_UNKNOWN) this.unknownUntilMs.clear();
    this.unknownUntilMs.set(rolloutId, this.clock.monotonicMs() + UNKNOWN_MS);
  }
}
