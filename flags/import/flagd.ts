import type { Condition } from '../document/condition';
import type { FlagDefinition, FlagType, Rule } from '../document/flag';
import { FlagKey, VariantName } from '../document/identifiers';
import { conditionOf, tellOfDraw, type Reading } from './flagd-condition';
import type { FlagdDefinition, FlagdFlag } from './flagd-definition';
import { drawOf, shareCondition } from './flagd-draw';
import { attributeOf, expand, isScalar, operation, type Logic } from './flagd-expression';
import { applicable, definitionOf, ImportResult, Names, NotExpressible, NoteKind, type Imported } from './imported';
import { tellUnreadable } from './readable';
import { allOf, negated, type Truth } from './truth';

/** Holds for whoever has a targeting key: what a split asks for anyway. */
const KEYED: Condition = { attribute: 'targetingKey', operator: 'exists', value: true };

/**
 * Flags of a flagd definition. Targeting becomes rules: `if` chains in their order, conditions by Headgate's operators. Users are drawn by flagd's own hash
 * wherever one attribute decides, so that they keep what they had; else in the same shares by Headgate's buckets. A flag that is disabled there answers
 * the caller's own default here too.
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
  const walk = new Targeting(key, new Set(Object.keys(variants)), names, result);
  const expanded = targeting === undefined ? null : expand(targeting, key, evaluators);
  const isNone = expanded === null || (typeof expanded === 'object' && Object.keys(expanded).length === 0);
  if (!isNone) walk.add(expanded, true);
  const entries = Object.entries(metadata ?? {});
  return definitionOf({
    key,
    type: typeOf(Object.values(variants)),
    variants: values,
    enabled: state === 'ENABLED',
    // flagd takes an empty name for none.
    ...(typeof defaultVariant === 'string' && defaultVariant !== ''
      ? { defaultVariant: names.of(defaultVariant) }
      : {}),
    rules: walk.rules,
    ...(entries.length > 0 ? { metadata: Object.fromEntries(entries) } : {}),
  });
}

/** Turns an expression that yields variants into rules. */
class Targeting {
  readonly rules: Rule[] = [];
  private isFinal = false;
  private readonly reading: Reading;

  constructor(
    private readonly key: string,
    private readonly variants: ReadonlySet<string>,
    private readonly names: Names,
    private readonly result: ImportResult,
  ) {
    this.reading = { flagKey: key, changed: (message) => this.note(message) };
  }

  /**
   * @param under - what must hold for the expression to count
   * @returns whether it decides for everybody under it; those for whom it yields nothing get the default
   */
  add(logic: Logic, under: Truth): boolean {
    if (this.isFinal || under === false) return true;
    if (logic === null) return false;
    if (isScalar(logic)) {
      this.serve(String(logic), under);
      return true;
    }
    const [operator, operands = []] = operation(logic) ?? [];
    if (operator === 'if' || operator === '?:') return this.addIf(operands, under);
    if (operator === 'fractional') return this.addFractional(operands, under);
    if (operator === 'var') return this.addNamed(logic, under);
    throw new NotExpressible(`no rule says ${JSON.stringify(logic).slice(0, 200)}`);
  }

  private addIf(operands: readonly Logic[], under: Truth): boolean {
    const before: Truth[] = [under];
    let isTotal = true;
    for (let i = 0; i + 1 < operands.length; i += 2) {
      const own = conditionOf(operands[i], this.reading);
      if (this.add(operands[i + 1], allOf([...before, own])) && own !== true) continue;
      // A branch that may yield nothing leaves its users to the default, so what follows must not catch them.
      if (own !== true) before.push(negated(own));
      isTotal = false;
      if (own === true) return false;
    }
    const otherwise = operands.length % 2 === 1 ? operands.at(-1) : null;
    return this.add(otherwise, allOf(before)) && isTotal;
  }

  /** An attribute that holds the name of a variant. */
  private addNamed(logic: Logic, under: Truth): boolean {
    const attribute = attributeOf(logic);
    if (attribute === null) throw new NotExpressible(`no rule says ${JSON.stringify(logic).slice(0, 200)}`);
    this.note(
      `where '${attribute}' names no variant flagd fails, so that callers get their own default; here they get the flag's`,
    );
    for (const variant of this.variants)
      this.serve(variant, allOf([under, { attribute, operator: 'equals', value: variant }]));
    return false;
  }

  private addFractional(operands: readonly Logic[], under: Truth): boolean {
    const [condition, then, otherwise] = withoutConditionalWeight(operands) ?? [];
    if (condition !== undefined) {
      return this.addIf([condition, { fractional: then }, { fractional: otherwise }], under);
    }
    const draw = drawOf(operands, this.key);
    if (draw === null) return this.addSplit(operands, under);
    const [only] = draw.shares;
    if (only !== undefined && operands.length === 1) return this.add(only.outcome, under);
    tellOfDraw(draw, this.reading.changed);
    for (const share of draw.shares) this.add(share.outcome, allOf([under, shareCondition(draw, share)]));
    return false;
  }

  /** Shares that flagd draws by several attributes, or that are no whole numbers: of the same size here, but of other users. */
  private addSplit(operands: readonly Logic[], under: Truth): boolean {
    const entries = Array.isArray(operands[0]) ? operands : operands.slice(1);
    const weights = new Map<string, number>();
    for (const entry of entries) {
      const [variant, weight = 1] = Array.isArray(entry) && entry.length <= 2 ? (entry as Logic[]) : [];
      if (typeof variant !== 'string' || typeof weight !== 'number') {
        throw new NotExpressible(`no split says ${JSON.stringify(entry).slice(0, 200)}`);
      }
      if (weight > 0) weights.set(variant, (weights.get(variant) ?? 0) + weight);
    }
    const taken = [...weights];
    if (entries.length < operands.length) {
      this.note('it is split by the targeting key here, whatever flagd splits it by');
    }
    this.note('its users are drawn anew: flagd has other buckets');
    const [first] = taken;
    if (first === undefined) return false;
    const total = taken.reduce((sum, [, weight]) => sum + weight, 0);
    let [sum, given] = [0, 0];
    const split = taken.map(([variant, weight]) => {
      sum += weight;
      const thousandths = Math.round((sum / total) * 100_000) - given;
      given += thousandths;
      return { variant: this.nameOf(variant), weight: thousandths / 1000 };
    });
    if (split.length < 2) {
      this.serve(first[0], allOf([under, KEYED]));
    } else this.rules.push({ name: this.nextName(), if: allOf([under, KEYED]) as Condition, serve: { split } });
    return false;
  }

  private serve(variant: string, under: Truth): void {
    if (this.isFinal || under === false) return;
    const serve = { variant: this.nameOf(variant) };
    if (under !== true) this.rules.push({ name: this.nextName(), if: under, serve });
    else {
      // For everybody, whatever the default is: one of two opposites always holds.
      this.rules.push({ name: this.nextName(), if: { any: [KEYED, { not: KEYED }] }, serve });
      this.isFinal = true;
    }
  }

  private nameOf(variant: string): string {
    if (!this.variants.has(variant)) throw new NotExpressible(`its targeting names '${variant}', which is no variant`);
    return this.names.of(variant);
  }

  private nextName(): string {
    return `targeting-${this.rules.length + 1}`;
  }

  private note(message: string): void {
    const item = `flags.${this.key}.targeting`;
    const isKnown = this.result.notes.some((note) => note.item === item && note.message === message);
    if (!isKnown) this.result.note(NoteKind.Changed, item, message);
  }
}

/** The first weight that depends on a condition, as the condition and the shares for either answer; undefined where none does. */
function withoutConditionalWeight(operands: readonly Logic[]): readonly [Logic, Logic[], Logic[]] | undefined {
  const at = operands.findIndex((entry) => Array.isArray(entry) && operation(entry[1])?.[0] === 'if');
  if (at < 0) return undefined;
  const [variant, weight] = operands[at] as [Logic, Logic];
  const [condition = null, then = null, ...others] = operation(weight)?.[1] ?? [];
  const otherwise = others.length > 1 ? { if: others } : (others[0] ?? null);
  return [condition, operands.with(at, [variant, then]), operands.with(at, [variant, otherwise])];
}

function typeOf(values: readonly unknown[]): FlagType {
  const types = new Set(values.map((value) => typeof value));
  const [only = 'boolean'] = types;
  if (types.size > 1) throw new NotExpressible(`its variants are of several types (${[...types].join(', ')})`);
  return only as FlagType;
}
