import type { Condition } from '../document/condition';
import type { FlagDefinition, FlagType, Rule } from '../document/flag';
import { FlagKey, VariantName } from '../document/identifiers';
import { conditionOf, operation } from './flagd-condition';
import type { FlagdDefinition, FlagdFlag } from './flagd-definition';
import { allOf, definitionOf, ImportResult, Names, NotExpressible, NoteKind, type Imported } from './imported';

/** Holds for whoever has a targeting key: what a split asks for anyway. */
const KEYED: Condition = { attribute: 'targetingKey', operator: 'exists', value: true };

/**
 * Flags of a flagd definition. Targeting becomes rules: `if` chains in their order, conditions by Headgate's operators. What flagd splits by `fractional` is split
 * here in the same shares and by Headgate's own buckets, so that users are drawn anew. A flag that is disabled there answers the caller's own default here too.
 *
 * @see https://flagd.dev/reference/flag-definitions/
 */
export function importFlagd({ flags, $evaluators = {}, metadata }: FlagdDefinition): Imported {
  const result = new ImportResult();
  for (const [key, flag] of Object.entries(flags)) {
    try {
      result.flags.push(flagOf(key, { ...flag, metadata: { ...metadata, ...flag.metadata } }, $evaluators, result));
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      result.note(NoteKind.LeftOut, `flags.${key}`, error.message);
    }
  }
  return result;
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
  const expanded = targeting === undefined ? null : expand(targeting, evaluators, 0);
  const isNone = expanded === null || (typeof expanded === 'object' && Object.keys(expanded).length === 0);
  if (!isNone) walk.add(expanded, null);
  const entries = Object.entries(metadata ?? {});
  return definitionOf({
    key,
    type: typeOf(Object.values(variants)),
    variants: values,
    enabled: state === 'ENABLED',
    ...(typeof defaultVariant === 'string' ? { defaultVariant: names.of(defaultVariant) } : {}),
    rules: walk.rules,
    ...(entries.length > 0 ? { metadata: Object.fromEntries(entries) } : {}),
  });
}

/** Puts shared expressions in the place of their names. */
function expand(logic: unknown, evaluators: Readonly<Record<string, unknown>>, depth: number): unknown {
  if (depth > 50) throw new NotExpressible('its targeting nests too deeply, or its evaluators go in a circle');
  if (Array.isArray(logic)) return logic.map((part) => expand(part, evaluators, depth + 1));
  if (typeof logic !== 'object' || logic === null) return logic;
  const name: unknown = Reflect.get(logic, '$ref');
  if (typeof name === 'string') {
    if (!Object.hasOwn(evaluators, name)) throw new NotExpressible(`there is no evaluator '${name}'`);
    return expand(evaluators[name], evaluators, depth + 1);
  }
  return Object.fromEntries(
    Object.entries(logic).map(([key, part]: [string, unknown]) => [key, expand(part, evaluators, depth + 1)]),
  );
}

/** Turns an expression that yields variants into rules. */
class Targeting {
  readonly rules: Rule[] = [];
  private isFinal = false;

  constructor(
    private readonly key: string,
    private readonly variants: ReadonlySet<string>,
    private readonly names: Names,
    private readonly result: ImportResult,
  ) {}

  /** @param under - what must hold for the expression to count; null for everybody */
  add(logic: unknown, under: Condition | null): void {
    if (this.isFinal) return;
    if (typeof logic === 'string' || typeof logic === 'boolean') return this.serve(String(logic), under);
    const [operator, operands] = operation(logic) ?? [];
    if (operator === 'if' && operands !== undefined) return this.addIf(operands, under);
    if (operator === 'fractional' && operands !== undefined) return this.addFractional(operands, under);
    throw new NotExpressible(`no rule says ${JSON.stringify(logic).slice(0, 200)}`);
  }

  private addIf(operands: readonly unknown[], under: Condition | null): void {
    const before: Condition[] = [];
    for (let i = 0; i + 1 < operands.length; i += 2) {
      const own = conditionOf(operands[i]);
      const then = operands[i + 1];
      if (then !== null) this.add(then, allOf([...(under === null ? [] : [under]), ...before, own]));
      // A branch that may yield nothing leaves its users to the default, so what follows must not catch them.
      if (then === null || operation(then)?.[0] === 'if') before.push({ not: own });
    }
    const otherwise = operands.length % 2 === 1 ? operands.at(-1) : null;
    if (otherwise === null) return;
    this.add(otherwise, allOf([...(under === null ? [] : [under]), ...before]));
  }

  private addFractional(operands: readonly unknown[], under: Condition | null): void {
    const isShare = (one: unknown): one is [string, number?] => Array.isArray(one) && typeof one[0] === 'string';
    const shares = operands.filter(isShare);
    if (shares.length < operands.length) {
      this.note('it is split by the targeting key here, whatever flagd splits it by');
    }
    this.note('its users are drawn anew: flagd has other buckets');
    const total = shares.reduce((sum, [, weight = 1]) => sum + weight, 0);
    let rest = 100_000;
    const split = shares.map(([variant, weight = 1], index) => {
      const isLast = index === shares.length - 1;
      const thousandths = isLast ? rest : Math.round((weight / total) * 100_000);
      rest -= thousandths;
      return { variant: this.nameOf(variant), weight: thousandths / 1000 };
    });
    if (split.length < 2) return this.serve(String(shares[0]?.[0]), under);
    this.rules.push({
      name: this.nextName(),
      if: allOf([...(under === null ? [] : [under]), KEYED]) ?? KEYED,
      serve: { split },
    });
  }

  private serve(variant: string, under: Condition | null): void {
    const serve = { variant: this.nameOf(variant) };
    if (under !== null) this.rules.push({ name: this.nextName(), if: under, serve });
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

function typeOf(values: readonly unknown[]): FlagType {
  const types = new Set(values.map((value) => typeof value));
  const [only = 'boolean'] = types;
  if (types.size > 1) throw new NotExpressible(`its variants are of several types (${[...types].join(', ')})`);
  return only as FlagType;
}
