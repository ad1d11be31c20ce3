import { recordedTraffic, trafficIn } from '../../../../server/rollouts/recorded-traffic';
import type { RolloutProjection } from '../../../../store/rollouts-repository';
import type { CompactedRollout } from '../../../../store/windows-repository';
import { givenPlan } from '../../../support/flag-builders';

const window = (windowStart: number, variant: string, count: number, errors: number, segment = '*') => ({
  windowStart,
  windowMs: 30_000,
  transition: 1,
  variant,
  segment,
  totals: { events: { request: { count, errors } } },
});

const recorded = (windows: CompactedRollout['windows']): CompactedRollout => ({
  _id: 'r1',
  flagId: 'production/checkout',
  control: 'off',
  candidate: 'on',
  compactedAt: 0,
  windows,
});

describe('the traffic of past rollouts', () => {
  const busy = recorded([
    window(0, 'off', 900, 9),
    window(0, 'on', 100, 50),
    window(30_000, 'off', 1100, 11),
    window(30_000, 'off', 500, 500, 'beta'),
  ]);

  it('counts both arms a minute, and the failures of the control alone', () => {
    expect(trafficIn(busy, 'request')).toEqual({ requestsPerMinute: 2100, errorRate: 0.01 });
  });

  it('is unknown for an event nobody reported', () => {
    expect(trafficIn(busy, 'checkout')).toBeNull();
    expect(trafficIn(recorded([]), 'request')).toBeNull();
  });

  it('comes from the latest ended rollout that saw any', async () => {
    const past = [
      { _id: 'live', outcome: null },
      { _id: 'silent', outcome: 'aborted' },
      { _id: 'busy', outcome: 'completed' },
    ] as RolloutProjection[];
    const kept: Record<string, CompactedRollout> = { silent: recorded([]), busy };
    const found = await recordedTraffic(
      { rollouts: { list: async () => past }, windows: { readCompacted: async (id) => kept[id] ?? null } },
      givenPlan(),
    );
    expect(found).toEqual({ rolloutId: 'busy', requestsPerMinute: 2100, errorRate: 0.01 });
  });
});
