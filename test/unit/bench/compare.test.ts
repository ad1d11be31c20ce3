import { headgate, peers } from '../../../bench/judge/compare/contenders';
import { compare } from '../../../bench/judge/compare/main';
import { outcomeOf } from '../../../bench/judge/compare/outcome';
import { plotCurves } from '../../../bench/judge/compare/plot';
import { summarise } from '../../../bench/judge/compare/summary';
import { markdownTable } from '../../../bench/judge/compare/table';
import { simulateTrace } from '../../../bench/judge/traces/sets';

const BAD = simulateTrace('friendly', { seed: 5, index: 1, kind: 'err_x5', cells: false });
const GOOD = simulateTrace('friendly', { seed: 5, index: 2, kind: 'aa_clean', cells: false });
const NEVER = { rollback: null, promote: null, narrow: null };

describe('the comparison of judges', () => {
  it('counts power, minutes from the onset, and bad requests as the bench of peers does', () => {
    const { onset, minutes } = BAD;
    const caught = outcomeOf(BAD, { ...NEVER, rollback: onset + 4 });
    expect(caught).toMatchObject({ caught: true, minutes: 5, minutesOrHorizon: 5 });
    const errors = minutes.slice(onset, onset + 5).reduce((sum, { candidate }) => sum + (candidate?.errors ?? 0), 0);
    expect(caught.badRequests).toBe(errors);
    expect(outcomeOf(BAD, NEVER)).toMatchObject({ caught: false, minutes: null, minutesOrHorizon: 120 - onset });
    expect(outcomeOf(GOOD, { ...NEVER, rollback: 3 })).toMatchObject({
      rolledBack: true,
      caught: false,
      badRequests: 0,
    });
  });

  it('lets every kind count alike, with an interval around each figure', () => {
    const outcomes = [
      ...Array.from({ length: 30 }, (_, index) => outcomeOf(GOOD, { ...NEVER, rollback: index < 3 ? 9 : null })),
      ...Array.from({ length: 10 }, (_, index) => outcomeOf(BAD, { ...NEVER, rollback: index < 5 ? BAD.onset : null })),
    ];
    const { falseRollback, power } = summarise(outcomes);
    expect(falseRollback.value).toBeCloseTo(0.1, 10);
    expect(falseRollback.low).toBeLessThan(0.1);
    expect(falseRollback.high).toBeGreaterThan(0.1);
    expect(power.value).toBe(0.5);
  });

  it('runs ours beside the others on the same traces, into a table and a picture', () => {
    const argo = peers().filter(({ name }) => name === 'Argo Rollouts');
    const rows = compare({ noise: 'friendly', cells: false, good: 0, bad: 1, seed: 5 }, [headgate('safe'), ...argo]);
    expect(rows.map(({ name }) => name)).toEqual(['Headgate, safe', 'Argo Rollouts']);
    expect(rows[0]?.summary.power.value).toBeGreaterThan(0.3);
    expect(markdownTable(rows).split('\n')).toHaveLength(4);
    const point = { falseRollback: 0.01, meanMinutes: 20 };
    const svg = plotCurves('Title <1>', [{ name: 'ours', points: [point], stock: point }], () => true);
    expect(svg).toContain('Title &lt;1&gt;');
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});
