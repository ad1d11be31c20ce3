import type { Condition } from '../document/condition';
import type { FlagDefinition, Prerequisite, Rule } from '../document/flag';
import type { ForeignBucket, Query } from '../document/foreign-condition';
import { NotExpressible, NoteKind } from '../import/imported';
import {
  byPrerequisites,
  ExportNotes,
  withoutSegments,
  type Exported,
  type ExportSource,
  type SourceFlag,
} from './exported';
import { queryOf } from './growthbook-query';

type Value = FlagDefinition['variants'][string];

interface RuleOut {
  readonly id: string;
  readonly condition?: Query;
  readonly parentConditions?: readonly { readonly id: string; readonly condition: Query; readonly gate?: true }[];
  readonly filters?: readonly FilterOut[];
  readonly force?: Value;
  readonly variations?: readonly Value[];
  readonly weights?: readonly number[];
  readonly meta?: readonly { readonly key: string }[];
  readonly coverage?: number;
  readonly seed?: string;
  readonly key?: string;
  readonly hashAttribute?: string;
  readonly hashVersion?: number;
}

interface FilterOut {
  readonly seed: string;
  readonly ranges: readonly (readonly [number, number])[];
  readonly attribute: string;
  readonly hashVersion: 1 | 2;
}

/** What GrowthBook's clients are sent. */
export interface GrowthBookFile {
  readonly features: Readonly<
    Record<string, { readonly defaultValue: Value | null; readonly rules?: readonly RuleOut[] }>
  >;
}

/**
 * Features as GrowthBook's clients are sent them. Rules become rules: one variant is forced, a split is an experiment.
 * Segments are written out, since a saved group there is a list of values and no condition.
 *
 * @see https://docs.growthbook.io/lib/build-your-own
 */
export function exportGrowthBook({ flags, segments }: ExportSource): Exported<GrowthBookFile> {
  const notes = new ExportNotes();
  const conditions = new Map(segments.map((segment) => [segment.key, segment.if]));
  for (const { key } of segments) {
    notes.note(NoteKind.Noted, `segments.${key}`, 'is written out in the features that use it');
  }
  const expand = (condition: Condition): Condition => withoutSegments(condition, (key) => conditions.get(key));
  const all = new Map(flags.map((flag) => [flag.key, flag]));
  const made = new Set<string>();
  const features = notes.each(byPrerequisites(flags), (flag, item) => {
    const parents = flag.prerequisites.map((prerequisite, index) => parentRule(prerequisite, index, flag, all, made));
    notes.common(flag, item, new Set());
    const rules = [...parents, ...flag.rules.map((rule) => ruleOf(rule, flag, expand, item, notes))];
    made.add(flag.key);
    tellOfNames(flag, item, notes);
    const serving = flag.enabled ? flag.defaultVariant : flag.offVariant;
    const defaultValue = serving === undefined ? null : (flag.variants[serving] ?? null);
    if (flag.enabled) tellOfOff(flag, item, notes);
    else if (rules.length > 0) {
      const message =
        'GrowthBook has no features that are off: what is served while it is off is served to everybody, without rules';
      notes.note(NoteKind.LeftOut, `${item}.rules`, message);
    }
    return { defaultValue, ...(flag.enabled && rules.length > 0 ? { rules } : {}) };
  });
  const inOrder = flags.flatMap(({ key }) => {
    const feature = features.get(key);
    return feature === undefined ? [] : [[key, feature] as const];
  });
  if (inOrder.length > 0) notes.note(NoteKind.Noted, 'features', "'targetingKey' is 'id' there");
  return { document: { features: Object.fromEntries(inOrder) }, notes: notes.notes };
}

function tellOfNames({ type, variants }: SourceFlag, item: string, notes: ExportNotes): void {
  const names = Object.keys(variants);
  if (
    type === 'boolean' &&
    names.every((name) => (name === 'on' || name === 'off') && variants[name] === (name === 'on'))
  )
    return;
  notes.note(NoteKind.Noted, `${item}.variants`, 'values have no names there');
}

function tellOfOff({ offVariant }: SourceFlag, item: string, notes: ExportNotes): void {
  if (offVariant === undefined) return;
  notes.note(
    NoteKind.Noted,
    `${item}.offVariant`,
    `a feature that is switched off there answers the caller's own default, and not '${offVariant}'`,
  );
}

/** A parent decides before every rule: it gates, or forces the off variant where it has none of the wanted values. */
function parentRule(
  { flag: key, variants }: Prerequisite,
  index: number,
  flag: SourceFlag,
  all: ReadonlyMap<string, SourceFlag>,
  made: ReadonlySet<string>,
): RuleOut {
  const parent = all.get(key);
  if (parent === undefined || !made.has(key))
    throw new NotExpressible(`its prerequisite '${key}' is not in the result`);
  const wanted = variants.map((name) => parent.variants[name] ?? null);
  const others = Object.entries(parent.variants).filter(([name]) => !variants.includes(name));
  const isTold =
    wanted.every((value) => typeof value !== 'object') &&
    others.every(([, value]) => !wanted.some((one) => one === value));
  if (!isTold)
    throw new NotExpressible(`GrowthBook asks for values, and those of '${key}' do not tell its variants apart`);
  const id = `prerequisite-${index + 1}`;
  const condition: Query = { value: { $in: wanted } };
  if (flag.offVariant === undefined) return { id, parentConditions: [{ id: key, condition, gate: true }] };
  return {
    id,
    parentConditions: [{ id: key, condition: { $not: condition } }],
    force: flag.variants[flag.offVariant] ?? null,
  };
}

function ruleOf(
  { name, if: condition, serve }: Rule,
  flag: SourceFlag,
  expand: (condition: Condition) => Condition,
  item: string,
  notes: ExportNotes,
): RuleOut {
  const parts = conjuncts(expand(condition));
  const drawn = parts.flatMap((part) => ('bucket' in part ? [part.bucket] : []));
  const asked = parts.filter((part) => !('bucket' in part)).map(queryOf);
  const [only] = asked;
  const audience = {
    id: name,
    ...(only === undefined ? {} : { condition: asked.length === 1 ? only : { $and: asked } }),
    ...(drawn.length === 0 ? {} : { filters: drawn.map(filterOf) }),
  };
  if ('variant' in serve) return { ...audience, force: flag.variants[serve.variant] ?? null };
  notes.note(
    NoteKind.Changed,
    `${item}.rules.${name}`,
    "its users are drawn anew by GrowthBook's own hash; without a key later rules decide",
  );
  const shares = serve.split.filter(({ weight }) => weight > 0);
  const [whole, ...more] = shares;
  if (whole !== undefined && more.length === 0) return { ...audience, force: flag.variants[whole.variant] ?? null };
  return {
    ...audience,
    key: `${flag.key}-${name}`,
    seed: serve.salt ?? flag.salt ?? flag.key,
    hashAttribute: 'id',
    hashVersion: 2,
    coverage: 1,
    variations: shares.map(({ variant }) => flag.variants[variant] ?? null),
    weights: shares.map(({ weight }) => Math.round(weight * 1000) / 100_000),
    meta: shares.map(({ variant }) => ({ key: variant })),
  };
}

/** What must hold together. */
function conjuncts(condition: Condition): Condition[] {
  return 'all' in condition ? condition.all.flatMap(conjuncts) : [condition];
}

function filterOf({ hash, seed, attributes, size, ranges }: ForeignBucket): FilterOut {
  const [attribute = 'id', ...more] = attributes;
  if ((hash !== 'growthbook_1' && hash !== 'growthbook_2') || size !== 1 || more.length > 0) {
    throw new NotExpressible(`GrowthBook has no filter for this bucket of '${hash}'`);
  }
  return { seed, ranges, attribute, hashVersion: hash === 'growthbook_1' ? 1 : 2 };
}
