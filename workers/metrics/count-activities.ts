import type {
  LeasedLook,
  LeaseRenewal,
  LookRequest,
  LookResult,
  NotificationRequest,
  TransitionRequest,
  TransitionResult,
} from '../../activities/rollout-activities';
import type { WorkerMetrics } from './worker-metrics';

/** Rollouts whose last look is remembered, to tell how late the next one is. */
const REMEMBERED = 5_000;

/** One run of an activity as it ended; `result` is undefined when it failed. */
interface Run {
  readonly activity: string;
  readonly request: unknown;
  readonly result: unknown;
  readonly failed: boolean;
  readonly seconds: number;
}

/**
 * Activities that count themselves: each by its result, looks and writes by what they came to. Nothing is changed or
 * held up.
 */
export function countActivities<Group extends object>(
  activities: Group,
  metrics: WorkerMetrics,
  monotonicMs: () => number = () => performance.now(),
): Group {
  const lateness = new Lateness(metrics, monotonicMs);
  const counted = Object.entries(activities as Record<string, unknown>).map(([activity, value]) => {
    if (typeof value !== 'function') return [activity, value];
    const run = value as (...args: unknown[]) => Promise<unknown>;
    return [
      activity,
      async (...args: unknown[]): Promise<unknown> => {
        const [request] = args;
        const startedAtMs = monotonicMs();
        if (activity === 'look' || activity === 'lookUnderLease') lateness.note(request as LookRequest);
        const ended = (failed: boolean, result?: unknown): void =>
          count(metrics, { activity, request, result, failed, seconds: (monotonicMs() - startedAtMs) / 1000 });
        try {
          const result = await run(...args);
          ended(false, result);
          return result;
        } catch (error) {
          ended(true);
          throw error;
        }
      },
    ];
  });
  return Object.fromEntries(counted) as Group;
}

function count(metrics: WorkerMetrics, { activity, request, result, failed, seconds }: Run): void {
  metrics.activities.inc({ activity, result: failed || hasFailedLook(activity, result) ? 'failed' : 'succeeded' });
  switch (activity) {
    case 'look':
      metrics.lookSeconds.observe(seconds);
      if (!failed) countLook(metrics, request as LookRequest, result as LookResult);
      break;
    case 'applyTransition': {
      const { environment, flagKey: flag, action } = request as TransitionRequest;
      const kind = failed ? 'failed' : (result as TransitionResult).kind;
      metrics.transitionSeconds.observe(seconds);
      metrics.transitions.inc({ environment, flag, action, result: kind });
      break;
    }
    case 'lookUnderLease': {
      metrics.lookSeconds.observe(seconds);
      if (failed) break;
      const { lease, look } = result as LeasedLook;
      metrics.leases.inc({ result: lease.kind });
      if (look !== null) countLook(metrics, request as LookRequest, look);
      break;
    }
    case 'renewLease':
      if (!failed) metrics.leases.inc({ result: (result as LeaseRenewal).kind });
      break;
    case 'notify':
      metrics.notifications.inc({
        event: (request as NotificationRequest).event,
        result: failed ? 'failed' : 'delivered',
      });
      break;
  }
}

/**
 * Whether a renewal stands whose look could not be made: the activity has an answer, and people want to hear of it all
 * the same.
 */
function hasFailedLook(activity: string, result: unknown): boolean {
  if (activity !== 'lookUnderLease') return false;
  const { lease, look } = result as LeasedLook;
  return lease.kind === 'renewed' && look === null;
}

function countLook(metrics: WorkerMetrics, { environment, flagKey: flag }: LookRequest, { look }: LookResult): void {
  metrics.looks.inc({ environment, flag, verdict: look.verdict, quality: look.dataQuality });
}

/** How much later than its plan allows a rollout is looked at, as far as this worker does the looking. */
class Lateness {
  private readonly lookedAtMs = new Map<string, number>();

  constructor(
    private readonly metrics: WorkerMetrics,
    private readonly monotonicMs: () => number,
  ) {}

  note({ rolloutId, plan }: LookRequest): void {
    const now = this.monotonicMs();
    const before = this.lookedAtMs.get(rolloutId);
    // Put at the end, so that the first is the one not looked at for longest.
    this.lookedAtMs.delete(rolloutId);
    this.lookedAtMs.set(rolloutId, now);
    const [oldest] = this.lookedAtMs.keys();
    if (this.lookedAtMs.size > REMEMBERED && oldest !== undefined) this.lookedAtMs.delete(oldest);
    if (before === undefined) return;
    this.metrics.lookLateness.observe(Math.max(0, now - before - plan.look.longestMs) / 1000);
  }
}
