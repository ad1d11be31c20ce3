import { ErrorCode, ValidationError, type Issue } from '../../core/errors';
import type { Flag } from '../../flags/document/flag';
import type { RolloutPlan } from '../../flags/plan/plan';
import { existing } from '../../store/write-flag';

/**
 * Checks a resolved plan against the flag it is for, before anything is started.
 *
 * @param hasSegment - whether a segment exists in the environment
 * @returns what is worth knowing but no reason to refuse
 * @throws {HeadgateError} FLAG_NOT_FOUND
 * @throws {ValidationError} INVALID_PLAN with every field that does not fit the flag
 */
export function checkPlan(plan: RolloutPlan, found: Flag | null, hasSegment: (key: string) => boolean): string[] {
  const flag = existing(found, { environment: plan.environment, key: plan.flag });
  const control = controlAt(flag, plan);
  const issues: Issue[] = [];
  if (typeof control !== 'string') issues.push(control);
  if (!Object.hasOwn(flag.variants, plan.candidate)) {
    const known = Object.keys(flag.variants).join(', ');
    issues.push({ field: 'candidate', message: `the flag has no variant '${plan.candidate}'; it has ${known}` });
  } else if (control === plan.candidate) {
    issues.push({ field: 'candidate', message: `'${plan.candidate}' is what this place serves already` });
  }
  plan.segments.forEach((segment, index) => {
    if (!hasSegment(segment)) issues.push({ field: `segments[${index}]`, message: `there is no segment '${segment}'` });
  });
  plan.metrics.forEach((metric, index) => {
    if (metric.kind === 'slower_than' && metric.threshold === undefined) {
      issues.push({ field: `metrics[${index}].threshold`, message: 'slower_than wants a threshold' });
    }
    if (plan.metrics.findIndex(({ name }) => name === metric.name) < index) {
      issues.push({ field: `metrics[${index}].name`, message: `two metrics are named '${metric.name}'` });
    }
  });
  if (!plan.metrics.some(({ role }) => role === 'guardrail')) {
    issues.push({ field: 'metrics', message: 'a rollout has at least one guardrail' });
  }
  if (issues.length > 0) throw new ValidationError(ErrorCode.InvalidPlan, 'the plan', issues);
  return notesOn(flag, plan);
}

function controlAt(flag: Flag, { place }: RolloutPlan): string | Issue {
  if (place.kind === 'default') {
    const message = 'the flag has no default variant to compare with; give it one, or roll out a rule';
    return flag.defaultVariant ?? { field: 'place', message };
  }
  const rule = flag.rules.find(({ name }) => name === place.rule);
  if (rule === undefined) return { field: 'place', message: `the flag has no rule '${place.rule}'` };
  if ('variant' in rule.serve) return rule.serve.variant;
  return {
    field: 'place',
    message: `rule '${place.rule}' serves a split; a rollout wants a rule that serves one variant`,
  };
}

function notesOn(flag: Flag, { preset, prediction }: RolloutPlan): string[] {
  return [
    ...(flag.enabled ? [] : ['the flag is off: nobody gets the candidate until it is switched on']),
    ...(preset === 'predictive'
      ? ['risk, forecasts and low confidence may roll this back, outside the promised rate of false rollbacks']
      : []),
    ...(prediction?.forecast?.rollbackAt === undefined
      ? []
      : ['a forecast of failure may roll this back, outside the promised rate of false rollbacks']),
  ];
}
