import { judgePlanOf } from '../../activities/judge-plan';
import { summarise } from '../../activities/summarise-analysis';
import { analyse } from '../../analysis/analyse';
import type { AnalysisState } from '../../analysis/types';
import { resolvePlan } from '../../flags/plan/resolve-plan';
import type { Stratum } from '../../metrics/windows';
import { RolloutModel } from '../../test/support/rollout-model';
import { nextWeight } from '../../workflows/rollout/state';
import { isTerminal } from '../../workflows/rollout/status';
import { bakeMsOf } from '../../workflows/rollout/state';
import { serveWindow, type Trace } from './traffic';

/** What became of one rollout. */
export interface PaceOutcome {
  readonly outcome: string;
  /** Minutes until everybody was served, or the candidate was taken back; the horizon when neither came. */
  readonly minutes: number;
  readonly excessErrors: number;
  readonly looks: number;
  readonly narrows: number;
}

const JUDGE_AFTER_MS = 10_000;

/** Runs the rollout's own decisions over a trace, with the real judge, on a clock that the bench turns. */
export function runPace(trace: Trace, pace: 'steps' | 'adaptive', seed: number, horizonMinutes: number): PaceOutcome {
  const plan = resolvePlan({
    flag: 'bench',
    candidate: 'on',
    environment: 'bench',
    pace,
    metrics: [{ name: 'errors', kind: 'error_rate', margin: '0.5pp + 10%' }],
  });
  const model = new RolloutModel(plan);
  let state: AnalysisState | null = null;
  let served = 0;
  let excessErrors = 0;
  let pending: Stratum[] = [];
  const beganAt = model.nowMs;
  const endAt = horizonMinutes * 60_000;
  while (!isTerminal(model.state.phase) && model.nowMs - beganAt < endAt) {
    const interval = Math.max(plan.look.shortestMs, model.state.lookIntervalMs);
    const until = model.nowMs - beganAt + interval;
    const { weight, transition } = model.state;
    for (; (served + 1) * plan.windowMs + JUDGE_AFTER_MS <= until; served++) {
      const window = serveWindow(trace, { seed, index: served, windowMs: plan.windowMs, weight, transition });
      excessErrors += window.excessErrors;
      pending.push(window.stratum);
    }
    const { analysis, state: next } = analyse({
      plan: judgePlanOf(plan),
      context: {
        step: model.state.step,
        weight,
        nextWeight: nextWeight(plan, weight),
        transition,
        stepStartedAt: model.state.stepStartedAtMs - beganAt,
        raisedAt: model.state.raisedAtMs - beganAt,
        bakeMs: bakeMsOf(plan, model.state.step),
        bakedMs: model.state.bakedMs + interval,
        safetyEpoch: model.state.safetyEpoch,
        harmEpoch: model.state.harmEpoch,
      },
      strata: pending,
      state,
      sourceDown: false,
      nowMs: until,
    });
    pending = [];
    state = JSON.parse(JSON.stringify(next)) as AnalysisState;
    model.look(interval, {
      nowMs: model.nowMs,
      look: summarise(analysis, until),
      flag: { standing: 'ours', detail: '', conflict: null, basis: model.state.basis, control: 'off' },
      blackoutUntilMs: null,
    });
  }
  return {
    outcome: isTerminal(model.state.phase) ? model.state.phase : `at ${model.state.weight} %`,
    minutes: (model.nowMs - beganAt) / 60_000,
    excessErrors,
    looks: model.state.looks,
    narrows: model.writes.filter(({ planned }) => planned.action === 'rollout.narrow').length,
  };
}
