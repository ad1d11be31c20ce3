import type { BuildFacts } from '../../flags/plan/build-facts';
import type { ChangeMeasures } from '../measures/change-measures';
import { CATALOGUE, FeatureSource } from './catalogue';

/** Values of features by name. Null was looked for and is not known; what was not looked for is absent. */
export type FeatureValues = Readonly<Record<string, number | null>>;

/** Rollouts of one subject that had ended by the moment asked about. */
export interface PastRollouts {
  readonly ended: number;
  /** Failed by their own fault, as their labels say. */
  readonly failed: number;
  /** Did not, as their labels say; of the others nobody can tell. */
  readonly succeeded: number;
  /** Ended as completed, whatever the label. */
  readonly completed: number;
  /** Ended as rolled back, whatever the label. */
  readonly rolledBack: number;
  /** Days since the last one ended; null when there was none. */
  readonly daysSinceLast: number | null;
}

/** By what past rollouts are counted. */
export const PastSubject = { Flag: 'flag', Service: 'service', Author: 'author', Owner: 'owner' } as const;
export type PastSubject = (typeof PastSubject)[keyof typeof PastSubject];

/** How many rollouts' worth of the base rate a subject's own share of failures is mixed with. */
const PRIOR_ROLLOUTS = 5;

/** Features of a measured change. */
export function changeFeatures(measures: ChangeMeasures): FeatureValues {
  return named(FeatureSource.Change, measures);
}

/** Features of a build; facts that CI did not give are absent. */
export function buildFeatures({ usualSeconds, environment, usualEnvironment, ...facts }: BuildFacts): FeatureValues {
  const known = Object.fromEntries(
    Object.entries(facts).filter((entry): entry is [string, number | null] => entry[1] !== undefined),
  );
  return named(FeatureSource.Build, {
    ...known,
    ...(usualSeconds == null || facts.seconds == null ? {} : { secondsRatio: facts.seconds / usualSeconds }),
    // A name is no number, and that it is another one than usual is what matters.
    ...(environment == null || usualEnvironment == null
      ? {}
      : { environmentChanged: environment === usualEnvironment ? 0 : 1 }),
  });
}

/**
 * Features of the past. A share of few rollouts says little, so each is mixed with five rollouts at the base rate.
 *
 * @param baseRate failures expected of a subject about which nothing is known, 0–1
 */
export function deploymentFeatures(
  past: Readonly<Partial<Record<PastSubject, PastRollouts>>>,
  baseRate: number,
): FeatureValues {
  const values: Record<string, number | null> = {};
  for (const [subject, one] of Object.entries(past)) {
    const { ended, failed, succeeded, completed, rolledBack, daysSinceLast } = one;
    values[`${subject}Ended`] = ended;
    values[`${subject}FailureShare`] = shrunk(failed, failed + succeeded, baseRate);
    values[`${subject}SuccessShare`] = shrunk(completed, ended, 1 - baseRate);
    values[`${subject}RollbackShare`] = shrunk(rolledBack, ended, baseRate);
    values[`${subject}DaysSinceLast`] = daysSinceLast;
  }
  return named(FeatureSource.Deployments, values);
}

function shrunk(count: number, of: number, expected: number): number {
  return (count + PRIOR_ROLLOUTS * expected) / (of + PRIOR_ROLLOUTS);
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
