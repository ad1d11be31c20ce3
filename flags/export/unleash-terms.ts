import type { z } from 'zod';
import type { AttributeCondition, Condition } from '../document/condition';
import type { ForeignBucket, UnleashConstraint } from '../document/foreign-condition';
import { NotExpressible } from '../import/imported';
import { withoutSegments, type FindSegment } from './exported';

/** One thing that a strategy asks of a context: a constraint, a segment, or a share of users. */
export type Literal =
  { readonly constraint: UnleashConstraint } | { readonly segment: string } | { readonly share: Share };

/** Users drawn by Unleash's own hash. */
export interface Share {
  readonly groupId: string;
  readonly stickiness: string;
  /** Percent, whole. */
  readonly rollout: number;
}

/** What one strategy asks for: all of it must hold. */
export type Term = readonly Literal[];

/** What a term needs beside the condition. */
export interface TermParts {
  readonly find: FindSegment;
  /** Whether a segment is one there; otherwise its condition is written out. */
  readonly isSegment: (key: string) => boolean;
  /** Told of what means something else there. */
  readonly changed: (message: string) => void;
}

/** More strategies than these nobody would read, and the number grows as a product. */
const MOST_TERMS = 100;

const DIRECT: Readonly<Record<string, string>> = {
  not_in: 'NOT_IN',
  contains: 'STR_CONTAINS',
  starts_with: 'STR_STARTS_WITH',
  ends_with: 'STR_ENDS_WITH',
  less_than: 'NUM_LT',
  less_or_equal: 'NUM_LTE',
  greater_than: 'NUM_GT',
  greater_or_equal: 'NUM_GTE',
  before: 'DATE_BEFORE',
  after: 'DATE_AFTER',
  semver_equals: 'SEMVER_EQ',
  semver_less_than: 'SEMVER_LT',
  semver_less_or_equal: 'SEMVER_LTE',
  semver_greater_than: 'SEMVER_GT',
  semver_greater_or_equal: 'SEMVER_GTE',
  matches: 'REGEX',
};

/**
 * A condition as alternatives, each of which one strategy can ask for: its disjunctive normal form.
 *
 * @throws {NotExpressible} for what Unleash has no constraint for, and for more than {@link MOST_TERMS} alternatives
 */
export function termsOf(condition: Condition, parts: TermParts, isNegated = false): Term[] {
  if ('segment' in condition) {
    if (!isNegated && parts.isSegment(condition.segment)) return [[{ segment: condition.segment }]];
    return termsOf(withoutSegments(condition, parts.find), parts, isNegated);
  }
  if ('not' in condition) return termsOf(condition.not, parts, !isNegated);
  if ('all' in condition || 'any' in condition) {
    const isAll = 'all' in condition;
    const each = (isAll ? condition.all : condition.any).map((part) => termsOf(part, parts, isNegated));
    return isAll === isNegated ? bounded(each.flat()) : each.reduce(product, [[]]);
  }
  if ('query' in condition)
    throw new NotExpressible("Unleash has no condition 'query', which keeps GrowthBook's meaning");
  if ('flagd' in condition) throw new NotExpressible("Unleash has no condition 'flagd', which keeps flagd's meaning");
  if ('unleash' in condition) return [[{ constraint: isNegated ? inverse(condition.unleash) : condition.unleash }]];
  if ('bucket' in condition) {
    if (isNegated) throw new NotExpressible('Unleash draws a share of users, and not all the others');
    return [[{ share: shareOf(condition.bucket, parts) }]];
  }
  const attribute = condition;
  if (attribute.operator === 'exists') return [[existence(attribute, isNegated, parts)]];
  const constraint = constraintOf(attribute, parts);
  return [[{ constraint: isNegated ? inverse(constraint) : constraint }]];
}

/** Every alternative of the one together with every alternative of the other. */
export function product(left: readonly Term[], right: readonly Term[]): Term[] {
  if (left.length * right.length > MOST_TERMS) bounded({ length: left.length * right.length });
  return left.flatMap((one) => right.map((other) => [...one, ...other]));
}

function bounded<T extends { readonly length: number }>(terms: T): T {
  if (terms.length <= MOST_TERMS) return terms;
  throw new NotExpressible(`it would take more than ${MOST_TERMS} strategies`);
}

function inverse({ inverted = false, ...constraint }: UnleashConstraint): UnleashConstraint {
  return inverted ? constraint : { ...constraint, inverted: true };
}

/** Unleash asks whether an attribute is there by drawing everybody who has it. */
function existence(
  { attribute, value }: z.infer<typeof AttributeCondition>,
  isNegated: boolean,
  parts: TermParts,
): Literal {
  if ((value === true) === isNegated) throw new NotExpressible(`Unleash cannot ask that '${attribute}' is missing`);
  return { share: { groupId: 'everybody', stickiness: nameOf(attribute, parts), rollout: 100 } };
}

function shareOf({ hash, seed, attributes, size, ranges }: ForeignBucket, parts: TermParts): Share {
  const [range, ...more] = ranges;
  const isShare = hash === 'unleash' && size === 100 && more.length === 0 && range?.[0] === 0;
  const rollout = range?.[1] ?? 0;
  const names = attributes.join();
  if (
    !isShare ||
    !Number.isInteger(rollout) ||
    rollout < 1 ||
    rollout > 100 ||
    (attributes.length > 1 && names !== 'userId,sessionId')
  ) {
    throw new NotExpressible(`Unleash has no condition for this bucket of '${hash}'`);
  }
  if (attributes.length > 1)
    parts.changed('requests without userId and sessionId, here not reached, are drawn at random');
  return { groupId: seed, stickiness: attributes.length > 1 ? 'default' : names, rollout };
}

function constraintOf(condition: z.infer<typeof AttributeCondition>, parts: TermParts): UnleashConstraint {
  const { attribute, operator, value, ignoreCase } = condition;
  const contextName = nameOf(attribute, parts);
  const isFolded = ignoreCase === true;
  const cased = isFolded ? { caseInsensitive: true } : {};
  switch (operator) {
    case 'equals':
      if (isFolded) throw caseless(operator);
      if (typeof value === 'number') return { contextName, operator: 'NUM_EQ', value: String(value) };
      return { contextName, operator: 'IN', values: textsOf([value as string | boolean]) };
    case 'in':
    case 'not_in':
      if (isFolded) throw caseless(operator);
      return { contextName, operator: operator === 'in' ? 'IN' : 'NOT_IN', values: textsOf(value as string[]) };
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      if (typeof value !== 'string')
        throw new NotExpressible(`Unleash finds texts alone, not ${JSON.stringify(value)}`);
      if (operator === 'contains')
        parts.changed(`Unleash reads a list as one text, and finds '${value}' within its elements too`);
      return { contextName, operator: DIRECT[operator] as string, values: textsOf([value]), ...cased };
    case 'in_cidr':
      return { contextName, operator: 'IN_CIDR', values: [value].flat().map(String) };
    case 'before':
    case 'after':
      // Its clients compare the present, or the context's `currentTime`, whatever attribute is named.
      if (attribute !== 'currentTime') {
        throw new NotExpressible(`Unleash compares dates with 'currentTime' alone, not with '${attribute}'`);
      }
      parts.changed("where the context has no 'currentTime', Unleash takes the present");
      return { contextName, operator: DIRECT[operator] as string, value: String(value) };
    case 'matches':
      return { contextName, operator: 'REGEX', value: String(value), ...cased };
    default: {
      const isVersion = operator.startsWith('semver');
      if (isVersion) parts.changed("Unleash takes no version that begins with 'v'");
      const written = isVersion ? String(value).trim().replace(/^v/, '') : String(value);
      return { contextName, operator: DIRECT[operator] as string, value: written };
    }
  }
}

function caseless(operator: string): NotExpressible {
  return new NotExpressible(`Unleash has no '${operator}' whatever the case`);
}

/** Unleash's contexts hold texts; a list of several types would no longer tell 5 from '5'. */
function textsOf(values: readonly (string | number | boolean)[]): string[] {
  if (new Set(values.map((value) => typeof value)).size > 1) {
    throw new NotExpressible('a list of values of several types cannot be told apart in Unleash');
  }
  return values.map((value) => {
    const text = String(value);
    if (text === '' || text !== text.trim()) throw new NotExpressible(`Unleash trims '${text}'`);
    return text;
  });
}

function nameOf(attribute: string, { changed }: TermParts): string {
  if (attribute === 'targetingKey') return 'userId';
  if (attribute.includes('.')) throw new NotExpressible(`Unleash's properties do not nest ('${attribute}')`);
  if (['default', 'random'].includes(attribute)) throw new NotExpressible(`'${attribute}' means something else there`);
  if (attribute === 'userId') changed("'userId' is the targeting key there, where the context names none");
  return attribute;
}
