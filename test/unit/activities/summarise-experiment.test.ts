import { MAX_SUMMARY_BYTES } from '../../../activities/summarise-analysis';
import { summariseExperiment } from '../../../activities/summarise-experiment';
import type { ArmFinding, EffectFinding, ExperimentAnalysis } from '../../../analysis/experiment/types';

const effect = (index: number, change: Partial<EffectFinding> = {}): EffectFinding => ({
  metric: `a-metric-with-a-name-of-some-length-${index}`,
  role: index === 0 ? 'primary' : 'secondary',
  controlCount: 1,
  treatmentCount: 1,
  control: 0.123456789,
  treatment: 0.2,
  effect: 0.1,
  lower: null,
  upper: Number.NaN,
  shrunk: null,
  evidence: Number.POSITIVE_INFINITY,
  conclusion: 'inconclusive',
  ...change,
});
const arm = (variant: string, effects: EffectFinding[], change: Partial<ArmFinding> = {}): ArmFinding => ({
  variant,
  effects,
  guardrails: [
    { metric: 'calm', control: 0, treatment: 0, harm: 0, margin: 1, harmEvidence: 1 },
    { metric: 'worst', control: 0, treatment: 0, harm: 0, margin: 1, harmEvidence: 8 },
  ],
  harmEvidence: 10,
  harmed: false,
  doubts: [],
  ...change,
});
const analysis = (arms: ArmFinding[]): ExperimentAnalysis => ({
  arms,
  decided: false,
  harmed: [],
  sample: 7,
  lastWindowAt: 0,
});

describe('what of an experiment enters the history', () => {
  it('fits whatever its size, keeps primary metrics longest, and counts what it leaves out', () => {
    const arms = Array.from({ length: 10 }, (_, index) =>
      arm(`treatment-${index}`, Array.from({ length: 20 }, (_each, place) => effect(place)).reverse()),
    );
    const look = summariseExperiment(analysis(arms), null, 0.01, 0);
    expect(Buffer.byteLength(JSON.stringify(look))).toBeLessThanOrEqual(MAX_SUMMARY_BYTES);
    expect(look.arms).toHaveLength(10);
    expect(look.omitted + look.arms.reduce((sum, { effects }) => sum + effects.length, 0)).toBe(200);
    expect(look.arms.every(({ effects }) => effects[0]?.role === 'primary')).toBe(true);
  });

  it('writes numbers that JSON has, and names the guardrail that says most', () => {
    const look = summariseExperiment(analysis([arm('on', [effect(0)])]), null, 0.01, 0);
    expect(look.arms[0]).toMatchObject({ guardrail: 'worst', effects: [{ control: 0.123457, upper: null }] });
    expect(look.arms[0]?.effects[0]?.evidence).toBe(Number.MAX_VALUE);
    // Half of the way to 100, which is where one treatment is stopped at 1 %, by the log.
    expect(look.tension).toBeCloseTo(0.5, 5);
  });

  it('sorts treatments by their primary metrics, and takes trouble of a source for a doubt', () => {
    const better = effect(0, { conclusion: 'better' });
    const worse = effect(0, { conclusion: 'worse' });
    const trouble = { quality: 'source_down' as const, detail: 'The source of metrics did not answer.' };
    const doubts = [{ code: 'SAMPLE_RATIO_MISMATCH' as const, text: 'arms differ in size' }];
    const arms = [
      arm('a', [better, effect(1, { conclusion: 'worse' })]),
      arm('b', [worse]),
      arm('c', [better, worse]),
      arm('d', [effect(0)], { doubts }),
    ];
    const { standing } = summariseExperiment(analysis(arms), trouble, 0.01, 0);
    expect(standing).toMatchObject({ winners: ['a'], losers: ['b'], mixed: ['c'], sample: 7 });
    expect(standing.doubts).toEqual([trouble.detail, 'd: arms differ in size']);
  });
});
