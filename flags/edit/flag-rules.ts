import { ErrorCode, HeadgateError, ValidationError, type Issue } from '../../core/errors';
import type { Flag, FlagDefinition } from '../../flags/document/flag';
import type { Segment } from '../../flags/document/segment';
import { segmentsIn } from '../../flags/evaluator/references';
import { validateFlag, type References } from '../../flags/document/validate-flag';
import { dependentPaths } from '../../flags/lifecycle/impact';

/** Flags and segments of an environment as what documents refer to; deleted flags do not count. */
export function referencesOf(flags: readonly Flag[], segments: readonly Segment[]): References {
  const flagByKey = new Map(flags.filter(({ deleted }) => deleted !== true).map((flag) => [flag.key, flag]));
  const segmentByKey = new Map(segments.map((segment) => [segment.key, segment]));
  return { flag: (key) => flagByKey.get(key), segment: (key) => segmentByKey.get(key) };
}

/**
 * Refuses an edit that would leave the flag, a flag that depends on it, or its live rollout without something they need.
 *
 * @param others - flags of the environment: at least its prerequisites, and all that have prerequisites themselves
 * @throws {ValidationError} INVALID_FLAG
 * @throws {HeadgateError} ROLLOUT_LIVE when it takes away what the live rollout stands on
 */
export function checkEdit(
  definition: FlagDefinition,
  standing: Flag | null,
  others: readonly Flag[],
  segments: readonly Segment[],
): void {
  const issues: Issue[] = [...validateFlag(definition, referencesOf(others, segments))];
  for (const other of dependents(definition.key, others)) {
    for (const prerequisite of other.prerequisites.filter(({ flag }) => flag === definition.key)) {
      for (const variant of prerequisite.variants.filter((name) => !Object.hasOwn(definition.variants, name))) {
        const message = `flag '${other.key}' has it as a prerequisite and wants variant '${variant}'`;
        issues.push({ field: `variants.${variant}`, message });
      }
    }
  }
  if (issues.length > 0) throw new ValidationError(ErrorCode.InvalidFlag, `flag '${definition.key}'`, issues);
  if (standing?.rollout !== undefined) checkRolloutStands(definition, standing.rollout);
}

/**
 * Refuses to delete what is in use, and names each way to a flag that would break: a prerequisite's prerequisite counts.
 *
 * @throws {HeadgateError} ROLLOUT_LIVE, IN_USE
 */
export function checkDelete(flag: Flag, others: readonly Flag[]): void {
  if (flag.rollout !== undefined) {
    throw new HeadgateError(ErrorCode.RolloutLive, `rollout '${flag.rollout.id}' of '${flag.key}' is live`, {
      remedy: 'Abort it or wait for its end first.',
      details: { rolloutId: flag.rollout.id },
    });
  }
  const paths = [...dependentPaths(flag.key, others).values()];
  if (paths.length === 0) return;
  const shown = paths.slice(0, 10).map((path) => path.join(' → '));
  throw new HeadgateError(ErrorCode.InUse, `flag '${flag.key}' is a prerequisite: ${shown.join('; ')}`, {
    remedy: 'Take it out of the flags that name it first.',
    details: {
      usedBy: paths
        .filter((path) => path.length === 2)
        .slice(0, 100)
        .map((path) => path[1]),
      paths: paths.slice(0, 100),
    },
  });
}

/**
 * Refuses to delete a segment that a flag or another segment names.
 *
 * @throws {HeadgateError} IN_USE with the names
 */
export function checkSegmentDelete(key: string, flags: readonly Flag[], segments: readonly Segment[]): void {
  const users = [
    ...flags
      .filter((flag) => flag.deleted !== true)
      .filter(
        ({ rules, rollout }) =>
          rules.some((rule) => segmentsIn(rule.if).includes(key)) ||
          rollout?.excludedSegments.includes(key) === true ||
          rollout?.observe.segments.includes(key) === true,
      )
      .map((flag) => flag.key),
    ...segments.filter((segment) => segment.key !== key && segmentsIn(segment.if).includes(key)).map((s) => s.key),
  ];
  if (users.length > 0) throw inUse(`segment '${key}' is used`, users);
}

function dependents(key: string, flags: readonly Flag[]): Flag[] {
  return flags.filter(
    (flag) =>
      flag.deleted !== true && flag.key !== key && flag.prerequisites.some((prerequisite) => prerequisite.flag === key),
  );
}

function inUse(what: string, users: readonly string[]): HeadgateError {
  return new HeadgateError(ErrorCode.InUse, `${what} by ${users.slice(0, 10).join(', ')}`, {
    remedy: 'Take it out there first.',
    details: { usedBy: users.slice(0, 100) },
  });
}

/** Other edits pause the rollout with their diff; without these the flag could not be evaluated at all. */
function checkRolloutStands(definition: FlagDefinition, rollout: NonNullable<Flag['rollout']>): void {
  const arms = rollout.arms?.map(({ variant }) => variant) ?? [];
  const needed = new Set([rollout.control, rollout.candidate, ...arms]);
  const missing = [...needed].filter((name) => !Object.hasOwn(definition.variants, name));
  const { place } = rollout;
  const placeStands = place.kind === 'default' || definition.rules.some(({ name }) => name === place.rule);
  if (missing.length === 0 && placeStands) return;
  const what = placeStands ? `variant '${missing.join("', '")}'` : 'its rule';
  throw new HeadgateError(ErrorCode.RolloutLive, `rollout '${rollout.id}' is live and needs ${what}`, {
    remedy: 'Keep it in the flag, or abort the rollout first.',
    details: { rolloutId: rollout.id },
  });
}
