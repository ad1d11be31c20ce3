import { z } from 'zod';
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
  /** The value compared with; a list for `in` and `not_in`; a boolean for `exists`; ISO 8601 text for `before` and `after`. */
  value: z.union([scalar, z.array(scalar).max(10_000)]),
});

/** Who a rule or segment means. `all`, `any` and `not` nest up to what the document size bound allows. */
export type Condition =
  | z.infer<typeof AttributeCondition>
  | { segment: string }
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition };

/** {@link Condition} as a schema. */
export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    AttributeCondition,
    z.strictObject({ segment: SegmentKey }),
    z.strictObject({ all: z.array(Condition).min(1).max(100) }),
    z.strictObject({ any: z.array(Condition).min(1).max(100) }),
    z.strictObject({ not: Condition }),
  ]),
);
