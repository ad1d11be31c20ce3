import { invalidPlan, problemsOf, type Problem } from '../plan/problem';
import { readWritten, type ParseOptions } from '../plan/parse-plan';
import { tryResolvePlan, type ResolveOptions } from '../plan/resolve-plan';
import { ExperimentFile } from './experiment-file';
import type { ExperimentPlan } from './experiment-plan';

const SUBJECT = 'the experiment';
type Written = Readonly<Record<string, unknown>>;

/**
 * Reads an experiment as written in a file.
 *
 * @returns the file's own value, to be sent to a server, and the experiment it resolves to
 * @throws {ValidationError} INVALID_PLAN with line and field of every problem
 */
export function parseExperiment(
  text: string,
  { format = 'yaml', ...options }: ParseOptions = {},
): { readonly file: unknown; readonly experiment: ExperimentPlan } {
  const { file, lineOf } = readWritten(text, format);
  const { experiment, problems } = tryResolve(file, options);
  if (experiment === null) throw invalidPlan(problems, lineOf, SUBJECT);
  return { file, experiment };
}

/**
 * Fills in every default of an experiment as written.
 *
 * @param file - parsed YAML or JSON, see {@link ExperimentFile}
 * @throws {ValidationError} INVALID_PLAN with every problem and its field
 */
export function resolveExperiment(file: unknown, options: ResolveOptions = {}): ExperimentPlan {
  const { experiment, problems } = tryResolve(file, options);
  if (experiment === null) throw invalidPlan(problems, undefined, SUBJECT);
  return experiment;
}

function tryResolve(
  file: unknown,
  options: ResolveOptions,
): { readonly experiment: ExperimentPlan | null; readonly problems: readonly Problem[] } {
  const parsed = ExperimentFile.safeParse(file);
  if (!parsed.success) return { experiment: null, problems: problemsOf(parsed.error, file) };
  const basis = asPlanFile(file as Written, parsed.data);
  const { plan: base, problems } = tryResolvePlan(basis, options);
  const all = [...ownProblems(parsed.data), ...problems.map(inOwnWords)];
  if (base === null || all.length > 0) return { experiment: null, problems: all };
  const { treatments, traffic, metrics, falsePositiveRate, falseDiscoveryRate, duration, sampleSize } = parsed.data;
  return {
    experiment: {
      base,
      treatments,
      // Rounded down to whole buckets, so that all arms are equal and fit.
      armWeight: Math.floor((traffic * 1000) / (treatments.length + 1)) / 1000,
      roles: Object.fromEntries(metrics.map(({ name, role }) => [name, role])),
      falsePositiveRate,
      falseDiscoveryRate,
      durationMs: duration,
      minimumDurationMs: parsed.data.minimumDuration ?? 0,
      ...(sampleSize === undefined ? {} : { sampleSize }),
      endOnDecision: parsed.data.endOnDecision,
    },
    problems: [],
  };
}

/**
 * The rollout plan whose defaults, checks and wording the shared fields have. Everything is taken as written, so that
 * it is read once.
 */
function asPlanFile(written: Written, { treatments, traffic, metrics }: ExperimentFile): Written {
  const {
    treatments: _t,
    traffic: _f,
    duration,
    minimumDuration: _m,
    sampleSize: _s,
    endOnDecision: _e,
    ...rest
  } = written;
  const { falsePositiveRate: _p, falseDiscoveryRate: _d, falseHarmRate, ...shared } = rest;
  const weight = Math.floor((traffic * 1000) / (treatments.length + 1)) / 1000;
  return {
    ...shared,
    candidate: treatments[0],
    bake: duration,
    steps: [weight],
    metrics: (written['metrics'] as readonly Written[]).map((metric, index) => ({
      ...metric,
      role: metrics[index]?.role === 'guardrail' ? 'guardrail' : 'goal',
    })),
    ...(falseHarmRate === undefined ? {} : { falseRollbackRate: falseHarmRate }),
    // An experiment promotes nothing, and shows no safety.
    falsePromotionRate: 0.05,
  };
}

/** A problem of the basis, with the field that the experiment has it under. */
function inOwnWords({ path: [first, ...rest], message }: Problem): Problem {
  const names: Record<string, string> = {
    candidate: 'treatments',
    bake: 'duration',
    steps: 'traffic',
    falseRollbackRate: 'falseHarmRate',
  };
  const own = message.startsWith('all are goals')
    ? 'none is a guardrail; an experiment needs at least one guardrail, which alone may stop it'
    : message;
  return { path: first === undefined ? [] : [names[String(first)] ?? first, ...rest], message: own };
}

function ownProblems({ treatments, metrics, duration, minimumDuration }: ExperimentFile): Problem[] {
  const problems: Problem[] = treatments.flatMap((variant, index) =>
    treatments.indexOf(variant) < index
      ? [{ path: ['treatments', index], message: `'${variant}' is a treatment already` }]
      : [],
  );
  if (!metrics.some(({ role }) => role === 'primary')) {
    problems.push({ path: ['metrics'], message: 'an experiment has at least one primary metric' });
  }
  if (minimumDuration !== undefined && minimumDuration > duration) {
    problems.push({ path: ['minimumDuration'], message: 'is longer than the duration' });
  }
  return problems;
}
