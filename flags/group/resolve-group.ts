import type { RolloutPlan } from '../plan/plan';
import { invalidPlan, problemsOf, type Problem } from '../plan/problem';
import { tryResolvePlan, type ResolveOptions } from '../plan/resolve-plan';
import { GroupFile } from './group-file';

/** A group with every default filled in; members in the order written. */
export interface GroupPlan extends Omit<GroupFile, 'members' | 'environment'> {
  readonly environment: string;
  readonly members: readonly { readonly plan: RolloutPlan; readonly after: readonly string[] }[];
}

/**
 * Fills in every default of a group as written.
 *
 * @throws {ValidationError} INVALID_PLAN with every problem and its field
 */
export function resolveGroup(groupFile: unknown, options: ResolveOptions = {}): GroupPlan {
  const { group, problems } = tryResolveGroup(groupFile, options);
  if (group === null) throw invalidPlan(problems, undefined, 'the group');
  return group;
}

/** {@link resolveGroup} for callers that know the text: the group, or every problem with its path. */
export function tryResolveGroup(
  groupFile: unknown,
  { environment }: ResolveOptions,
): { readonly group: GroupPlan | null; readonly problems: readonly Problem[] } {
  const parsed = GroupFile.safeParse(groupFile);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error, groupFile).map(({ path, message }) => ({
      path,
      message: message.replace('no such field in a plan', 'no such field in a group'),
    }));
    return { group: null, problems };
  }
  const { members, environment: own, ...rest } = parsed.data;
  const name = own ?? environment;
  if (name === undefined) {
    const message = 'is missing; write it in the group or name it with --env';
    return { group: null, problems: [{ path: ['environment'], message }] };
  }
  const problems: Problem[] = [];
  const resolved: GroupPlan['members'][number][] = [];
  for (const [index, { plan: written, after }] of members.entries()) {
    const { plan, problems: found } = tryResolvePlan(written, { environment: name });
    problems.push(...found.map(({ path, message }) => ({ path: ['members', index, 'plan', ...path], message })));
    if (plan === null) continue;
    if (plan.environment !== name) {
      const message = `is '${plan.environment}'; the group is for '${name}'`;
      problems.push({ path: ['members', index, 'plan', 'environment'], message });
    }
    if (resolved.some((one) => one.plan.flag === plan.flag)) {
      problems.push({ path: ['members', index, 'plan', 'flag'], message: `'${plan.flag}' is a member already` });
    }
    resolved.push({ plan: asMember(plan, parsed.data), after });
  }
  const flags = resolved.map(({ plan }) => plan.flag);
  for (const [index, { after }] of members.entries()) {
    for (const [at, key] of after.entries()) {
      if (problems.length > 0 || flags.includes(key)) continue;
      problems.push({
        path: ['members', index, 'after', at],
        message: `'${key}' is no member; members are ${flags.join(', ')}`,
      });
    }
  }
  return { group: problems.length > 0 ? null : { ...rest, environment: name, members: resolved }, problems };
}

/** A member's plan within the group: its owner unless it has one, and no approvals of its own where one stands for all. */
function asMember(plan: RolloutPlan, { owner, approval }: GroupFile): RolloutPlan {
  return {
    ...plan,
    ...(plan.owner === undefined && owner !== undefined ? { owner } : {}),
    steps: approval ? plan.steps.map((step) => ({ ...step, approval: false })) : plan.steps,
  };
}
