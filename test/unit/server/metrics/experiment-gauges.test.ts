import { ExperimentGauges } from '../../../../server/metrics/experiment-gauges';
import { ServerMetrics } from '../../../../server/metrics/server-metrics';
import type { ExperimentProjection } from '../../../../store/experiments-repository';

const NOW_MS = Date.parse('2026-11-28T12:00:00Z');

function effect(metric: string, conclusion: 'better' | 'worse' | 'inconclusive', counts: readonly [number, number]) {
  const numbers = { control: 0.1, treatment: 0.2, effect: 0.1, lower: 0.05, upper: 0.15, evidence: 40 };
  return {
    metric,
    role: 'primary' as const,
    ...numbers,
    conclusion,
    controlCount: counts[0],
    treatmentCount: counts[1],
  };
}

function given(change: Partial<ExperimentProjection> = {}): ExperimentProjection {
  const green = {
    variant: 'green',
    effects: [effect('buyers', 'better', [900, 910]), effect('basket', 'inconclusive', [90, 95])],
  };
  const blue = { variant: 'blue', effects: [effect('buyers', 'worse', [900, 880])] };
  const arms = [
    { ...green, harmEvidence: 0.5, guardrail: 'errors', harmed: false, doubts: [] },
    { ...blue, harmEvidence: 12.5, guardrail: 'errors', harmed: false, doubts: [] },
  ];
  const standing = {
    winners: ['green'],
    losers: ['blue'],
    mixed: [],
    harmed: [],
    doubts: [],
    decided: true,
    sample: 880,
  };
  const analysis = {
    arms: arms.map(({ variant, effects, harmEvidence, harmed }) => ({
      variant,
      effects,
      harmEvidence,
      harmed,
      guardrails: [],
      doubts: [],
    })),
    decided: true,
    harmed: [],
    sample: 880,
    lastWindowAt: null,
  };
  return {
    _id: 'button-abcdefgh',
    identity: 'i',
    version: 1,
    updatedAt: '2026-11-28T11:59:00Z',
    environment: 'production',
    flag: 'button',
    control: 'red',
    treatments: ['green', 'blue'],
    armWeight: 20,
    phase: 'running',
    outcome: null,
    waitingFor: null,
    summary: '',
    conclusion: null,
    transition: 1,
    ranMs: 0,
    durationMs: 1,
    lastLook: { at: '2026-11-28T11:59:30Z', standing, arms, omitted: 0, tension: 0.25, digest: '' },
    nextLookAt: null,
    timeline: [],
    startedAt: '2026-11-28T11:00:00Z',
    startedBy: 'alice',
    analysis: JSON.stringify(analysis),
    ...change,
  };
}

async function scraped(read: () => Promise<ExperimentProjection[]>): Promise<string[]> {
  const metrics = new ServerMetrics();
  const context = { databaseNowMs: () => NOW_MS, experiments: { liveStartedBefore: read } };
  await new ExperimentGauges(context, metrics).refresh();
  const lines = (await metrics.registry.metrics()).split('\n');
  return lines.filter((line) => line.startsWith('headgate_experiment')).sort();
}

describe('gauges of experiments', () => {
  const of = 'environment="production",flag="button"';

  it('tell of the state, the arms, their units and what the last look says of each metric', async () => {
    expect(await scraped(async () => [given()])).toEqual(
      [
        `headgate_experiments_live{environment="production"} 1`,
        `headgate_experiment_phase{${of},phase="running"} 1`,
        ...['red', 'green', 'blue'].map(
          (variant) => `headgate_experiment_arm_weight_percent{${of},variant="${variant}"} 20`,
        ),
        `headgate_experiment_units{${of},variant="red"} 900`,
        `headgate_experiment_units{${of},variant="green"} 910`,
        `headgate_experiment_units{${of},variant="blue"} 880`,
        `headgate_experiment_verdict{${of},variant="green",metric="buyers",verdict="better"} 1`,
        `headgate_experiment_verdict{${of},variant="green",metric="basket",verdict="inconclusive"} 1`,
        `headgate_experiment_verdict{${of},variant="blue",metric="buyers",verdict="worse"} 1`,
        `headgate_experiment_harm_evidence{${of},variant="green"} 0.5`,
        `headgate_experiment_harm_evidence{${of},variant="blue"} 12.5`,
        `headgate_experiment_tension{${of}} 0.25`,
        `headgate_experiment_look_age_seconds{${of}} 30`,
      ].sort(),
    );
  });

  it('tell of one that was not looked at yet, or whose analysis cannot be read, what is known', async () => {
    const { analysis: _, ...fresh } = given({ lastLook: null });
    const lines = await scraped(async () => [fresh, given({ flag: 'other', analysis: '{' })]);
    expect(lines).toContain('headgate_experiments_live{environment="production"} 2');
    expect(lines.filter((line) => line.includes('_units'))).toEqual([]);
    expect(lines.filter((line) => line.includes('flag="button"') && line.includes('tension'))).toEqual([]);
    expect(lines).toContain('headgate_experiment_tension{environment="production",flag="other"} 0.25');
  });

  it('forget experiments that have ended, and fail no scrape without a database', async () => {
    const metrics = new ServerMetrics();
    let monotonicMs = 0;
    const answers = [async () => [given()], async () => [], () => Promise.reject(new Error('away'))];
    const liveStartedBefore = (): Promise<ExperimentProjection[]> =>
      (answers.shift() as () => Promise<ExperimentProjection[]>)();
    const gauges = new ExperimentGauges(
      { databaseNowMs: () => NOW_MS, experiments: { liveStartedBefore } },
      metrics,
      () => monotonicMs,
    );
    const shown = async (): Promise<boolean> => {
      await gauges.refresh();
      monotonicMs += 10_000;
      return (await metrics.registry.metrics()).includes('flag="button"');
    };
    expect([await shown(), await shown(), await shown()]).toEqual([true, false, false]);
  });
});
