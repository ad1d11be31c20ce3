import type { Condition } from '../document/condition';
import type { FlagDefinition, Rule } from '../document/flag';
import type { UnleashConstraint } from '../document/foreign-condition';
import { NotExpressible, NoteKind } from '../import/imported';
import { byPrerequisites, ExportNotes, type Exported, type ExportSource, type SourceFlag } from './exported';
import { termsOf, type Literal, type Share, type Term, type TermParts } from './unleash-terms';

type Value = FlagDefinition['variants'][string];

interface VariantOut {
  readonly name: string;
  /** Of 1000. */
  readonly weight: number;
  readonly weightType: 'variable';
  readonly stickiness: string;
  readonly payload: { readonly type: 'string' | 'number' | 'json'; readonly value: string };
}

interface StrategyOut {
  readonly name: 'flexibleRollout';
  readonly title: string;
  readonly parameters: { readonly groupId: string; readonly rollout: string; readonly stickiness: string };
  readonly constraints: readonly UnleashConstraint[];
  readonly segments: readonly number[];
  readonly variants: readonly VariantOut[];
}

interface DependencyOut {
  readonly feature: string;
  readonly enabled: boolean;
  readonly variants?: readonly string[];
}

interface FeatureOut {
  readonly name: string;
  readonly type: 'release';
  readonly project: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly stale: false;
  readonly impressionData: false;
  readonly strategies: readonly StrategyOut[];
  readonly variants: readonly [];
  readonly dependencies?: readonly DependencyOut[];
}

/** What Unleash's clients are sent. */
export interface UnleashFile {
  readonly version: 2;
  readonly features: readonly FeatureOut[];
  readonly segments: readonly {
    readonly id: number;
    readonly name: string;
    readonly constraints: readonly UnleashConstraint[];
  }[];
}

const KEPT: ReadonlySet<keyof FlagDefinition> = new Set(['description']);

/**
 * The state that Unleash's clients are sent. A boolean flag becomes a feature that is enabled where the flag is true; any other a feature whose strategies carry
 * variants. Conditions become constraints: what needs alternatives takes several strategies.
 *
 * @see https://docs.getunleash.io/reference/activation-strategies
 */
export function exportUnleash({ flags, segments }: ExportSource): Exported<UnleashFile> {
  const notes = new ExportNotes();
  const conditions = new Map(segments.map((segment) => [segment.key, segment.if]));
  const ids = new Map<string, number>();
  const parts = (item: string): TermParts => ({
    find: (key) => conditions.get(key),
    isSegment: (key) => ids.has(key),
    changed: (message) => notes.note(NoteKind.Changed, item, message),
  });
  const segmentsOut = segments.flatMap(({ key, if: condition }) => {
    const item = `segments.${key}`;
    const constraints = segmentConstraints(condition, parts(item), item, notes);
    if (constraints === null) return [];
    ids.set(key, ids.size + 1);
    return [{ id: ids.size, name: key, constraints }];
  });
  const all = new Map(flags.map((flag) => [flag.key, flag]));
  const made = new Map<string, FeatureOut>();
  notes.each(byPrerequisites(flags), (flag, item) => {
    made.set(flag.key, featureOf(flag, item, { all, made, ids, parts, notes }));
  });
  if (made.size > 0) {
    const message =
      "attributes are texts there, read as numbers, dates or versions where one is compared with such; 'targetingKey' is 'userId'";
    notes.note(NoteKind.Noted, 'features', message);
  }
  const features = flags.flatMap(({ key }) => made.get(key) ?? []);
  return { document: { version: 2, features, segments: segmentsOut }, notes: notes.notes };
}

interface FeatureParts {
  readonly all: ReadonlyMap<string, SourceFlag>;
  readonly made: ReadonlyMap<string, FeatureOut>;
  readonly ids: ReadonlyMap<string, number>;
  readonly parts: (item: string) => TermParts;
  readonly notes: ExportNotes;
}

/** The constraints of a segment that is one list of them; null where it is not. */
function segmentConstraints(
  condition: Condition,
  parts: TermParts,
  item: string,
  notes: ExportNotes,
): UnleashConstraint[] | null {
  try {
    const [term, ...more] = termsOf(condition, { ...parts, isSegment: () => false });
    const constraints = (term ?? []).flatMap((literal) => ('constraint' in literal ? [literal.constraint] : []));
    if (term !== undefined && more.length === 0 && constraints.length === term.length) return constraints;
    notes.note(
      NoteKind.Noted,
      item,
      'is written out in the features that use it: a segment there is one list of constraints',
    );
  } catch (error) {
    if (!(error instanceof NotExpressible)) throw error;
    notes.note(NoteKind.LeftOut, item, error.message);
  }
  return null;
}

function featureOf(flag: SourceFlag, item: string, { all, made, ids, parts, notes }: FeatureParts): FeatureOut {
  const dependencies = flag.prerequisites.map(({ flag: key, variants }) => {
    const parent = all.get(key);
    if (parent === undefined || !made.has(key))
      throw new NotExpressible(`its prerequisite '${key}' is not in the result`);
    return dependencyOf(parent, variants);
  });
  notes.common(flag, item, KEPT);
  const strategies = new Strategies(flag, item, ids, parts(item), notes);
  for (const rule of flag.rules) strategies.add(rule);
  strategies.addDefault();
  tellOfOff(flag, item, notes);
  if (flag.type === 'boolean' && Object.keys(flag.variants).some((name) => !['on', 'off'].includes(name))) {
    notes.note(NoteKind.Noted, `${item}.variants`, "the flag's variants are 'enabled' and 'not enabled' there");
  }
  return {
    name: flag.key,
    type: 'release',
    project: 'default',
    ...(flag.description === undefined ? {} : { description: flag.description }),
    enabled: flag.enabled,
    stale: false,
    impressionData: false,
    strategies: strategies.made,
    variants: [],
    ...(dependencies.length > 0 ? { dependencies } : {}),
  };
}

/** What is served while the flag is off or a prerequisite fails: 'not enabled' there, whatever it is here. */
function tellOfOff(flag: SourceFlag, item: string, notes: ExportNotes): void {
  const off = flag.offVariant;
  const isSame = flag.type === 'boolean' ? off !== undefined && flag.variants[off] === false : off === undefined;
  if (isSame) return;
  const mayBeOff = !flag.enabled || flag.prerequisites.length > 0;
  const here = off === undefined ? "the caller's own default" : `'${off}'`;
  const message = `while it is off, Unleash answers 'not enabled', and here it is ${here}`;
  notes.note(mayBeOff ? NoteKind.Changed : NoteKind.Noted, `${item}.offVariant`, message);
}

/** A parent that must be enabled, not enabled, or have one of some variants. */
function dependencyOf(parent: SourceFlag, variants: readonly string[]): DependencyOut {
  if (parent.prerequisites.length > 0) {
    throw new NotExpressible(`its prerequisite '${parent.key}' has one itself, which Unleash does not follow`);
  }
  const off = parent.offVariant;
  if (parent.type !== 'boolean') {
    if (off !== undefined && variants.includes(off)) {
      throw new NotExpressible(`it wants '${off}' of '${parent.key}', which Unleash does not serve while that is off`);
    }
    return { feature: parent.key, enabled: true, variants };
  }
  const wanted = new Set(variants.map((name) => parent.variants[name]));
  const isWhole = Object.entries(parent.variants).every(
    ([name, value]) => !wanted.has(value) || variants.includes(name),
  );
  const [only] = wanted;
  const isOffFalse = off !== undefined && parent.variants[off] === false && parent.defaultVariant !== undefined;
  // A feature that is not enabled is false; where the parent's off variant is none such, Unleash cannot tell the two apart.
  if (wanted.size !== 1 || !isWhole || !isOffFalse) {
    throw new NotExpressible(`Unleash can ask whether '${parent.key}' is enabled, and not for ${variants.join(', ')}`);
  }
  return { feature: parent.key, enabled: only === true };
}

/** Strategies of one feature. The first that holds decides, as rules do. */
class Strategies {
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

  add({ name, if: condition, serve }: Rule): void {
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

  addDefault(): void {
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
