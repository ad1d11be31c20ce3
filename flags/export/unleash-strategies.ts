import type { Condition } from '../document/condition';
import type { FlagDefinition, Rule } from '../document/flag';
import type { UnleashConstraint } from '../document/foreign-condition';
import { NotExpressible, NoteKind } from '../import/imported';
import type { ExportNotes, SourceFlag } from './exported';
import { termsOf, type Literal, type Share, type Term, type TermParts } from './unleash-terms';
import { variantRunAt, type VariantRun } from './unleash-variants';

type Value = FlagDefinition['variants'][string];

/** A variant as Unleash's clients are sent it. */
export interface VariantOut {
  readonly name: string;
  /** Of 1000. */
  readonly weight: number;
  readonly weightType: 'variable';
  readonly stickiness: string;
  readonly payload: { readonly type: 'string' | 'number' | 'json'; readonly value: string };
}

/** A strategy as Unleash's clients are sent it. */
export interface StrategyOut {
  readonly name: 'flexibleRollout';
  readonly title: string;
  readonly parameters: { readonly groupId: string; readonly rollout: string; readonly stickiness: string };
  readonly constraints: readonly UnleashConstraint[];
  readonly segments: readonly number[];
  readonly variants: readonly VariantOut[];
}

/** Strategies of one feature. The first that holds decides, as rules do. */
export class Strategies {
  readonly made: StrategyOut[] = [];
  /** Rules that may answer 'not enabled': strategies after them must not catch their users. */
  private readonly before: Condition[] = [];

  constructor(
    private readonly flag: SourceFlag,
    private readonly item: string,
    private readonly ids: ReadonlyMap<string, number>,
    private readonly parts: TermParts,
    private readonly notes: ExportNotes,
  ) {}

  /** All rules in their order, and the default. */
  addAll(): void {
    const { rules, type, defaultVariant } = this.flag;
    for (let at = 0; at < rules.length;) {
      const run = type === 'boolean' ? null : variantRunAt(rules, at, defaultVariant);
      const rule = rules[at];
      if (rule === undefined) break;
      if (run === null) this.add(rule);
      else this.addRun(rule.name, run);
      at += run?.rules ?? 1;
      // Nobody comes past a draw of everybody.
      if (run?.conditions.length === 0) return;
    }
    this.addDefault();
  }

  /** Variants that Unleash's own hash draws here too, so that everybody keeps theirs. */
  private addRun(name: string, { conditions, weights, groupId, stickiness }: VariantRun): void {
    const message = 'Unleash draws a variant at random for requests without any key; here they get the last one';
    this.notes.note(NoteKind.Changed, `${this.item}.rules.${name}`, message);
    const variants = this.variants(weights).map((variant) => ({ ...variant, stickiness }));
    this.push(name, conditions, variants, { groupId, stickiness: 'default', rollout: 100 });
  }

  private add({ name, if: condition, serve }: Rule): void {
    const item = `${this.item}.rules.${name}`;
    if ('variant' in serve) {
      if (!this.isFalse(serve.variant)) this.push(name, [condition], this.variants([[serve.variant, 1000]]));
      else this.before.push(condition);
      return;
    }
    this.notes.note(
      NoteKind.Changed,
      item,
      "its users are drawn anew by Unleash's own hash; those without any key are drawn at random",
    );
    const salt = serve.salt ?? this.flag.salt ?? this.flag.key;
    if (this.flag.type !== 'boolean') {
      this.push(name, [condition], this.variants(inThousandths(serve.split)), {
        groupId: salt,
        stickiness: 'default',
        rollout: 100,
      });
      return;
    }
    const share = serve.split.reduce((sum, { variant, weight }) => sum + (this.isFalse(variant) ? 0 : weight), 0);
    const rollout = Math.round(share);
    if (Math.abs(share - rollout) > 1e-9) this.notes.note(NoteKind.Changed, item, `${share} % is ${rollout} % there`);
    this.push(name, [condition], [], { groupId: salt, stickiness: 'default', rollout });
    this.before.push(condition);
  }

  private addDefault(): void {
    const { type, defaultVariant } = this.flag;
    if (defaultVariant === undefined) {
      const isBoolean = type === 'boolean';
      const message = `where no rule holds, Unleash answers 'not enabled', ${isBoolean ? 'which is false' : 'with no value'}, and here it is the caller's own default`;
      this.notes.note(isBoolean ? NoteKind.Changed : NoteKind.Noted, `${this.item}.defaultVariant`, message);
    } else if (!this.isFalse(defaultVariant)) this.push('default', [], this.variants([[defaultVariant, 1000]]));
    // Without any strategy a feature is on for everybody.
    if (this.made.length === 0)
      this.make('nobody', [], [], { groupId: this.flag.key, stickiness: 'default', rollout: 0 });
  }

  private isFalse(variant: string): boolean {
    return this.flag.type === 'boolean' && this.flag.variants[variant] !== true;
  }

  private push(title: string, conditions: readonly Condition[], variants: readonly VariantOut[], share?: Share): void {
    const all = [...conditions, ...this.before.map((condition): Condition => ({ not: condition }))];
    const terms: readonly Term[] = all.length === 0 ? [[]] : termsOf({ all }, this.parts);
    for (const term of terms) this.make(title, term, variants, share);
  }

  private make(title: string, term: Term, variants: readonly VariantOut[], own?: Share): void {
    const literals: Literal[] = [...term, ...(own === undefined ? [] : [{ share: own }])];
    // Everybody of a group is a share that asks for nothing where it is drawn by several keys.
    const drawn = literals.flatMap((literal) => ('share' in literal ? [literal.share] : []));
    const asking = drawn.filter(({ rollout, stickiness }) => rollout < 100 || stickiness !== 'default');
    const distinct = [...new Map(asking.map((share) => [JSON.stringify(share), share])).values()];
    if (distinct.length > 1)
      throw new NotExpressible('Unleash draws a strategy by one share, and not by several together');
    const isMixed = drawn.some(({ rollout, groupId }) => rollout < 100 && groupId !== own?.groupId);
    if (variants.length > 1 && isMixed) {
      throw new NotExpressible(
        "Unleash draws a strategy's share and its variants by one group, and here they have two",
      );
    }
    const everybody = { groupId: own?.groupId ?? this.flag.key, stickiness: 'default', rollout: 100 };
    const { groupId, stickiness, rollout } = distinct[0] ?? everybody;
    this.made.push({
      name: 'flexibleRollout',
      title,
      parameters: { groupId: variants.length > 1 ? everybody.groupId : groupId, rollout: String(rollout), stickiness },
      constraints: literals.flatMap((literal) => ('constraint' in literal ? [literal.constraint] : [])),
      segments: [
        ...new Set(literals.flatMap((literal) => ('segment' in literal ? [this.ids.get(literal.segment) ?? 0] : []))),
      ],
      variants,
    });
  }

  private variants(weights: readonly (readonly [string, number])[]): VariantOut[] {
    if (this.flag.type === 'boolean') return [];
    return weights.map(([name, weight]) => ({
      name,
      weight,
      weightType: 'variable',
      stickiness: 'default',
      payload: this.payload(this.flag.variants[name] ?? null),
    }));
  }

  private payload(value: Value): VariantOut['payload'] {
    if (typeof value === 'string') return { type: 'string', value };
    return typeof value === 'number'
      ? { type: 'number', value: String(value) }
      : { type: 'json', value: JSON.stringify(value) };
  }
}

/** Shares of 1000, the largest remainders rounded up, so that they add up. */
function inThousandths(split: readonly { variant: string; weight: number }[]): [string, number][] {
  const exact = split
    .filter(({ weight }) => weight > 0)
    .map(({ variant, weight }) => ({ variant, share: weight * 10 }));
  let left = 1000 - exact.reduce((sum, { share }) => sum + Math.floor(share), 0);
  const up = new Set<string>();
  for (const { variant } of exact.toSorted((a, b) => (b.share % 1) - (a.share % 1))) {
    if (left <= 0) break;
    up.add(variant);
    left -= 1;
  }
  return exact.map(({ variant, share }) => [variant, Math.floor(share) + (up.has(variant) ? 1 : 0)]);
}
