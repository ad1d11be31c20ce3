import { canonicalJson } from '../../core/canonical-json';
import type { Condition } from '../document/condition';
import type { Rule } from '../document/flag';
import type { ForeignBucket } from '../document/foreign-condition';

/** Rules that came of one Unleash strategy: its variants, drawn by Unleash's own hash. */
export interface VariantRun {
  /** As many rules it takes; the default stands for one more where nothing else is asked. */
  readonly rules: number;
  /** What all of them ask for beside the draw. */
  readonly conditions: readonly Condition[];
  readonly weights: readonly (readonly [variant: string, weight: number])[];
  readonly groupId: string;
  readonly stickiness: string;
}

const DEFAULT_STICKINESS = 'userId,sessionId,remoteAddress';

/**
 * The run of rules from `at` on that draws variants as one strategy of Unleash does: buckets side by side over the
 * whole range, and then, for those without any key, the last variant once more. Null where the rules are no such run.
 */
export function variantRunAt(
  rules: readonly Rule[],
  at: number,
  defaultVariant: string | undefined,
): VariantRun | null {
  const first = drawOf(rules[at]);
  if (first === null) return null;
  const conditions = canonicalJson(first.conditions);
  const weights: [string, number][] = [];
  let from = 0;
  let next = at;
  for (let draw: Draw | null = first; draw !== null && from < first.bucket.size; draw = drawOf(rules[next])) {
    const [range, ...more] = draw.bucket.ranges;
    const isSame = sameDraw(draw.bucket, first.bucket) && canonicalJson(draw.conditions) === conditions;
    if (!isSame || range?.[0] !== from || more.length > 0) return null;
    weights.push([draw.variant, range[1] - from]);
    from = range[1];
    next += 1;
  }
  const last = weights.at(-1)?.[0];
  const rest = rules[next];
  const isRuled = rest !== undefined && canonicalJson(conjuncts(rest.if)) === conditions;
  const isDefault = first.conditions.length === 0 && rest === undefined;
  const isWhole = from === first.bucket.size && weights.length > 1;
  if (!isWhole || last === undefined || !(isRuled || isDefault)) return null;
  const kept = isRuled ? ('variant' in rest.serve ? rest.serve.variant : undefined) : defaultVariant;
  if (kept !== last || new Set(weights.map(([variant]) => variant)).size < weights.length) return null;
  const attributes = first.bucket.attributes.join();
  if (attributes !== DEFAULT_STICKINESS && first.bucket.attributes.length > 1) return null;
  return {
    rules: next - at + (isRuled ? 1 : 0),
    conditions: first.conditions,
    weights,
    groupId: first.bucket.seed,
    stickiness: attributes === DEFAULT_STICKINESS ? 'default' : attributes,
  };
}

interface Draw {
  readonly variant: string;
  readonly bucket: ForeignBucket;
  readonly conditions: readonly Condition[];
}

function drawOf(rule: Rule | undefined): Draw | null {
  if (rule === undefined || !('variant' in rule.serve)) return null;
  const parts = conjuncts(rule.if);
  const drawn = parts.flatMap((part) => ('bucket' in part && part.bucket.hash === 'unleash_variant' ? [part] : []));
  const [only, ...more] = drawn;
  if (only === undefined || more.length > 0) return null;
  return { variant: rule.serve.variant, bucket: only.bucket, conditions: parts.filter((part) => part !== only) };
}

function conjuncts(condition: Condition): Condition[] {
  return 'all' in condition ? condition.all.flatMap(conjuncts) : [condition];
}

function sameDraw({ ranges: _, ...one }: ForeignBucket, { ranges: __, ...other }: ForeignBucket): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
