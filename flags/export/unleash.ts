import type { Condition } from '../document/condition';
import type { FlagDefinition } from '../document/flag';
import type { UnleashConstraint } from '../document/foreign-condition';
import { NotExpressible, NoteKind } from '../import/imported';
import { byPrerequisites, ExportNotes, type Exported, type ExportSource, type SourceFlag } from './exported';
import { Strategies, type StrategyOut } from './unleash-strategies';
import { termsOf, type TermParts } from './unleash-terms';

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
 * The state that Unleash's clients are sent. A boolean flag becomes a feature that is enabled where the flag is true;
 * any other a feature whose strategies carry variants. Conditions become constraints: what needs alternatives takes
 * several strategies.
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
  strategies.addAll();
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
