import type { Issue } from '../../core/errors';
import { findCycle } from './find-cycle';
import type { FlagDefinition, FlagType, HeldOut, Rule, Serve } from './flag';
import type { Segment } from './segment';
import { segmentsIn } from '../evaluator/references';
import { validateCondition } from './validate-condition';

/** What else stands in the environment, as far as a flag or segment may refer to it. */
export interface References {
  readonly segment: (key: string) => Pick<Segment, 'if'> | undefined;
  /** Deleted flags do not count. */
  readonly flag: (key: string) => Pick<FlagDefinition, 'variants' | 'prerequisites'> | undefined;
}

/**
 * The rules of a flag that its schema cannot state: values of the flag's type, variants that exist, splits that add up
 * to 100, names used once; and, given what else stands in the environment, segments and prerequisites that exist and do
 * not go in circles.
 *
 * @returns every issue found, none when the flag is good
 */
export function validateFlag(flag: FlagDefinition, references?: References): Issue[] {
  const has = (variant: string): boolean => Object.hasOwn(flag.variants, variant);
  const hasSegment = references && ((key: string): boolean => references.segment(key) !== undefined);
  return [
    ...validateVariants(flag, has),
    ...validateHeldOut(flag.heldOut, 'heldOut', has),
    ...duplicateNames(flag.rules),
    ...flag.rules.flatMap((rule, index) => [
      ...validateCondition(rule.if, `rules[${index}].if`, hasSegment),
      ...validateServe(rule.serve, `rules[${index}].serve`, has),
      ...validateHeldOut(rule.heldOut, `rules[${index}].heldOut`, has),
    ]),
    ...(references === undefined ? [] : validatePrerequisites(flag, references)),
  ];
}

/** The rules of a segment that its schema cannot state; see {@link validateFlag}. */
export function validateSegment(segment: Pick<Segment, 'key' | 'if'>, references?: References): Issue[] {
  const find = references?.segment;
  const issues = [
    ...validateCondition(segment.if, 'if', find && ((key) => key === segment.key || find(key) !== undefined)),
  ];
  const cycle = findCycle(segment.key, (key) => {
    const condition = key === segment.key ? segment.if : find?.(key)?.if;
    return condition === undefined ? [] : segmentsIn(condition);
  });
  if (cycle !== undefined) issues.push({ field: 'if', message: `segments go in a circle: ${cycle.join(' → ')}` });
  return issues;
}

function validateVariants(flag: FlagDefinition, has: (variant: string) => boolean): Issue[] {
  const issues: Issue[] = [];
  if (Object.keys(flag.variants).length === 0) {
    issues.push({ field: 'variants', message: 'a flag has at least one variant' });
  }
  for (const [name, value] of Object.entries(flag.variants)) {
    if (!isOfType(value, flag.type)) {
      const written = JSON.stringify(value).slice(0, 100);
      issues.push({ field: `variants.${name}`, message: `${written} is not of the flag's type ${flag.type}` });
    }
  }
  for (const field of ['defaultVariant', 'offVariant'] as const) {
    const variant = flag[field];
    if (variant !== undefined && !has(variant)) issues.push(noVariant(field, variant));
  }
  return issues;
}

/** An object flag holds an object or a list, as OpenFeature's structures do. */
function isOfType(value: unknown, type: FlagType): boolean {
  return type === 'object' ? typeof value === 'object' && value !== null : typeof value === type;
}

function noVariant(field: string, variant: string): Issue {
  return { field, message: `the flag has no variant '${variant}'` };
}

function validateHeldOut(heldOut: HeldOut | undefined, field: string, has: (variant: string) => boolean): Issue[] {
  return Object.entries(heldOut ?? {}).flatMap(([holdout, variant]) =>
    has(variant) ? [] : [noVariant(`${field}.${holdout}`, variant)],
  );
}

function duplicateNames(rules: readonly Rule[]): Issue[] {
  return rules.flatMap(({ name }, index) =>
    rules.findIndex((rule) => rule.name === name) < index
      ? [{ field: `rules[${index}].name`, message: `two rules are named '${name}'` }]
      : [],
  );
}

function validateServe(serve: Serve, field: string, has: (variant: string) => boolean): Issue[] {
  if ('variant' in serve) return has(serve.variant) ? [] : [noVariant(`${field}.variant`, serve.variant)];
  const issues: Issue[] = [];
  let thousandths = 0;
  serve.split.forEach(({ variant, weight }, index) => {
    if (!has(variant)) issues.push(noVariant(`${field}.split[${index}].variant`, variant));
    if (serve.split.findIndex((share) => share.variant === variant) < index) {
      issues.push({ field: `${field}.split[${index}].variant`, message: `variant '${variant}' has a share already` });
    }
    if (!hasThreeDecimals(weight)) {
      const message = `${weight} has more than three decimals; 0.001 % is the smallest share`;
      issues.push({ field: `${field}.split[${index}].weight`, message });
    }
    thousandths += Math.round(weight * 1000);
  });
  if (thousandths !== 100_000) {
    issues.push({ field: `${field}.split`, message: `weights add up to ${thousandths / 1000}, not 100` });
  }
  return issues;
}

/** Whether a weight in percent falls on a whole number of the 100,000 buckets, as written in decimal. */
export function hasThreeDecimals(weight: number): boolean {
  return Number(weight.toFixed(3)) === weight;
}

function validatePrerequisites(flag: FlagDefinition, references: References): Issue[] {
  const issues: Issue[] = [];
  flag.prerequisites.forEach(({ flag: key, variants }, index) => {
    const field = `prerequisites[${index}]`;
    const found = key === flag.key ? flag : references.flag(key);
    if (found === undefined) {
      issues.push({ field: `${field}.flag`, message: `there is no flag '${key}'` });
      return;
    }
    variants.forEach((variant, at) => {
      if (!Object.hasOwn(found.variants, variant)) {
        issues.push({ field: `${field}.variants[${at}]`, message: `flag '${key}' has no variant '${variant}'` });
      }
    });
  });
  const cycle = findCycle(flag.key, (key) => {
    const found = key === flag.key ? flag : references.flag(key);
    return (found?.prerequisites ?? []).map((prerequisite) => prerequisite.flag);
  });
  if (cycle !== undefined) {
    issues.push({ field: 'prerequisites', message: `prerequisites go in a circle: ${cycle.join(' → ')}` });
  }
  return issues;
}
