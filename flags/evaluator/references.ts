import type { Condition } from '../document/condition';
import type { SdkFlag } from './resolution';

/** Keys of what a flag refers to. Each list is left out when it is empty. */
export interface References {
  readonly segments?: readonly string[];
  readonly flags?: readonly string[];
}

/** What an evaluation of the flag may depend on beside the flag itself; undefined when there is nothing. */
export function referencesOf({ rules, rollout, prerequisites }: SdkFlag): References | undefined {
  const segments = new Set(rules.flatMap((rule) => segmentsIn(rule.if)));
  for (const key of rollout?.excludedSegments ?? []) segments.add(key);
  for (const key of rollout?.observe.segments ?? []) segments.add(key);
  const flags = new Set(prerequisites.map(({ flag }) => flag));
  if (segments.size === 0 && flags.size === 0) return undefined;
  return { ...(segments.size > 0 && { segments: [...segments] }), ...(flags.size > 0 && { flags: [...flags] }) };
}

/** Keys of the segments that a condition asks for by itself, not those that they ask for in turn. */
export function segmentsIn(condition: Condition): string[] {
  if ('segment' in condition) return [condition.segment];
  if ('all' in condition) return condition.all.flatMap(segmentsIn);
  if ('any' in condition) return condition.any.flatMap(segmentsIn);
  return 'not' in condition ? segmentsIn(condition.not) : [];
}
