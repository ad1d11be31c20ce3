import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import { initialState, type ExperimentState } from '../../workflows/experiment/state';
import type { Standing } from '../../analysis/experiment/standing';
import type { ExperimentLook } from '../../workflows/experiment/status';
import { givenExperiment } from './started-experiment';

/** Nothing shown of one treatment, with data. */
export function givenStanding(change: Partial<Standing> = {}): Standing {
  const none = { winners: [], losers: [], mixed: [], harmed: [], doubts: [] };
  return { ...none, decided: false, sample: 1000, ...change };
}

/** A look with a standing. */
export function givenExperimentLook(change: Partial<Standing> = {}): ExperimentLook {
  const at = '2026-01-01T00:00:00.000Z';
  return { at, standing: givenStanding(change), arms: [], omitted: 0, tension: 0, digest: 'd' };
}

/** A running experiment of an hour, a minute of it over. */
export function givenRunning(
  change: Partial<ExperimentState> = {},
  file: Record<string, unknown> = {},
): { readonly plan: ExperimentPlan; readonly state: ExperimentState } {
  const plan = givenExperiment('production', { duration: '1h', ...file });
  const running = { phase: 'running' as const, transition: 1, lastNumber: 1, control: 'off', ranMs: 60_000 };
  const basis = { fingerprint: 'f', candidateFingerprint: 'c', revision: 1 };
  return { plan, state: { ...initialState(plan), ...running, basis, ...change } };
}
