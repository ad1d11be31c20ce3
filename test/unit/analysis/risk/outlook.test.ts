import { analyse } from '../../../../analysis/analyse';
import { outlookActions } from '../../../../analysis/risk/outlook-actions';
import type { OutlookState } from '../../../../analysis/risk/outlook';
import { scoreOf, worstRisk } from '../../../../analysis/risk/risk-score';
import type { Analysis, AnalysisInput, AnalysisState, FailureForecast, RiskFinding } from '../../../../analysis/types';
import { DEFAULT_RISK } from '../../../../flags/plan/behaviour';
import { givenContext, givenPlan, givenWindows } from '../../../support/stratum-builders';

const PART = {
  metric: 'errors',
  segment: '*',
  severity: 0,
  persistence: 0,
  together: false,
  audience: 1,
  correlation: 0,
};
const NOTHING = { risk: null, confidence: null, failureForecast: null, pace: null, watch: null, crossings: [] };
const PACE = { completionWeight: 100, look: { shortestMs: 5000, longestMs: 60_000 } };

describe('the risk score', () => {
  it('is anomaly times its weight plus audience times correlation times its weight, of 100', () => {
    expect(scoreOf({ ...PART, severity: 0.5, persistence: 0.8, correlation: 0.5 }, DEFAULT_RISK)).toBeCloseTo(44, 12);
    expect(scoreOf({ ...PART, severity: 1, persistence: 1, correlation: 1 }, DEFAULT_RISK)).toBe(100);
    expect(
      scoreOf({ ...PART, severity: 1, persistence: 1, correlation: 1 }, { ...DEFAULT_RISK, segmentWeight: 1 }),
    ).toBe(100);
    expect(scoreOf({ ...PART, severity: 1, persistence: 0 }, DEFAULT_RISK)).toBe(0);
  });

  it('names the worst part, with weights and thresholds', () => {
    const eu = { ...PART, segment: 'eu', audience: 0.5, correlation: 1 };
    expect(worstRisk([PART, eu], DEFAULT_RISK)).toMatchObject({ segment: 'eu', score: 20, narrowAt: 50 });
    expect(worstRisk([], DEFAULT_RISK)).toBeNull();
  });

  it('stays at what goes with the feature while no baseline is known, and is recorded', () => {
    const good = analyse(inputOf(givenWindows(20))).analysis.risk;
    expect(good).toMatchObject({ severity: 0, persistence: 0, anomalyWeight: 0.6, narrowAt: 50, rollbackAt: 80 });
    expect(good?.score).toBeLessThan(20);
    const worse = analyse(inputOf(givenWindows(20, { candidate: { errors: 6 } }))).analysis.risk;
    expect(worse?.correlation).toBeGreaterThan(good?.correlation ?? 1);
    expect(worse?.score).toBeLessThanOrEqual(40);
  });
});

describe('what the outlook asks for', () => {
  const risky = (score: number): RiskFinding => ({ ...PART, ...DEFAULT_RISK, score });
  const outlook = (score: number) => ({ ...NOTHING, risk: risky(score) });
  const state = (change: Partial<OutlookState> = {}): OutlookState => ({
    transition: 3,
    windows: 5,
    actedAt: null,
    confidence: null,
    courses: {},
    ...change,
  });

  it('is nothing below the first threshold, less from it on, and in `predictive` all from the second', () => {
    const asks = (score: number, preset: 'guarded' | 'predictive') =>
      outlookActions(state(), outlook(score), givenPlan({ preset }), 10).asks;
    expect([49, 50, 79, 80].map((score) => asks(score, 'guarded'))).toEqual(['nothing', 'narrow', 'narrow', 'narrow']);
    expect([49, 50, 79, 80].map((score) => asks(score, 'predictive'))).toEqual([
      'nothing',
      'narrow',
      'narrow',
      'rollback',
    ]);
  });

  it('says that a rollback on risk keeps no promise', () => {
    const { reasons } = outlookActions(state(), outlook(90), givenPlan({ preset: 'predictive' }), 10);
    expect(reasons[0]).toMatchObject({ code: 'RISK_CRITICAL', numbers: { score: 90, narrowAt: 50, rollbackAt: 80 } });
    expect(reasons[0]?.text).toContain('outside the promised rate');
    expect(outlookActions(state(), outlook(90), givenPlan(), 10).reasons[0]?.text).not.toContain('promised');
  });

  it('asks once under a transition, again under the next after three windows of it, and holds meanwhile', () => {
    const remembered = state();
    const ask = () => outlookActions(remembered, outlook(60), givenPlan(), 10).asks;
    expect([ask(), ask()]).toEqual(['narrow', 'hold']);
    Object.assign(remembered, { transition: 4, windows: 2 });
    expect(ask()).toBe('hold');
    remembered.windows = 3;
    expect(ask()).toBe('narrow');
  });

  it('asks for nothing less than nobody', () => {
    expect(outlookActions(state(), outlook(90), givenPlan(), 0)).toEqual({ asks: 'nothing', reasons: [] });
  });

  it('heeds low confidence', () => {
    const low = { ...NOTHING, confidence: 0.2 };
    expect(outlookActions(state(), low, givenPlan(), 10).asks).toBe('narrow');
    expect(outlookActions(state(), low, givenPlan({ preset: 'predictive' }), 10).asks).toBe('rollback');
    expect(outlookActions(state(), { ...low, confidence: 0.5 }, givenPlan(), 10).asks).toBe('nothing');
    const pace = { speed: 'pause' as const, nextWeight: 20, bakeMs: 1, intervalMs: 1 };
    expect(outlookActions(state(), { ...low, confidence: 0.5, pace }, givenPlan(), 10).asks).toBe('hold');
  });

  it('heeds a forecast of failure as far as the plan has thresholds for it, whatever the preset', () => {
    const forecast = (asks: FailureForecast['asks']) => ({
      ...NOTHING,
      failureForecast: { looks: 5, probability: 0.8, lower: 0.7, upper: 0.9, isAlert: true, asks },
    });
    expect(outlookActions(state(), forecast('nothing'), givenPlan(), 10)).toEqual({ asks: 'nothing', reasons: [] });
    const narrowed = outlookActions(state(), forecast('narrow'), givenPlan(), 10);
    expect(narrowed).toMatchObject({
      asks: 'narrow',
      reasons: [{ code: 'FAILURE_FORECAST', numbers: { lower: 0.7 } }],
    });
    expect(narrowed.reasons[0]?.text).not.toContain('promised');
    const back = outlookActions(state(), forecast('rollback'), givenPlan(), 10);
    expect([back.asks, back.reasons[0]?.text]).toEqual([
      'rollback',
      "Failure is forecast with 0.8 (0.7 to 0.9) in 5 looks, past the plan's threshold, outside the promised rate.",
    ]);
  });
});

describe('an adaptive look', () => {
  it('asks safety for the boldest weight that is shown safe, and says how fast and how often', () => {
    const first = analyse(inputOf(givenWindows(30), { weight: 10, nextWeight: 25 }));
    const second = analyse({
      ...inputOf(givenWindows(5, {}, 30), { weight: 10, nextWeight: 25 }),
      state: JSON.parse(JSON.stringify(first.state)) as AnalysisState,
    });
    expect(first.analysis.confidence).toBeGreaterThan(0.9);
    expect(second.analysis).toMatchObject({ verdict: 'promote', pace: { speed: 'rapid', nextWeight: 40 } });
  });

  it('goes back when the evidence turns against it, though not enough for a rollback', () => {
    const strata = givenWindows(14, { candidate: { errors: 12 } });
    const plan = { ...inputOf(strata).plan, falseRollbackRate: 1e-12 };
    const { analysis } = analyse({ ...inputOf(strata), plan });
    expect(analysis.confidence).toBeLessThan(0.3);
    expect([analysis.verdict, analysis.reasons[0]?.code]).toEqual(['narrow', 'LOW_CONFIDENCE']);
  });
});

describe('the forecast of failure', () => {
  /** One look for each of `windows` windows of a candidate that does harm, or none, with thresholds that act. */
  function looks(windows: number, errors: number, failurePrior: number): Analysis[] {
    const strata = givenWindows(windows, { candidate: { errors } });
    const { adaptive: _, ...steady } = inputOf(strata).plan;
    const plan = { ...steady, failureForecast: { looks: 5, alertAt: 0.5, narrowAt: 0.6 } };
    let state: AnalysisState | null = null;
    return [...new Set(strata.map(({ windowStartAt }) => windowStartAt))].map((startAt) => {
      const own = strata.filter(({ windowStartAt }) => windowStartAt === startAt);
      const result = analyse({ ...inputOf(own), plan, failurePrior, state });
      state = JSON.parse(JSON.stringify(result.state)) as AnalysisState;
      return result.analysis;
    });
  }

  it('alerts, and acts by the plan, looks before the evidence itself rolls back', () => {
    const all = looks(90, 8, 0.3);
    const alerted = all.findIndex(({ failureForecast }) => failureForecast?.isAlert === true);
    const rolledBack = all.findIndex(({ verdict }) => verdict === 'rollback');
    expect(alerted).toBeGreaterThan(0);
    expect(rolledBack).toBeGreaterThan(alerted);
    const acted = all.find(({ reasons }) => reasons.some(({ code }) => code === 'FAILURE_FORECAST'));
    expect([acted?.verdict, acted?.reasons[0]?.code]).toEqual(['narrow', 'FAILURE_FORECAST']);
  });

  it('says nothing at first, and alerts of nothing where no harm is', () => {
    const all = looks(40, 1, 0.3);
    expect(all.slice(0, 4).map(({ failureForecast }) => failureForecast)).toEqual([null, null, null, null]);
    expect(all[5]?.failureForecast).toMatchObject({ looks: 5, isAlert: false, asks: 'nothing' });
    expect(all.filter(({ failureForecast }) => failureForecast?.isAlert === true)).toEqual([]);
  });

  it('is not made where nobody asks for a confidence', () => {
    const { adaptive: _, ...plan } = inputOf([]).plan;
    const { analysis, state } = analyse({ ...inputOf(givenWindows(20)), plan });
    expect(analysis.failureForecast).toBeNull();
    expect((state['outlook'] as OutlookState).failure).toBeUndefined();
  });
});

function inputOf(strata: AnalysisInput['strata'], context: Partial<AnalysisInput['context']> = {}): AnalysisInput {
  return {
    plan: givenPlan({ risk: DEFAULT_RISK, adaptive: PACE }),
    context: givenContext(context),
    strata,
    state: null,
    sourceDown: false,
    nowMs: (strata.at(-1)?.windowStartAt ?? 0) + 15_000,
  };
}
