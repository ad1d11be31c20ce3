import { analyse } from '../../../../analysis/analyse';
import type { AnalysisState, JudgePlan, Profile } from '../../../../analysis/types';
import { Metric } from '../../../../flags/plan/metric';
import type { ArmTotals, Stratum } from '../../../../metrics/windows';
import { mulberry32, type Rng } from '../../../../ml/random/mulberry32';
import { givenArm, givenContext, givenPlan, givenStratum, FIRST_WINDOW } from '../../../support/stratum-builders';

const MINUTE_MS = 60_000;
const ERRORS = Metric.parse({ name: 'errors', kind: 'error_rate', margin: { relative: 0.01 } });

/** A minute of requests, by what fails in each of 64 cells. */
function minute(at: number, fails: { control: () => number; candidate: () => number }, change: object = {}): Stratum {
  const arm = (requests: number, failed: () => number): ArmTotals => {
    const made = givenArm({ requests, errors: 0 });
    const request = made.events['request'];
    if (request === undefined) return made;
    const errors = request.cells.count.map(failed);
    const total = errors.reduce((sum, count) => sum + count, 0);
    return { ...made, events: { request: { ...request, errors: total, cells: { ...request.cells, errors } } } };
  };
  return {
    ...givenStratum(0, { weight: 10 }),
    windowStartAt: FIRST_WINDOW + at * MINUTE_MS,
    windowMs: MINUTE_MS,
    control: arm(57_600, fails.control),
    candidate: arm(6400, fails.candidate),
    ...change,
  };
}

const poisson = (rng: Rng, mean: number): number => {
  let count = -1;
  for (let left = 1; left > Math.exp(-mean); count++) left *= rng();
  return count;
};

/** Minutes until the rollback; Infinity when there is none in 40. */
function minutesTo(profile: Profile, stratumAt: (at: number) => Stratum, plan: Partial<JudgePlan> = {}): number {
  let state: AnalysisState | null = null;
  for (let at = 0; at < 40; at++) {
    const stratum = stratumAt(at);
    const result = analyse({
      plan: givenPlan({ metrics: [ERRORS], profile, ...plan }),
      context: givenContext({ weight: 10 }),
      strata: [stratum],
      state,
      sourceDown: false,
      nowMs: stratum.windowStartAt + MINUTE_MS + 10_000,
    });
    if (result.analysis.verdict === 'rollback') return at + 1;
    state = JSON.parse(JSON.stringify(result.state)) as AnalysisState;
  }
  return Number.POSITIVE_INFINITY;
}

/** Errors five times as often, each request by itself. */
const independent = (rng: Rng) => (at: number) =>
  minute(at, { control: () => poisson(rng, 0.9), candidate: () => poisson(rng, 0.5) });

const withoutCells = (stratum: Stratum): Stratum => {
  const forget = (arm: ArmTotals): ArmTotals => {
    const { request } = arm.events;
    if (request === undefined) return arm;
    const cells = { count: [], errors: [], valueCount: [], open: [], sum: [], over: {} };
    return { ...arm, exposureCells: [], events: { request: { ...request, cells } } };
  };
  return { ...stratum, control: forget(stratum.control), candidate: forget(stratum.candidate) };
};

describe('the profile of a plan', () => {
  it('decides in a minute when requests are independent by word, and in three when cells show it', () => {
    expect(minutesTo('fast', independent(mulberry32(1)))).toBe(1);
    expect(minutesTo('auto', independent(mulberry32(1)))).toBe(3);
  });

  it('asks for three minutes at least when nothing is known, and in any case when it is safe', () => {
    const blind = (at: number): Stratum => withoutCells(independent(mulberry32(at + 1))(at));
    expect(minutesTo('safe', independent(mulberry32(1)))).toBeGreaterThanOrEqual(3);
    expect(minutesTo('auto', blind)).toBe(minutesTo('safe', blind));
    expect(minutesTo('auto', blind)).toBeGreaterThanOrEqual(3);
    expect(minutesTo('auto', blind)).toBeLessThan(20);
  });

  it('never takes one user who fails all day for a fault, as the cells tell', () => {
    const rng = mulberry32(5);
    const oneUser = (at: number): Stratum => {
      let cell = 0;
      return minute(at, {
        control: () => poisson(rng, 0.9),
        candidate: () => poisson(rng, 0.1) + (cell++ === 3 ? 50 : 0),
      });
    };
    expect(minutesTo('auto', oneUser)).toBe(Number.POSITIVE_INFINITY);
    expect(minutesTo('safe', oneUser)).toBe(Number.POSITIVE_INFINITY);
  });

  it('does not roll back on one minute, however bad, unless it is told that requests are independent', () => {
    for (const profile of ['safe', 'auto'] as const) {
      const rng = mulberry32(9);
      const burst = (at: number): Stratum =>
        minute(at, { control: () => poisson(rng, 0.9), candidate: () => poisson(rng, at === 6 ? 8 : 0.1) });
      expect(minutesTo(profile, burst)).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it('holds latency against the candidate only after the warm-up', () => {
    const slow = Metric.parse({ name: 'slow', kind: 'slower_than', threshold: 500, margin: { relative: 0.05 } });
    const slower = (at: number): Stratum => ({
      ...givenStratum(0, { control: { requests: 6400, slow: 64 }, candidate: { requests: 6400, slow: 640 } }),
      windowStartAt: FIRST_WINDOW + at * MINUTE_MS,
      windowMs: MINUTE_MS,
    });
    const cold = minutesTo('fast', slower, { metrics: [slow], warmUpMs: 10 * MINUTE_MS });
    expect(cold).toBe(10 + minutesTo('fast', slower, { metrics: [slow], warmUpMs: 0 }));
  });
});
