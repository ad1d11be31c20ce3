import type { DeploymentsRepository } from './deployments-repository';
import type { FeaturesRepository } from './features-repository';

/** One past rollout of known end, with its features as they were known when it was assessed, before it began. */
export interface KnownRollout {
  readonly id: string;
  readonly startedAt: Date;
  readonly failed: boolean;
  /** Null was looked for and not known; a name that is absent was not looked for. */
  readonly values: Readonly<Record<string, number | null>>;
}

/**
 * The rows that models learn from, oldest first: point-in-time correct, so nothing of how a rollout went is in its
 * features, and labels are those that stood at `asOf`. Rollouts of which nothing was known are left out. Cost: two
 * reads for each rollout.
 *
 * @param environments - null for all
 * @param most - rows at most, the latest of them
 */
export async function knownRollouts(
  deployments: DeploymentsRepository,
  features: FeaturesRepository,
  environments: readonly string[] | null,
  asOf: Date,
  most = Number.POSITIVE_INFINITY,
): Promise<KnownRollout[]> {
  const labelled = await deployments.labelled(environments, asOf);
  const rows: KnownRollout[] = [];
  for (const { _id: id, environment, startedAt, label } of labelled.slice(-Math.min(most, labelled.length))) {
    const values = await features.asAssessed(environment, { kind: 'rollout', id }, startedAt);
    if (Object.keys(values).length === 0 || label.failed === null) continue;
    rows.push({ id, startedAt, failed: label.failed, values });
  }
  return rows;
}
