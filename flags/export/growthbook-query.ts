import type { z } from 'zod';
import type { AttributeCondition, Condition } from '../document/condition';
import type { Query } from '../document/foreign-condition';
import { compileRegex } from '../evaluator/regex';
import { NotExpressible } from '../import/imported';
import { plainPath } from './exported';

type Members = Query;

const ORDER: Readonly<Record<string, string>> = {
  less_than: '$lt',
  less_or_equal: '$lte',
  greater_than: '$gt',
  greater_or_equal: '$gte',
  semver_equals: '$veq',
  semver_less_than: '$vlt',
  semver_less_or_equal: '$vlte',
  semver_greater_than: '$vgt',
  semver_greater_or_equal: '$vgte',
};

/** Three numbers of at most five digits, which is as far as GrowthBook pads them. */
const VERSION = '^v?[0-9]{1,5}[.][0-9]{1,5}[.][0-9]{1,5}([-+]|$)';

/** What RE2 has and JavaScript reads otherwise. */
const RE2_ALONE = /\\[AzQECpP]|\[\[:|\(\?[a-zA-Z]/;

/**
 * A condition without segments as a query in GrowthBook's language. GrowthBook compares loosely where Headgate is
 * strict, so each comparison also asks for the type.
 *
 * @throws {NotExpressible} for what no query says
 * @see https://docs.growthbook.io/lib/build-your-own#conditions
 */
export function queryOf(condition: Condition): Query {
  if ('segment' in condition) throw new NotExpressible(`segment '${condition.segment}' is not written out`);
  if ('all' in condition) return { $and: condition.all.map(queryOf) };
  if ('any' in condition) return { $or: condition.any.map(queryOf) };
  if ('not' in condition) return { $not: queryOf(condition.not) };
  if ('query' in condition) return condition.query;
  if ('unleash' in condition)
    throw new NotExpressible("GrowthBook has no condition 'unleash', which keeps Unleash's meaning");
  if ('flagd' in condition)
    throw new NotExpressible("GrowthBook has no condition 'flagd', which keeps flagd's meaning");
  if ('bucket' in condition)
    throw new NotExpressible('GrowthBook draws users for a rule as a whole, and not within a condition');
  return attributeQuery(condition);
}

function attributeQuery({ attribute, operator, value, ignoreCase }: z.infer<typeof AttributeCondition>): Query {
  // GrowthBook knows users by `id`, which is the targeting key here where a context does not name it.
  const name = attribute === 'targetingKey' ? 'id' : plainPath(attribute);
  if (name.startsWith('$')) throw new NotExpressible(`'${name}' is an operator there`);
  const field = (members: Members): Query => ({ [name]: members });
  const folded = ignoreCase === true;
  const list = [value].flat();
  switch (operator) {
    case 'equals':
      return folded && typeof value === 'string' ? field({ $ini: [value], $type: 'string' }) : field({ $eq: value });
    case 'in':
      return among(list, folded, field);
    case 'not_in':
      return { $not: among(list, folded, field) };
    case 'contains': {
      const element = field({
        $elemMatch: folded && typeof value === 'string' ? { $ini: list, $type: 'string' } : { $eq: value },
      });
      return typeof value === 'string' ? { $or: [found(escaped(value), folded, field), element] } : element;
    }
    case 'starts_with':
      return found(`^${escaped(String(value))}`, folded, field);
    case 'ends_with':
      return found(`${escaped(String(value))}$`, folded, field);
    case 'matches':
      return found(pattern(String(value)), folded, field);
    case 'less_than':
    case 'less_or_equal':
    case 'greater_than':
    case 'greater_or_equal':
      return field({ [ORDER[operator] as string]: value, $type: 'number' });
    case 'semver_equals':
    case 'semver_less_than':
    case 'semver_less_or_equal':
    case 'semver_greater_than':
    case 'semver_greater_or_equal':
      return field({ [ORDER[operator] as string]: version(String(value)), $type: 'string', $regex: VERSION });
    case 'exists':
      return field({ $exists: value });
    case 'before':
    case 'after':
    case 'in_cidr':
      throw new NotExpressible(`GrowthBook has no operator for '${operator}'`);
  }
}

/** One of a list, by type: GrowthBook would also find one element of a list in the list. */
function among(
  list: readonly (string | number | boolean)[],
  folded: boolean,
  field: (members: Members) => Query,
): Query {
  const types = [...new Set(list.map((value) => typeof value))];
  const ofType = (type: string): Query =>
    field({ [folded ? '$ini' : '$in']: list.filter((value) => typeof value === type), $type: type });
  const [only = 'string', ...more] = types;
  return more.length === 0 ? ofType(only) : { $or: types.map(ofType) };
}

function found(regex: string, folded: boolean, field: (members: Members) => Query): Query {
  if (compileRegex(regex, folded) === undefined)
    throw new NotExpressible(`'${regex.slice(0, 100)}' is too long a pattern`);
  return field({ [folded ? '$regexi' : '$regex']: regex, $type: 'string' });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** A pattern that JavaScript reads as RE2 does. */
function pattern(text: string): string {
  try {
    if (!RE2_ALONE.test(text) && new RegExp(text).source !== '') return text;
  } catch {
    // It is none in JavaScript.
  }
  throw new NotExpressible(`'${text}' is no pattern that GrowthBook reads alike`);
}

/** GrowthBook pads numbers to five digits, and takes a prerelease apart at each hyphen. */
function version(text: string): string {
  const plain = text.trim().replace(/\+.*$/, '');
  if (/^v?\d{1,5}\.\d{1,5}\.\d{1,5}(-[0-9A-Za-z.]+)?$/.test(plain)) return plain;
  throw new NotExpressible(`version '${text}' is compared otherwise in GrowthBook`);
}
