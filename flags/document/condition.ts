import { z } from 'zod';
import { FlagdLogic, ForeignBucket, Query, UnleashConstraint } from './foreign-condition';
import { SegmentKey } from './identifiers';

/** Operators that compare one attribute of the evaluation context with values written in the flag. */
export const Operator = {
  Equals: 'equals',
  In: 'in',
  NotIn: 'not_in',
  Contains: 'contains',
  StartsWith: 'starts_with',
  EndsWith: 'ends_with',
  LessThan: 'less_than',
  LessOrEqual: 'less_or_equal',
  GreaterThan: 'greater_than',
  GreaterOrEqual: 'greater_or_equal',
  Before: 'before',
  After: 'after',
  SemverEquals: 'semver_equals',
  SemverLessThan: 'semver_less_than',
  SemverLessOrEqual: 'semver_less_or_equal',
  SemverGreaterThan: 'semver_greater_than',
  SemverGreaterOrEqual: 'semver_greater_or_equal',
  InCidr: 'in_cidr',
  Matches: 'matches',
  Exists: 'exists',
} as const;
/** One of the attribute operators. */
export type Operator = (typeof Operator)[keyof typeof Operator];

const scalar = z.union([z.string().max(1000), z.number(), z.boolean()]);

/**
 * One attribute compared with one value or a list. A missing attribute, or one of another type, never matches, except under
 * `not_in`, which then does. `targetingKey` names the targeting key itself.
 */
export const AttributeCondition = z.strictObject({
  /** Attribute of the evaluation context; dots reach into nested objects. */
  attribute: z.string().min(1).max(200),
  operator: z.enum(Operator).default(Operator.Equals),
  /**
   * The value compared with; a list for `in`, `not_in` and `in_cidr`; a boolean for `exists`; ISO 8601 text for
   * `before` and `after`; a version such as
   * `1.4.0-beta.2` for `semver_*`; a pattern in RE2's syntax for `matches`.
   */
  value: z.union([scalar, z.array(scalar).max(100_000)]),
  /**
   * Texts are compared whatever their case; for `equals`, `in`, `not_in`, `contains`, `starts_with`, `ends_with` and
   * `matches`. When omitted, case counts.
   */
  ignoreCase: z.boolean().optional(),
});

/** Who a rule or segment means. `all`, `any` and `not` nest up to what the document size bound allows. */
export type Condition =
  | z.infer<typeof AttributeCondition>
  | { segment: string }
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | { unleash: UnleashConstraint }
  | { query: Query }
  | { bucket: ForeignBucket }
  | { flagd: FlagdLogic };

/** {@link Condition} as a schema. */
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    AttributeCondition,
    z.strictObject({ segment: SegmentKey }),
    z.strictObject({ all: z.array(Condition).min(1).max(100) }),
    z.strictObject({ any: z.array(Condition).min(1).max(100) }),
    z.strictObject({ not: Condition }),
    // Conditions of imported flags keep the meaning they had in the system that they come from.
    z.strictObject({ unleash: UnleashConstraint }),
    z.strictObject({ query: Query }),
    z.strictObject({ bucket: ForeignBucket }),
    z.strictObject({ flagd: FlagdLogic }),
  ]),
);
