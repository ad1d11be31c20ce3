import { Client, Connection } from '@temporalio/client';
import { rolloutWorkflowId } from '../../workflows/rollout/messages';
import { lookFigures, quantile, type LatenessParts } from './history-figures';

/** How many workflows are asked at a time. */
const AT_ONCE = 10;

/** Looks of a group of rollouts, read from their histories. */
export interface GroupFigures {
  readonly looks: number;
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
  /** The medians of what the lateness consists of. */
  readonly parts: LatenessParts;
  readonly eventsPerHour: number;
  /** Histories that could not be read. */
  readonly unread: number;
}

/** Reads what rollouts cost Temporal. */
export class TemporalWork {
  private constructor(
    private readonly client: Client,
    private readonly environment: string,
  ) {}

  static async connect(address: string, environment: string): Promise<TemporalWork> {
    return new TemporalWork(new Client({ connection: await Connection.connect({ address }) }), environment);
  }

  /** State transitions of these rollouts' current runs so far. */
  async stateTransitions(flags: readonly string[]): Promise<number> {
    const counts = await inTurn(flags, async (flag) => {
      const { raw } = await this.handle(flag).describe();
      return Number(raw.workflowExecutionInfo?.stateTransitionCount ?? 0);
    });
    return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }

  /** Looks that were made between two instants, in milliseconds since the Unix epoch. */
  async looks(flags: readonly string[], fromMs: number, untilMs: number): Promise<GroupFigures> {
    const figures = await inTurn(flags, async (flag) =>
      lookFigures(await this.handle(flag).fetchHistory(), fromMs, untilMs),
    );
    const read = figures.filter((each) => each !== null);
    const lateMs = read.flatMap((each) => each.lateMs);
    const parts = read.flatMap((each) => each.parts);
    return {
      looks: lateMs.length,
      lateP50Ms: quantile(lateMs, 0.5),
      lateP99Ms: quantile(lateMs, 0.99),
      lateMaxMs: lateMs.reduce((most, ms) => Math.max(most, ms), 0),
      parts: {
        firingMs: quantile(
          parts.map(({ firingMs }) => firingMs),
          0.5,
        ),
        waitingMs: quantile(
          parts.map(({ waitingMs }) => waitingMs),
          0.5,
        ),
        lookingMs: quantile(
          parts.map(({ lookingMs }) => lookingMs),
          0.5,
        ),
      },
      eventsPerHour: quantile(
        read.map(({ events }) => (events / (untilMs - fromMs)) * 3_600_000),
        0.5,
      ),
      unread: figures.length - read.length,
    };
  }

  close(): Promise<void> {
    return this.client.connection.close();
  }

  private handle(flag: string) {
    return this.client.workflow.getHandle(rolloutWorkflowId(this.environment, flag));
  }
}

/** Answers in the order of the items; null for one that failed. */
async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<(Result | null)[]> {
  const results: (Result | null)[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const part = items.slice(from, from + AT_ONCE).map((item) => work(item).catch(() => null));
    results.push(...(await Promise.all(part)));
  }
  return results;
}
