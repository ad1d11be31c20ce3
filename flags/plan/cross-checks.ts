import { formatDuration } from '../../core/duration';
import { neverEnds } from './blackout';
import { checkDependencies } from './dependencies';
import { DEFAULT_METRIC_COUNT, defaultDirection, lookAndLease } from './plan-defaults';
import type { MetricFile, PlanFile } from './plan-file';
import type { Problem } from './problem';
import { checkPrometheusMetric } from './prometheus-metric';
import { checkUserMetric, isPerUser, type WrittenKind } from './user-metric';

/** The rules of a plan that one field alone cannot break. Every problem found, none when the plan is good. */
export function crossCheck(file: PlanFile): Problem[] {
  return [
    ...checkSteps(file),
    ...checkMetrics(file.metrics ?? []),
    ...checkFollowing(file),
    ...checkLooks(file),
    ...checkSegments(file),
    ...checkRisk(file),
    ...(file.dependencies === undefined ? [] : checkDependencies(file.dependencies)),
    ...(neverEnds(file.blackouts)
      ? [
          {
            path: ['blackouts'],
            message: 'the spans cover the whole week, so nothing could ever be raised; leave a gap',
          },
        ]
      : []),
  ];
}

function checkSteps({ steps = [], controlHoldback }: PlanFile): Problem[] {
  const problems: Problem[] = [];
  const full = completionWeight(controlHoldback);
  steps.forEach(({ weight, bake, approval }, index) => {
    const path = ['steps', index];
    const before = steps[index - 1]?.weight ?? 0;
    if (weight <= before) {
      problems.push({
        path,
        message: `${weight} is not above the step before it (${before}); write steps in rising order`,
      });
    }
    if (weight > full) {
      const message = `${weight} leaves no room for controlHoldback ${controlHoldback}; completion serves ${full}`;
      problems.push({ path, message });
    } else if (weight === full && bake !== undefined) {
      const message = `${weight} is the completion write, which is not baked; leave its bake out, or end with a lower step`;
      problems.push({ path: [...path, 'bake'], message });
    } else if (weight === full && approval === true) {
      const message = `${weight} is the completion write, which no approval guards; ask for it at the last step below`;
      problems.push({ path: [...path, 'approval'], message });
    }
  });
  if (steps.length === 1 && steps[0]?.weight === full) {
    problems.push({
      path: ['steps'],
      message: `at least one step below ${full} is needed, or nothing would be judged`,
    });
  }
  return problems;
}

/** Percent that the completion write serves. */
export function completionWeight(controlHoldback: number): number {
  return Number((100 - controlHoldback).toFixed(3));
}

function checkMetrics(metrics: readonly MetricFile[]): Problem[] {
  const problems: Problem[] = metrics.flatMap((metric, index) =>
    checkMetric(metric).map(({ path, message }) => ({ path: ['metrics', index, ...path], message })),
  );
  metrics.forEach(({ name }, index) => {
    if (metrics.findIndex((metric) => metric.name === name) < index) {
      problems.push({ path: ['metrics', index, 'name'], message: `two metrics are named '${name}'` });
    }
  });
  problems.push(...checkThresholds(metrics));
  if (metrics.length > 0 && metrics.every(({ role }) => role === 'goal')) {
    problems.push({
      path: ['metrics'],
      message: 'all are goals; a rollout needs at least one guardrail to be judged by',
    });
  }
  return problems;
}

/** Evaluators count each event against a few thresholds only. */
const MAX_THRESHOLDS = 8;

function checkThresholds(metrics: readonly MetricFile[]): Problem[] {
  const byEvent = new Map<string, Set<number>>();
  return metrics.flatMap(({ event = '', threshold, prometheus }, index) => {
    if (threshold === undefined || prometheus !== undefined) return [];
    const known = byEvent.get(event) ?? new Set<number>();
    byEvent.set(event, known.add(threshold));
    if (known.size <= MAX_THRESHOLDS) return [];
    const message = `is the ${known.size}th threshold of its event; at most ${MAX_THRESHOLDS} can be counted`;
    return [{ path: ['metrics', index, 'threshold'], message }];
  });
}

/** The field that a kind cannot do without, and how to write it. */
const NEEDED: Readonly<
  Partial<Record<WrittenKind, readonly [field: 'threshold' | 'quantile' | 'denominator', how: string]>>
> = {
  slower_than: ['threshold', 'slower_than needs a limit, such as threshold: 500ms'],
  quantile: ['quantile', 'the kind quantile needs to know which, such as quantile: p99'],
  ratio: ['denominator', 'ratio needs something to divide by, such as denominator: { event: order }'],
};

/** Fields that one kind alone has. */
const OWN_FIELDS = { threshold: 'slower_than', quantile: 'quantile', measure: 'ratio', denominator: 'ratio' } as const;

/** What a metric's kind wants and what it cannot use. */
function checkKind(metric: MetricFile): Problem[] {
  const problems: Problem[] = [];
  const [needed, how] = NEEDED[metric.kind] ?? [];
  if (needed !== undefined && metric[needed] === undefined) {
    problems.push({ path: [needed], message: `is missing; ${how}` });
  }
  for (const [field, kind] of Object.entries(OWN_FIELDS)) {
    if (metric.kind === kind || metric[field as keyof typeof OWN_FIELDS] === undefined) continue;
    problems.push({ path: [field], message: `${metric.kind} has no ${field}; leave it out, or use ${kind}` });
  }
  return problems;
}

function checkPrometheus({ kind, event, prometheus }: MetricFile): Problem[] {
  // What knows no users has said so by itself.
  if (prometheus === undefined || kind === 'conversion_rate' || kind === 'total_per_user') return [];
  const problem = checkPrometheusMetric(kind, prometheus);
  return [
    ...(problem === null ? [] : [{ path: ['prometheus'], message: problem }]),
    ...(event === undefined
      ? []
      : [{ path: ['event'], message: 'is for reported events; a metric with prometheus has none' }]),
  ];
}

function checkMetric(metric: MetricFile): Problem[] {
  const { kind, role, margin, ceiling } = metric;
  const problems = [...checkKind(metric), ...checkPrometheus(metric), ...checkUserMetric(metric)];
  const isShare = kind === 'error_rate' || kind === 'slower_than' || kind === 'conversion_rate';
  if (margin?.inPoints === true && !isShare) {
    const message = `percentage points (pp) fit shares only; for ${kind} write a number in its unit, or a part such as 10%`;
    problems.push({ path: ['margin'], message });
  }
  if (margin !== undefined && isShare && margin.absolute >= 1) {
    const message = `${margin.absolute} would be ${margin.absolute * 100} percentage points; write a share below 1, or text such as 0.5pp`;
    problems.push({ path: ['margin'], message });
  }
  if (role === 'guardrail' && margin !== undefined && margin.absolute === 0 && margin.relative === 0) {
    const message =
      'a guardrail without a margin can never be shown safe; say how much worse is acceptable, such as 0.5pp + 10%, or make it a goal';
    problems.push({ path: ['margin'], message });
  }
  const { factor, direction = defaultDirection(kind) } = metric;
  if (factor !== undefined && (direction === 'lower_is_better' ? factor <= 1 : factor >= 1)) {
    const wanted = direction === 'lower_is_better' ? 'above 1, such as 1.2' : 'below 1, such as 0.95';
    problems.push({ path: ['factor'], message: `${factor} would be crossed already; write one ${wanted}` });
  }
  if (ceiling !== undefined && kind === 'distribution') {
    problems.push({ path: ['ceiling'], message: 'a whole distribution has no one value to bound; use a quantile' });
  }
  if (ceiling !== undefined && isShare && (ceiling <= 0 || ceiling > 1)) {
    problems.push({ path: ['ceiling'], message: `${ceiling} is not a share above 0 and up to 1; write 0.05 for 5 %` });
  }
  return problems;
}

/** What is remembered of each pair would otherwise outgrow a document. */
const MAX_SEGMENT_METRICS = 3000;

function checkSegments({ segments = [], metrics }: PlanFile): Problem[] {
  const problems: Problem[] = segments.flatMap((segment, index) =>
    segments.indexOf(segment) < index ? [{ path: ['segments', index], message: `'${segment}' is named twice` }] : [],
  );
  const pairs = segments.length * (metrics?.length ?? DEFAULT_METRIC_COUNT);
  if (pairs > MAX_SEGMENT_METRICS) {
    const message = `${segments.length} segments with their metrics make ${pairs} pairs to judge; at most ${MAX_SEGMENT_METRICS} are`;
    problems.push({ path: ['segments'], message });
  }
  return problems;
}

/** A user who is followed for longer than a step bakes tells nothing of that step in time. */
function checkFollowing({ followUsers, metrics = [], steps = [], bake }: PlanFile): Problem[] {
  if (followUsers === undefined) return [];
  if (!metrics.some(isPerUser)) {
    return [{ path: ['followUsers'], message: 'no metric is per user; leave it out, or write per: user in one' }];
  }
  const shortestBakeMs = Math.min(bake, ...steps.flatMap((step) => step.bake ?? []));
  if (followUsers < shortestBakeMs) return [];
  const message = `${formatDuration(followUsers)} is not shorter than the shortest bake, ${formatDuration(shortestBakeMs)}, so no user's numbers would be in before a step ends`;
  return [{ path: ['followUsers'], message }];
}

function checkRisk({ risk }: PlanFile): Problem[] {
  if (risk.rollbackAt >= risk.narrowAt) return [];
  const message = `${risk.rollbackAt} is below narrowAt, ${risk.narrowAt}; the second threshold is the higher one`;
  return [{ path: ['risk', 'rollbackAt'], message }];
}

function checkLooks({ look, lease }: PlanFile): Problem[] {
  const problems: Problem[] = [];
  const { shortestMs, longestMs, leaseMs } = lookAndLease({ ...look, lease });
  if (shortestMs > longestMs) {
    const message = `${formatDuration(shortestMs)} is more than the longest interval, ${formatDuration(longestMs)}`;
    problems.push({ path: look.shortest === undefined ? ['look', 'longest'] : ['look', 'shortest'], message });
  }
  if (leaseMs < 3 * longestMs) {
    const message = `${formatDuration(leaseMs)} is less than three times the longest look interval (${formatDuration(longestMs)}); make it at least ${formatDuration(3 * longestMs)}, or look.longest at most ${formatDuration(Math.floor(leaseMs / 3))}`;
    problems.push({ path: ['lease'], message });
  }
  return problems;
}
