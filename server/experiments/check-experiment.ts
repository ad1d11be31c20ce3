import { ErrorCode, ValidationError, type Issue } from '../../core/errors';
import type { Flag } from '../../flags/document/flag';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import { checkPlan } from '../rollouts/check-plan';

/**
 * Checks a resolved experiment against the flag it is for: each treatment as a rollout of it would be.
 *
 * @returns what is worth knowing but no reason to refuse
 * @throws {HeadgateError} FLAG_NOT_FOUND
 * @throws {ValidationError} INVALID_PLAN with every field that does not fit the flag
 */
export function checkExperiment(
  { base, treatments }: ExperimentPlan,
  flag: Flag | null,
  hasSegment: (key: string) => boolean,
): string[] {
  const issues = new Map<string, Issue>();
  for (const [index, candidate] of treatments.entries()) {
    try {
      checkPlan({ ...base, candidate }, flag, hasSegment);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      for (const issue of error.issues) {
        const field = issue.field === 'candidate' ? `treatments[${index}]` : issue.field;
        issues.set(`${field}: ${issue.message}`, { ...issue, field });
      }
    }
  }
  if (flag?.enabled === false) {
    issues.set('flag', { field: 'flag', message: 'the flag is off, so nobody would be in an arm; switch it on first' });
  }
  if (issues.size > 0) throw new ValidationError(ErrorCode.InvalidPlan, 'the experiment', [...issues.values()]);
  return notesOn(base.metrics);
}

/** What sources cannot do for an experiment. */
function notesOn(metrics: ExperimentPlan['base']['metrics']): string[] {
  const perUser = metrics.some((metric) => metric.perUser !== undefined);
  return perUser ? ['effects of metrics per user are those under the latest transition'] : [];
}
