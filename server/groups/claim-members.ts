import { ErrorCode, HeadgateError } from '../../core/errors';
import type { GroupClaim, GroupClaimsRepository } from '../../store/group-claims-repository';
import type { GroupsRepository } from '../../store/groups-repository';
import type { GroupInput } from '../../workflows/group/messages';
import type { GroupWorkflows } from '../temporal/group-workflows';

/** What claiming needs. */
export interface ClaimDependencies {
  readonly groupClaims: GroupClaimsRepository;
  readonly groups: Pick<GroupsRepository, 'get'>;
  readonly groupWorkflows: Pick<GroupWorkflows, 'find'>;
  readonly databaseNowMs: () => number;
}

/** Between its claim and its workflow a group is seen by nobody but its server; a start takes three seconds at most. */
const GRACE_MS = 15_000;
const SWAP_ATTEMPTS = 20;

/**
 * Takes every flag of a group at once, by one swap of one document, before its workflow is started: of two groups that
 * share a member and start at the same moment one is refused, and nothing of it has begun. Claims of ended groups are
 * dropped in passing; those of the same key are left to Temporal's workflow id.
 *
 * @throws {HeadgateError} GROUP_LIVE with the id of the group that has a member; TEMPORAL_UNAVAILABLE when only
 *   Temporal knows whether it lives
 */
export async function claimMembers(
  dependencies: ClaimDependencies,
  { environment, groupId, key, members }: Pick<GroupInput, 'environment' | 'groupId' | 'key' | 'members'>,
): Promise<void> {
  const { groupClaims, databaseNowMs } = dependencies;
  const flags = members.map(({ rollout }) => rollout.flagKey);
  for (let attempt = 0; attempt < SWAP_ATTEMPTS; attempt += 1) {
    const standing = await groupClaims.get(environment);
    const lives = await Promise.all(standing.claims.map((claim) => isLive(dependencies, environment, claim)));
    const live = standing.claims.filter((_, index) => lives[index]);
    for (const other of live) {
      const shared = other.flags.find((flag) => flags.includes(flag));
      if (shared !== undefined && other.key !== key) throw memberTaken(shared, other);
    }
    const claimedAt = new Date(databaseNowMs()).toISOString();
    if (await groupClaims.swap(environment, standing, [...live, { groupId, key, flags, claimedAt }])) return;
  }
  throw new HeadgateError(ErrorCode.RevisionConflict, `too many groups are being started in '${environment}'`, {
    retryable: true,
    remedy: 'Try again.',
  });
}

/** Gives back what a group has claimed whose workflow was certainly not started. */
export async function releaseMembers(
  { groupClaims }: Pick<ClaimDependencies, 'groupClaims'>,
  { environment, groupId }: Pick<GroupInput, 'environment' | 'groupId'>,
): Promise<void> {
  for (let attempt = 0; attempt < SWAP_ATTEMPTS; attempt += 1) {
    const standing = await groupClaims.get(environment);
    const kept = standing.claims.filter((claim) => claim.groupId !== groupId);
    if (kept.length === standing.claims.length || (await groupClaims.swap(environment, standing, kept))) return;
  }
}

/** The error of a flag that another group has. */
export function memberTaken(flag: string, { groupId, key }: Pick<GroupClaim, 'groupId' | 'key'>): HeadgateError {
  return new HeadgateError(ErrorCode.GroupLive, `'${flag}' is a member of the live group '${groupId}'`, {
    remedy: `Wait for it, or end it: headgate group abort ${key}.`,
    details: { groupId },
  });
}

async function isLive(
  { groups, groupWorkflows, databaseNowMs }: ClaimDependencies,
  environment: string,
  { groupId, key, claimedAt }: GroupClaim,
): Promise<boolean> {
  const projection = await groups.get(groupId);
  if (projection !== null && projection.outcome !== null) return false;
  if (databaseNowMs() - Date.parse(claimedAt) < GRACE_MS) return true;
  const found = await groupWorkflows.find(environment, key);
  return found?.running === true && found.groupId === groupId;
}
