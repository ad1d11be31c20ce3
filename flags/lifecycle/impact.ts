import { z } from 'zod';
import { findPaths } from '../document/find-paths';
import type { Flag } from '../document/flag';
import { FlagKey, SegmentKey, VariantName } from '../document/identifiers';
import type { Segment } from '../document/segment';
import { segmentsIn } from '../evaluator/references';

const Shared = z.strictObject({ name: z.string(), flags: z.array(FlagKey) });

/** What a change of a flag touches. */
export const Impact = z.strictObject({
  key: FlagKey,
  /** Flags that have it as a prerequisite, directly or by way of others; nearest first. */
  dependents: z.array(
    z.strictObject({
      flag: FlagKey,
      /** From the flag that is changed to this one. */
      path: z.array(FlagKey),
      /** Variants of the flag before it on the path that it wants. */
      variants: z.array(VariantName),
    }),
  ),
  /** Its modules, each with the other flags that name it. */
  modules: z.array(Shared),
  /** Its services, each with the other flags that name it. */
  services: z.array(Shared),
  /** Segments that its rules, and its live rollout, read; those within others with the way to them. */
  segments: z.array(z.strictObject({ segment: SegmentKey, path: z.array(SegmentKey) })),
  /**
   * Live rollouts and experiments of this flag, of flags that depend on it, and of flags that share a module or service
   * with it.
   */
  rollouts: z.array(
    z.strictObject({
      flag: FlagKey,
      rolloutId: z.string(),
      candidate: VariantName,
      /** Percent. */
      weight: z.number(),
      /** Of an experiment: its arms, the control last. */
      arms: z.array(z.strictObject({ variant: VariantName, weight: z.number() })).optional(),
      relation: z.enum(['own', 'dependent', 'shared']),
    }),
  ),
  /** Whether it could be archived now: nothing depends on it, and it carries no rollout. */
  canArchive: z.boolean(),
});
export type Impact = z.infer<typeof Impact>;

/**
 * Flags that have a flag as a prerequisite, directly or by way of others, each with the shortest path from it.
 *
 * @param flags - at least all that have a prerequisite; deleted ones do not count
 */
export function dependentPaths(key: string, flags: readonly Flag[]): ReadonlyMap<string, readonly string[]> {
  const direct = new Map<string, string[]>();
  for (const flag of flags) {
    if (flag.deleted === true) continue;
    for (const { flag: wanted } of flag.prerequisites) {
      const known = direct.get(wanted);
      if (known === undefined) direct.set(wanted, [flag.key]);
      else if (!known.includes(flag.key)) known.push(flag.key);
    }
  }
  return findPaths(key, (from) => direct.get(from) ?? []);
}

/** What a change of a flag touches among the flags and segments of its environment. */
export function impactOf(flag: Flag, flags: readonly Flag[], segments: readonly Segment[]): Impact {
  const others = new Map(
    flags.flatMap((other) => (other.key === flag.key || other.deleted === true ? [] : [[other.key, other]])),
  );
  const paths = dependentPaths(flag.key, flags);
  const dependents = [...paths].map(([key, path]) => ({
    flag: key,
    path: [...path],
    variants: (others.get(key)?.prerequisites ?? []).flatMap((one) => (one.flag === path.at(-2) ? one.variants : [])),
  }));
  const modules = shared('modules', flag, others);
  const services = shared('services', flag, others);
  const sharing = new Set([...modules, ...services].flatMap((one) => one.flags));
  const related = [flag, ...others.values()].flatMap((other): Impact['rollouts'] => {
    const relation =
      other === flag ? 'own' : paths.has(other.key) ? 'dependent' : sharing.has(other.key) ? 'shared' : null;
    if (relation === null || other.rollout === undefined) return [];
    const { id, candidate, weight, arms } = other.rollout;
    const ofExperiment = arms === undefined ? {} : { arms: [...arms] };
    return [{ flag: other.key, rolloutId: id, candidate, weight, ...ofExperiment, relation }];
  });
  return {
    key: flag.key,
    dependents,
    modules,
    services,
    segments: segmentPaths(flag, segments),
    rollouts: related,
    canArchive: dependents.length === 0 && flag.rollout === undefined,
  };
}

function shared(field: 'modules' | 'services', flag: Flag, others: ReadonlyMap<string, Flag>): Impact['modules'] {
  return [...new Set(flag[field] ?? [])].map((name) => ({
    name,
    flags: [...others.values()].filter((other) => other[field]?.includes(name) === true).map(({ key }) => key),
  }));
}

function segmentPaths({ rules, rollout }: Flag, segments: readonly Segment[]): Impact['segments'] {
  const conditions = new Map(segments.map((segment) => [segment.key, segment.if]));
  const direct = new Set([
    ...rules.flatMap((rule) => segmentsIn(rule.if)),
    ...(rollout?.excludedSegments ?? []),
    ...(rollout?.observe.segments ?? []),
  ]);
  // No segment has an empty name, so this stands for the flag.
  const found = findPaths('', (key) => {
    if (key === '') return direct;
    const condition = conditions.get(key);
    return condition === undefined ? [] : segmentsIn(condition);
  });
  return [...found].map(([segment, path]) => ({ segment, path: path.slice(1) }));
}
