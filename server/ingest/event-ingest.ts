import { HeadgateError } from '../../core/errors';
import { cellOf } from '../../flags/evaluator/cell';
import { aggregateEvents, type Aggregated, type Observed } from '../../metrics/aggregate';
import { countAmounts } from '../../metrics/deltas';
import type { EventBatch, MetricEvent } from '../../metrics/events';
import { PathTable } from '../../metrics/path-table';
import type { Fold } from '../../store/fold';
import type { IngestGroupsRepository } from '../../store/ingest-groups-repository';
import { GroupWriter } from './group-writer';
import { checkAge, overloaded, tooLarge, unavailable } from './refusals';
import { INGEST_LIMITS, type IngestLimits } from './limits';

/** What became of a batch: `accepted` of its events stand, whether from this call or, as a duplicate, from an earlier one. */
export interface Acknowledgement {
  readonly accepted: number;
  readonly duplicate: boolean;
  /** Events of rollouts that do not live, or that cannot be counted. */
  readonly ignored: number;
}

/** What ingestion works with. */
export interface EventIngestDependencies {
  readonly groups: Pick<IngestGroupsRepository, 'store'>;
  readonly fold: Pick<Fold, 'foldWriter'>;
  /** The database's clock. */
  readonly clock: { nowMs(): number };
  /**
   * What is measured of a live rollout, null when it does not live. Called once for each rollout in a batch: the caller
   * caches, and looks again for one it does not know, since providers may hear of a rollout first. The same object for
   * as long as it stands.
   */
  readonly resolveObservation: (environment: string, flagKey: string, rolloutId: string) => Promise<Observed | null>;
  /**
   * Hashes the users of a rollout with metrics per user; null where nobody is counted. Asked once for each such rollout
   * in a batch. Nobody is counted per user when left out.
   */
  readonly hashUsersOf?: (
    environment: string,
    flagKey: string,
    rolloutId: string,
    windowMs: number,
  ) => Promise<((event: MetricEvent) => string | null) | null>;
  /** Told of a fold that failed; the next one, or another server's, does its work. */
  readonly onFoldError?: (error: unknown) => void;
  /** Instead of the defaults in `INGEST_LIMITS`. */
  readonly limits?: Partial<IngestLimits>;
}

/** Takes batches in: when one is acknowledged it is durable, and counts once however often and wherever it is repeated. */
export class EventIngest {
  private readonly limits: IngestLimits;
  private readonly writer: GroupWriter;
  private readonly paths = new PathTable();
  /** Batches being worked on, so that a copy waits for the first instead of racing it. */
  private readonly open = new Map<string, Promise<Acknowledgement>>();
  private folding: Promise<void> = Promise.resolve();
  private readonly toFold = new Set<string>();
  private isClosed = false;
  private endPause: (() => void) | null = null;

  constructor(private readonly dependencies: EventIngestDependencies) {
    const { groups, clock, limits } = dependencies;
    this.limits = { ...INGEST_LIMITS, ...limits };
    const onStored = (writerId: string): void => this.foldSoon(writerId);
    this.writer = new GroupWriter({ groups, clock, limits: this.limits, onStored });
  }

  /**
   * Acknowledges a batch once it is durable.
   *
   * @throws {HeadgateError} BATCH_TOO_OLD beyond 24 hours; INVALID_ARGUMENT more than five minutes ahead;
   *   BODY_TOO_LARGE when it touches more than one document may hold; OVERLOADED or DATABASE_UNAVAILABLE (both
   *   retryable) when it should be sent again
   */
  async accept(environment: string, batch: EventBatch): Promise<Acknowledgement> {
    const now = this.dependencies.clock.nowMs();
    checkAge(batch, now);
    const id = `${environment}/${batch.batchId}`;
    const copy = this.open.get(id);
    if (copy !== undefined) return { ...(await copy), duplicate: true };
    if (
      this.isClosed ||
      this.open.size >= this.limits.openBatches ||
      this.writer.pendingSize >= this.limits.pendingSize
    ) {
      throw overloaded();
    }
    const acknowledgement = this.take(id, environment, batch, now).finally(() => this.open.delete(id));
    this.open.set(id, acknowledgement);
    return acknowledgement;
  }

  /** Makes durable what was taken in, folds it, and takes no more. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.writer.hurry();
    await Promise.allSettled(this.open.values());
    this.endPause?.();
    await this.folding;
  }

  private async take(id: string, environment: string, batch: EventBatch, now: number): Promise<Acknowledgement> {
    const { deltas, accepted, ignored } = await this.aggregate(environment, batch, now);
    if (accepted === 0) return { accepted, duplicate: false, ignored };
    const size = countAmounts(deltas);
    if (size > this.limits.groupSize) throw tooLarge(size, this.limits.groupSize);
    const { isDuplicate } = await this.writer.write({ id, deltas, size });
    return { accepted, duplicate: isDuplicate, ignored };
  }

  private async aggregate(environment: string, { events }: EventBatch, arrivedAt: number): Promise<Aggregated> {
    const rollouts = new Map<string, Map<string, Observed | null>>();
    for (const { flag, rollout } of events) {
      let ofFlag = rollouts.get(flag);
      if (ofFlag === undefined) rollouts.set(flag, (ofFlag = new Map<string, Observed | null>()));
      if (!ofFlag.has(rollout)) {
        ofFlag.set(rollout, await this.resolve(environment, flag, rollout));
      }
    }
    const hashes = await this.hashesOf(environment, rollouts);
    return aggregateEvents(events, {
      environment,
      ...(hashes !== null && { userOf: (event) => hashes.get(event.rollout)?.(event) ?? null }),
      arrivedAt,
      observedOf: (flag, rollout) => rollouts.get(flag)?.get(rollout) ?? null,
      cellOf,
      paths: this.paths,
    });
  }

  /** How to hash the users of those rollouts that have metrics per user; null when none has. */
  private async hashesOf(
    environment: string,
    rollouts: ReadonlyMap<string, ReadonlyMap<string, Observed | null>>,
  ): Promise<Map<string, (event: MetricEvent) => string | null> | null> {
    const { hashUsersOf } = this.dependencies;
    if (hashUsersOf === undefined) return null;
    let hashes: Map<string, (event: MetricEvent) => string | null> | null = null;
    for (const [flag, ofFlag] of rollouts) {
      for (const [rollout, observed] of ofFlag) {
        if (observed?.users === undefined) continue;
        const hash = await answered(hashUsersOf(environment, flag, rollout, observed.windowMs));
        if (hash !== null) (hashes ??= new Map<string, (event: MetricEvent) => string | null>()).set(rollout, hash);
      }
    }
    return hashes;
  }

  private async resolve(environment: string, flag: string, rollout: string): Promise<Observed | null> {
    return answered(this.dependencies.resolveObservation(environment, flag, rollout));
  }

  /** Lets groups gather, so that each window is written once for many of them. */
  private async pauseBeforeFold(): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.limits.foldMs);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endPause = null;
  }

  /** Folds a writer's groups in the background, one pass at a time; what comes during a pass is done by the next. */
  private foldSoon(writerId: string): void {
    const isScheduled = this.toFold.size > 0;
    this.toFold.add(writerId);
    if (isScheduled) return;
    this.folding = this.folding.then(async () => {
      await this.pauseBeforeFold();
      const writers = [...this.toFold];
      this.toFold.clear();
      for (const writer of writers) {
        await this.dependencies.fold
          .foldWriter(writer)
          .catch((error: unknown) => this.dependencies.onFoldError?.(error));
      }
    });
  }
}

/** @throws {HeadgateError} DATABASE_UNAVAILABLE (retryable) in place of what is no error of ours */
async function answered<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof HeadgateError ? error : unavailable(error);
  }
}
