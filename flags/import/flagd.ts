import type { FlagDefinition, FlagType, Rule } from '../document/flag';
import { FlagKey, VariantName } from '../document/identifiers';
import { conditionOf, foreign, type Reading } from './flagd-condition';
import type { FlagdDefinition, FlagdFlag } from './flagd-definition';
import { drawOf, shareTruth } from './flagd-draw';
import { expand, isScalar, operation, type Logic } from './flagd-expression';
import { applicable, definitionOf, ImportResult, Names, NotExpressible, NoteKind, type Imported } from './imported';
import { tellUnreadable } from './readable';
import { allOf, mayFail, negated, NEVER, type Truth } from './flagd-truth';

/**
 * Without a default, or with targeting that names no variant, flagd's reason is that the default is due; that of a flag
 * without rules would be that it is static.
 */
const NOBODY: Pick<Rule, 'name' | 'if'> = { name: 'nobody', if: NEVER };

/**
 * Flags of a flagd definition. Targeting becomes rules: `if` chains in their order, conditions by Headgate's operators
 * where those mean the same, and else expressions of flagd's own. Users are drawn by flagd's own hash, so that they
 * keep what they had. A flag that is disabled there answers the caller's own default here too.
 *
 * @see https://flagd.dev/reference/flag-definitions/
 */
export function importFlagd({ flags, unreadable, $evaluators, metadata }: FlagdDefinition): Imported {
  const result = new ImportResult();
  tellUnreadable(result, 'flags', unreadable);
  for (const [key, flag] of Object.entries(flags)) {
    try {
      result.flags.push(
        flagOf(key, { ...flag, metadata: { ...metadata, ...flag.metadata } }, $evaluators ?? {}, result),
      );
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      result.note(NoteKind.LeftOut, `flags.${key}`, error.message);
    }
  }
  return applicable(result, 'flags');
}

function flagOf(
  key: string,
  { state, variants, defaultVariant, targeting, metadata }: FlagdFlag,
  evaluators: Readonly<Record<string, unknown>>,
  result: ImportResult,
): FlagDefinition {
  if (!FlagKey.safeParse(key).success) throw new NotExpressible(`'${key}' is no name that a flag can have here`);
  const names = new Names(VariantName);
  const values: FlagDefinition['variants'] = {};
  for (const [variant, value] of Object.entries(variants)) {
    const name = names.of(variant);
    if (name !== variant) result.note(NoteKind.Noted, `flags.${key}.variants.${variant}`, `is named '${name}' here`);
    values[name] = value;
  }
  const walk = new Targeting(Object.keys(variants), names);
  // flagd takes what has no members for no targeting.
  const isNone = targeting === undefined || targeting === null || Object.keys(Object(targeting) as object).length === 0;
  if (!isNone) {
    const [expanded, reading] = [expand(targeting, key, evaluators), { flagKey: key, isInterpreted: false }];
    // Of branches that nobody reaches flagd makes an error too, where they are none.
    foreign(expanded, reading);
    walk.add(expanded, true, reading);
  }
  const hasDefault = typeof defaultVariant === 'string' && defaultVariant !== '';
  const [someVariant] = Object.keys(values);
  const entries = Object.entries(metadata ?? {});
  return definitionOf({
    key,
    type: typeOf(Object.values(variants)),
    variants: values,
    enabled: state === 'ENABLED',
    // flagd takes an empty name for none.
    ...(hasDefault ? { defaultVariant: names.of(defaultVariant) } : {}),
    rules:
      walk.rules.length > 0 || (isNone && hasDefault) || someVariant === undefined
        ? walk.rules
        : [{ ...NOBODY, serve: { variant: someVariant } }],
    ...(entries.length > 0 ? { metadata: Object.fromEntries(entries) } : {}),
  });
}

/** Turns an expression that yields variants into rules. */
class Targeting {
  readonly rules: Rule[] = [];
  private isFinal = false;

  constructor(
    private readonly variants: readonly string[],
    private readonly names: Names,
  ) {}

  /**
   * @param under - what must hold for the expression to count
   * @returns whether it decides for everybody under it; those for whom it yields nothing get the default
   */
  add(logic: Logic, under: Truth, reading: Reading): boolean {
    if (this.isFinal || under === false) return true;
    if (logic === null) {
      // Whoever is under it gets the default; the rule is for what fails on the way.
      if (mayFail(under)) this.push(allOf([under, NEVER]), this.variants[0]);
      return false;
    }
    if (isScalar(logic)) return this.serve(String(logic), under, logic, reading);
    const [operator, operands = []] = operation(logic) ?? [];
    if (
      (operator === 'if' || operator === '?:') &&
      operands.length > 0 &&
      Array.isArray(Object.values(logic as object)[0])
    ) {
      return this.addIf(operands, under, operands.length < 3 ? { ...reading, isInterpreted: true } : reading);
    }
    const draw = operator === 'fractional' ? drawOf(operands, reading) : null;
    if (draw === null) return this.addNamed(logic, under, reading);
    for (const share of draw.shares) this.add(share.outcome, allOf([under, shareTruth(draw, share)]), reading);
    return false;
  }

  private addIf(operands: readonly Logic[], under: Truth, reading: Reading): boolean {
    if (operands.length === 1) return this.add(operands[0], under, reading);
    const before: Truth[] = [under];
    let isTotal = true;
    for (let i = 0; i + 1 < operands.length; i += 2) {
      const own = conditionOf(operands[i], reading);
      if (this.add(operands[i + 1], allOf([...before, own]), reading) && own !== true) continue;
      // A branch that may yield nothing leaves its users to the default, so what follows must not catch them.
      if (own !== true) before.push(negated(own));
      isTotal = false;
      if (own === true) return false;
    }
    const otherwise = operands.length % 2 === 1 ? operands.at(-1) : null;
    return this.add(otherwise, allOf(before), reading) && isTotal;
  }

  /** An expression that comes to the name of a variant. */
  private addNamed(logic: Logic, under: Truth, reading: Reading): boolean {
    for (const outcome of this.variants) this.push(allOf([under, foreign(logic, reading, { outcome })]), outcome);
    this.refuse(logic, under, reading);
    return false;
  }

  private serve(variant: string, under: Truth, logic: Logic, reading: Reading): boolean {
    this.isFinal = under === true;
    if (!this.variants.includes(variant)) this.refuse(logic, under, reading);
    // For everybody, whatever the default is.
    else this.push(under === true ? { not: NEVER } : under, variant);
    return true;
  }

  /** Where an expression names what is no variant, flagd fails, and so does the evaluation here. */
  private refuse(logic: Logic, under: Truth, reading: Reading): void {
    this.push(allOf([under, foreign(logic, reading, { noneBut: [...this.variants] })]), this.variants[0]);
  }

  private push(condition: Truth, variant: string | undefined): void {
    if (variant === undefined || typeof condition === 'boolean') return;
    const name = `targeting-${this.rules.length + 1}`;
    this.rules.push({ name, if: condition, serve: { variant: this.names.of(variant) } });
  }
}

function typeOf(values: readonly unknown[]): FlagType {
  const types = new Set(values.map((value) => typeof value));
  const [only = 'boolean'] = types;
  if (types.size > 1) throw new NotExpressible(`its variants are of several types (${[...types].join(', ')})`);
  return only as FlagType;
}
