import { countActivities } from '../../../workers/metrics/count-activities';
import { WorkerMetrics } from '../../../workers/metrics/worker-metrics';

const ROLLOUT = { rolloutId: 'r-1', environment: 'production', flagKey: 'checkout' };

function given(activities: Record<string, (request: never) => Promise<unknown>>) {
  const metrics = new WorkerMetrics();
  let nowMs = 0;
  const counted = countActivities(activities, metrics, () => nowMs);
  return { metrics, counted, pass: (ms: number) => (nowMs += ms) };
}

async function lines({ registry }: WorkerMetrics, name: string): Promise<string[]> {
  return (await registry.getSingleMetricAsString(name)).split('\n').filter((line) => !line.startsWith('#'));
}

describe('counted activities', () => {
  it('tell verdicts, data quality, duration and lateness of looks', async () => {
    const { metrics, counted, pass } = given({
      look: async () => {
        pass(200);
        return { look: { verdict: 'hold', dataQuality: 'stale' } };
      },
    });
    const request = { ...ROLLOUT, plan: { look: { longestMs: 60_000 } } } as never;
    await counted['look']?.(request);
    pass(59_800);
    await counted['look']?.(request);
    pass(90_000);
    await counted['look']?.(request);
    expect(await lines(metrics, 'headgate_looks_total')).toEqual([
      'headgate_looks_total{environment="production",flag="checkout",verdict="hold",quality="stale"} 3',
    ]);
    const lateness = await lines(metrics, 'headgate_look_lateness_seconds');
    expect(lateness).toContain('headgate_look_lateness_seconds_bucket{le="0.5"} 1');
    expect(lateness).toContain('headgate_look_lateness_seconds_sum 30.2');
    expect(await lines(metrics, 'headgate_look_duration_seconds')).toContain('headgate_look_duration_seconds_count 3');
  });

  it('tell writes by action and result, and pass failures on', async () => {
    const failure = new Error('no');
    let fails = false;
    const { metrics, counted } = given({
      applyTransition: async () => {
        if (fails) throw failure;
        return { kind: 'applied' };
      },
    });
    const request = { ...ROLLOUT, action: 'rollout.raise' } as never;
    await counted['applyTransition']?.(request);
    fails = true;
    await expect(counted['applyTransition']?.(request)).rejects.toBe(failure);
    expect(await lines(metrics, 'headgate_transitions_total')).toEqual([
      'headgate_transitions_total{environment="production",flag="checkout",action="rollout.raise",result="applied"} 1',
      'headgate_transitions_total{environment="production",flag="checkout",action="rollout.raise",result="failed"} 1',
    ]);
    expect(await lines(metrics, 'headgate_activities_total')).toContain(
      'headgate_activities_total{activity="applyTransition",result="failed"} 1',
    );
  });

  it('tell of a renewal with the look under it what they tell of each', async () => {
    const results = [
      { lease: { kind: 'renewed' }, look: { look: { verdict: 'hold', dataQuality: 'ok' } } },
      { lease: { kind: 'renewed' }, look: null },
      { lease: { kind: 'lapsed' }, look: null },
    ];
    const { metrics, counted, pass } = given({ lookUnderLease: async () => results.shift() });
    const request = { ...ROLLOUT, plan: { look: { longestMs: 60_000 } } } as never;
    for (let look = 0; look < 3; look += 1) {
      await counted['lookUnderLease']?.(request);
      pass(61_000);
    }
    expect(await lines(metrics, 'headgate_looks_total')).toEqual([
      'headgate_looks_total{environment="production",flag="checkout",verdict="hold",quality="ok"} 1',
    ]);
    expect(await lines(metrics, 'headgate_lease_renewals_total')).toEqual([
      'headgate_lease_renewals_total{result="renewed"} 2',
      'headgate_lease_renewals_total{result="lapsed"} 1',
    ]);
    expect(await lines(metrics, 'headgate_look_lateness_seconds')).toContain('headgate_look_lateness_seconds_sum 2');
    expect(await lines(metrics, 'headgate_activities_total')).toEqual([
      'headgate_activities_total{activity="lookUnderLease",result="succeeded"} 2',
      'headgate_activities_total{activity="lookUnderLease",result="failed"} 1',
    ]);
  });

  it('tell what became of leases and notifications', async () => {
    const { metrics, counted } = given({
      renewLease: async () => ({ kind: 'lapsed' }),
      notify: async () => undefined,
    });
    await counted['renewLease']?.(ROLLOUT as never);
    await counted['notify']?.({ ...ROLLOUT, event: 'rolled_back' } as never);
    expect(await lines(metrics, 'headgate_lease_renewals_total')).toEqual([
      'headgate_lease_renewals_total{result="lapsed"} 1',
    ]);
    expect(await lines(metrics, 'headgate_notifications_total')).toEqual([
      'headgate_notifications_total{event="rolled_back",result="delivered"} 1',
    ]);
  });
});
