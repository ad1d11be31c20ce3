import { z } from 'zod';
import type { ChangeMeasures } from '../measures/change-measures';
import { CATALOGUE, FeatureSource } from './catalogue';

/** Values of features by name. Null was looked for and is not known; what was not looked for is absent. */
export type FeatureValues = Readonly<Record<string, number | null>>;

const count = z.number().int().nonnegative().nullable().optional();

/** What CI tells of a build: every member optional. */
export const BuildFacts = z.strictObject({
  seconds: z.number().nonnegative().nullable().optional(),
  /** What this build usually takes, in seconds. */
  usualSeconds: z.number().positive().nullable().optional(),
  dependencies: count,
  dependenciesChanged: count,
  testsRun: count,
  testsFailed: count,
  retries: count,
  coverage: z.number().min(0).max(1).nullable().optional(),
});
export type BuildFacts = z.infer<typeof BuildFacts>;

/** Rollouts of one subject that had ended by the moment asked about. */
export interface PastRollouts {
  readonly ended: number;
  readonly failed: number;
  readonly succeeded: number;
  /** Days since the last one ended; null when there was none. */
  readonly daysSinceLast: number | null;
}

/** How many rollouts' worth of the base rate a subject's own share of failures is mixed with. */
const PRIOR_ROLLOUTS = 5;

/** Features of a measured change. */
export function changeFeatures(measures: ChangeMeasures): FeatureValues {
  return named(FeatureSource.Change, measures);
}

/** Features of a build; facts that CI did not give are absent. */
export function buildFeatures({ usualSeconds, ...facts }: BuildFacts): FeatureValues {
  const known = Object.fromEntries(
    Object.entries(facts).filter((entry): entry is [string, number | null] => entry[1] !== undefined),
  );
  if (usualSeconds == null || facts.seconds == null) return named(FeatureSource.Build, known);
  return named(FeatureSource.Build, { ...known, secondsRatio: facts.seconds / usualSeconds });
}

/**
 * Features of the past. A share of few rollouts says little, so it is mixed with five rollouts at the base rate.
 *
 * @param baseRate failures expected of a subject about which nothing is known, 0–1
 */
export function deploymentFeatures(
  past: Readonly<Partial<Record<'flag' | 'service' | 'author', PastRollouts>>>,
  baseRate: number,
): FeatureValues {
  const values: Record<string, number | null> = {};
  for (const [subject, { ended, failed, succeeded, daysSinceLast }] of Object.entries(past)) {
    values[`${subject}Ended`] = ended;
    values[`${subject}FailureShare`] = (failed + PRIOR_ROLLOUTS * baseRate) / (failed + succeeded + PRIOR_ROLLOUTS);
    values[`${subject}DaysSinceLast`] = daysSinceLast;
  }
  return named(FeatureSource.Deployments, values);
}

/** Puts the features of several sources together, and refuses names that the catalogue does not know. */
export function assembleFeatures(...parts: readonly FeatureValues[]): FeatureValues {
  const values = Object.assign({}, ...parts) as Record<string, number | null>;
  const unknown = Object.keys(values).filter((name) => !CATALOGUE.has(name));
  if (unknown.length > 0) throw new TypeError(`not in the feature catalogue: ${unknown.join(', ')}`);
  return values;
}

/** Names within one source; what is no number (NaN, infinite) is not known. */
function named(source: FeatureSource, values: Readonly<Record<string, number | null>> | ChangeMeasures): FeatureValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, number | null]) => [
      `${source}.${name}`,
      value !== null && Number.isFinite(value) ? value : null,
    ]),
  );
}
