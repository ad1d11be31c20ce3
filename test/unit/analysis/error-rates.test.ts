import { runShape, SHAPES, TRAFFIC } from '../../../bench/judge/margin-shapes';
import { runRollout } from '../../../bench/judge/run-rollout';
import { AT_MARGIN, HARMFUL, HARMLESS } from '../../../bench/judge/scenarios';
import type { Scenario } from '../../../bench/judge/simulate';

/** A smoke run of the study in bench/judge; the large one stands in docs/statistics.md. */
const run = (scenario: Scenario | undefined, rollouts: number, windows: number) => {
  if (scenario === undefined) throw new Error('no such scenario');
  return Array.from({ length: rollouts }, (_, index) => runRollout(100 + index, scenario, windows));
};

describe('the judge in simulation', () => {
  it.each([
    'weight ramps 1-5-10-25-50',
    'daily cycle, drift and ramp',
    'clustered users',
    'bad client in low traffic',
    'bursts of one window',
  ])('does not roll back under %s', (name) => {
    const outcomes = run(HARMLESS[name], 2, 100);
    expect(outcomes.filter(({ rolledBackAfter }) => rolledBackAfter !== null)).toEqual([]);
  });

  it('does not promote errors at the margin', () => {
    const outcomes = run(AT_MARGIN['errors at the margin'], 4, 60);
    expect(outcomes.filter(({ promotedAfter }) => promotedAfter !== null).length).toBeLessThanOrEqual(1);
  });

  it.each(Object.entries(SHAPES))(
    'does not promote a %s at the margin, and does one as good as control',
    (_, metric) => {
      const traffic = TRAFFIC['independent'];
      if (traffic === undefined) throw new Error('no such traffic');
      const promoted = (times: number): number =>
        [1, 2, 3, 4].filter((seed) => runShape(seed, metric, traffic, { windows: 40, times }).promoted).length;
      expect(promoted(1.1)).toBeLessThanOrEqual(1);
      expect(promoted(1)).toBeGreaterThanOrEqual(3);
    },
  );

  it.each([
    ['errors 1 % to 20 %, 2,400 a minute, 50 %', 12],
    ['errors 1 % to 20 %, 6,000 a minute, 10 %', 6],
    ['errors x5, 50 %', 24],
    // Noise of a minute may be as large, so several minutes must agree.
    ['latency +25 %, 50 %', 60],
  ])('rolls back %s within %i windows', (name, within) => {
    for (const { rolledBackAfter } of run(HARMFUL[name], 3, 60)) {
      expect(rolledBackAfter ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(within);
    }
  });
});
