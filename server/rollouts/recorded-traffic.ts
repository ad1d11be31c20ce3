import type { RolloutPlan } from '../../flags/plan/plan';
import { ALL_USERS } from '../../metrics/windows';
import type { RolloutsRepository } from '../../store/rollouts-repository';
import type { CompactedRollout, WindowsRepository } from '../../store/windows-repository';
import type { AssumedTraffic } from './estimate';

/** Where past traffic is read from. */
export interface RecordedTrafficSources {
  readonly rollouts: Pick<RolloutsRepository, 'list'>;
  readonly windows: Pick<WindowsRepository, 'readCompacted'>;
}

/** Traffic that was really seen, and in which rollout. */
export interface RecordedTraffic extends AssumedTraffic {
  readonly rolloutId: string;
}

/** This many of a flag's latest rollouts are looked through. */
const LOOKED_THROUGH = 10;

/**
 * The traffic of the flag's latest ended rollout that saw any: events a minute of the plan's first guardrail, and the
 * share of them that failed under the control. Null when no rollout of the flag has ended with traffic.
 */
export async function recordedTraffic(
  { rollouts, windows }: RecordedTrafficSources,
  plan: RolloutPlan,
): Promise<RecordedTraffic | null> {
  const guardrails = plan.metrics.filter(({ role }) => role === 'guardrail');
  // Requests, not users: the estimate is made of what came, whoever it came from.
  const chosen = guardrails.find(({ perUser }) => perUser === undefined) ?? guardrails[0];
  const event = chosen?.perUser?.event ?? chosen?.event;
  if (event === undefined) return null;
  const past = await rollouts.list({ environment: plan.environment, flagKey: plan.flag, limit: LOOKED_THROUGH });
  for (const { _id, outcome } of past) {
    const recorded = outcome === null ? null : await windows.readCompacted(_id);
    const traffic = recorded === null ? null : trafficIn(recorded, event);
    if (traffic !== null) return { ...traffic, rolloutId: _id };
  }
  return null;
}

/** Events a minute over the windows that were recorded, and the control's error rate; null without events. */
export function trafficIn({ windows, control }: CompactedRollout, event: string): AssumedTraffic | null {
  const lengths = new Map<number, number>();
  let events = 0;
  let ofControl = 0;
  let errors = 0;
  for (const { segment, windowStart, windowMs, variant, totals } of windows) {
    if (segment !== ALL_USERS) continue;
    lengths.set(windowStart, windowMs);
    const seen = totals.events?.[event];
    events += seen?.count ?? 0;
    if (variant !== control) continue;
    ofControl += seen?.count ?? 0;
    errors += seen?.errors ?? 0;
  }
  const minutes = [...lengths.values()].reduce((sum, ms) => sum + ms, 0) / 60_000;
  if (events === 0 || ofControl === 0 || minutes === 0) return null;
  return { requestsPerMinute: Math.round(events / minutes), errorRate: Number((errors / ofControl).toPrecision(3)) };
}
