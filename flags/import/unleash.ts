import type { Condition } from '../document/condition';
import type { FlagDefinition, FlagType, Prerequisite } from '../document/flag';
import { FlagKey, SegmentKey, VariantName } from '../document/identifiers';
import {
  allOf,
  applicable,
  definitionOf,
  ImportResult,
  Names,
  NotExpressible,
  NoteKind,
  rulesOf,
  type DraftRule,
  type Imported,
} from './imported';
import { tellUnreadable } from './readable';
import {
  settled,
  type UnleashFeature,
  type UnleashSegment,
  type UnleashState,
  type UnleashStrategy,
  type UnleashVariant,
} from './unleash-state';
import { audienceOf, constraintsOf, stickinessOf } from './unleash-strategy';

/** Served where Unleash answers that a feature is not enabled. */
const OFF = 'off';
/** Served where it is enabled and has no variant. */
const ON = 'on';

/**
 * Flags and segments of what Unleash's clients are sent. Whoever had a feature or a variant there has it here: users
 * are drawn by Unleash's own hash, constraints keep Unleash's meaning. A feature without variants becomes a boolean
 * flag; one with variants a flag of the type of their payloads, whose variant `off` stands for 'not enabled' and `on`
 * for 'enabled, no variant'. The context's attributes are Unleash's fields and properties by name; `userId` is the
 * targeting key where it is not given.
 *
 * @see https://github.com/Unleash/client-specification
 */
export function importUnleash(state: UnleashState): Imported {
  const { features, segments, unreadable } = settled(state);
  const result = new ImportResult();
  tellUnreadable(result, 'features', unreadable);
  const keys = new Names(SegmentKey);
  const segmentKey = (id: string): string => keys.of(segments.get(id)?.name ?? `unleash-${id}`);
  for (const [id, segment] of segments) addSegment(id, segment, segmentKey, result);
  const all: Features = { features, unreadable, segments, segmentKey, result };
  for (const feature of features.values()) {
    try {
      result.flags.push(flagOf(feature, all));
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      result.note(NoteKind.LeftOut, `features.${feature.name}`, error.message);
    }
  }
  return applicable(result, 'features');
}

interface Features {
  readonly features: ReadonlyMap<string, UnleashFeature>;
  readonly unreadable: Readonly<Record<string, string>>;
  readonly segments: ReadonlyMap<string, UnleashSegment>;
  readonly segmentKey: (id: string) => string;
  readonly result: ImportResult;
}

function addSegment(
  id: string,
  { name, constraints }: UnleashSegment,
  keyOf: (id: string) => string,
  result: ImportResult,
): void {
  const item = `segments.${id}`;
  const condition = constraintsOf(constraints, item, result);
  if (condition === null) {
    result.note(NoteKind.LeftOut, item, 'has no constraint, so it means everybody and is not needed');
    return;
  }
  const key = keyOf(id);
  if (name !== undefined && key !== name) result.note(NoteKind.Noted, item, `'${name}' is named '${key}' here`);
  result.segments.push({ key, if: condition, ...(name === undefined ? {} : { description: name }) });
}

function flagOf(feature: UnleashFeature, all: Features): FlagDefinition {
  const { name, description, enabled } = feature;
  const { result } = all;
  const item = `features.${name}`;
  if (!FlagKey.safeParse(name).success) throw new NotExpressible(`'${name}' is no name that a flag can have here`);
  if (feature.impressionData === true) {
    result.note(NoteKind.LeftOut, `${item}.impressionData`, 'exposures are reported for live rollouts alone');
  }
  const shapes = new Shapes(feature, item, result);
  const drafts: DraftRule[] = [];
  for (const [index, strategy] of (feature.strategies ?? []).entries()) {
    const at = `${item}.strategies[${index}]`;
    const audience = audienceOf(strategy, { ...all, feature: name, item: at });
    if (audience === 'nobody') continue;
    drafts.push(...rulesOfStrategy(`strategy-${index + 1}`, strategy, audience, feature, shapes, at, result));
  }
  // Unleash: a feature without any strategy is on for everybody.
  if ((feature.strategies ?? []).length === 0) {
    drafts.push(...rulesOfStrategy('everybody', { name: 'default' }, null, feature, shapes, item, result));
  }
  const { rules, defaultVariant } = rulesOf(drafts, OFF);
  const parents = prerequisitesOf(feature, all);
  return definitionOf({
    key: name,
    type: shapes.type,
    variants: shapes.values,
    ...(defaultVariant === undefined ? {} : { defaultVariant }),
    offVariant: OFF,
    rules,
    enabled: enabled && parents !== 'never',
    prerequisites: parents === 'never' ? [] : parents,
    ...(description ? { description: description.slice(0, 1000) } : {}),
  });
}

/** A feature's own variants, or the ones of a strategy, as rules under the strategy's condition. */
function rulesOfStrategy(
  name: string,
  strategy: Pick<UnleashStrategy, 'name' | 'parameters' | 'variants'>,
  audience: Condition | null,
  feature: UnleashFeature,
  shapes: Shapes,
  item: string,
  result: ImportResult,
): DraftRule[] {
  const ofStrategy = (strategy.variants ?? []).length > 0;
  const variants = (ofStrategy ? strategy.variants : feature.variants) ?? [];
  const group = ofStrategy ? (strategy.parameters?.['groupId'] ?? feature.name) : feature.name;
  const under = (condition: Condition): Condition | null =>
    allOf(audience === null ? [condition] : [audience, condition]);
  const drafts: DraftRule[] = variants.flatMap((variant) =>
    (variant.overrides ?? []).map(({ contextName, values }, index) => ({
      name: `${name}-${shapes.variant(variant.name)}-for-${index + 1}`,
      if: under({ unleash: { contextName, operator: 'IN', values } }),
      variant: shapes.variant(variant.name),
    })),
  );
  const weighted = variants.filter(({ weight }) => weight > 0);
  const last = weighted.at(-1);
  if (last === undefined) return [...drafts, { name, if: audience, variant: ON }];
  const size = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const stickiness =
    variants[0]?.stickiness ?? (ofStrategy ? strategy.parameters?.['stickiness'] : undefined) ?? 'default';
  const usual = ['userId', 'sessionId', 'remoteAddress'];
  const drawnBy = stickinessOf(stickiness, usual);
  const attributes = drawnBy.length > 0 ? drawnBy : usual;
  if (weighted.length > 1) {
    const keyless = `requests without ${attributes.join(', ')}`;
    const message =
      drawnBy.length > 0
        ? `Unleash draws a variant at random for ${keyless}; here they get '${last.name}'`
        : `Unleash draws a variant at random for each request; here it is drawn by user, and ${keyless} get '${last.name}'`;
    result.note(NoteKind.Changed, `${item}.variants`, message);
  }
  let from = 0;
  for (const { name: variant, weight } of weighted.length > 1 ? weighted : []) {
    const ranges: [number, number][] = [[from, from + weight]];
    from += weight;
    drafts.push({
      name: `${name}-${shapes.variant(variant)}`,
      if: under({ bucket: { hash: 'unleash_variant', seed: group, attributes: [...attributes], size, ranges } }),
      variant: shapes.variant(variant),
    });
  }
  return [...drafts, { name, if: audience, variant: shapes.variant(last.name) }];
}

/** Parents that must be on or off; 'never' where Unleash answers 'not enabled' whatever they are. */
function prerequisitesOf(
  feature: UnleashFeature,
  { features, unreadable, result }: Features,
): Prerequisite[] | 'never' {
  const prerequisites: Prerequisite[] = [];
  for (const [index, dependency] of (feature.dependencies ?? []).entries()) {
    const item = `features.${feature.name}.dependencies[${index}]`;
    const parent = features.get(dependency.feature);
    if (Object.hasOwn(unreadable, dependency.feature)) throw dependsOnLeftOut(dependency.feature);
    if (parent === undefined || (parent.dependencies ?? []).length > 0) {
      const why = parent === undefined ? 'is not there' : 'has a dependency itself, which Unleash does not follow';
      result.note(NoteKind.Noted, item, `its parent '${dependency.feature}' ${why}, so that the flag is off`);
      return 'never';
    }
    const shapes = shapesOf(parent, item);
    const on = Object.keys(shapes.values).filter((variant) => variant !== OFF);
    // Unleash names a parent without a variant 'disabled', though it is on.
    const wanted = (dependency.variants ?? []).flatMap((name) =>
      shapes.has(name) ? [shapes.variant(name)] : name === 'disabled' ? [ON] : [],
    );
    if ((dependency.variants ?? []).length > 0 && wanted.length === 0) return 'never';
    const variants = dependency.enabled === false ? [OFF] : wanted.length > 0 ? wanted : on;
    prerequisites.push({ flag: parent.name, variants });
  }
  return prerequisites;
}

function shapesOf(parent: UnleashFeature, item: string): Shapes {
  try {
    return new Shapes(parent, item, new ImportResult());
  } catch (error) {
    throw error instanceof NotExpressible ? dependsOnLeftOut(parent.name) : error;
  }
}

function dependsOnLeftOut(parent: string): NotExpressible {
  return new NotExpressible(`it depends on '${parent}', which is left out`);
}

/** Type, variants and values of the flag that a feature becomes. */
class Shapes {
  readonly type: FlagType;
  readonly values: FlagDefinition['variants'];
  private readonly names = new Names(VariantName);
  private readonly known: ReadonlySet<string>;

  constructor(feature: UnleashFeature, item: string, result: ImportResult) {
    const variants = [...(feature.variants ?? []), ...(feature.strategies ?? []).flatMap((one) => one.variants ?? [])];
    this.known = new Set(variants.map(({ name }) => name));
    this.type = typeOf(variants);
    this.names.reserve(OFF);
    this.names.reserve(ON);
    this.values = { [ON]: neutral(this.type, true), [OFF]: neutral(this.type, false) };
    for (const variant of variants) this.add(variant, item, result);
    if (variants.length > 0) {
      const message = `where Unleash answers 'not enabled' or 'no variant', this flag serves '${OFF}' or '${ON}' with the value ${JSON.stringify(this.values[OFF])}`;
      result.note(NoteKind.Noted, `${item}.variants`, message);
    }
  }

  has(name: string): boolean {
    return this.known.has(name);
  }

  variant(name: string): string {
    return this.names.of(name);
  }

  private add(variant: UnleashVariant, item: string, result: ImportResult): void {
    const name = this.variant(variant.name);
    const value = valueOf(variant, this.type);
    const standing = this.values[name];
    if (name !== variant.name) {
      result.note(NoteKind.Noted, `${item}.variants`, `variant '${variant.name}' is named '${name}' here`);
    }
    if (standing !== undefined && JSON.stringify(standing) !== JSON.stringify(value)) {
      throw new NotExpressible(`variant '${variant.name}' has several payloads, and a variant here has one value`);
    }
    this.values[name] = value;
  }
}

/** The type of all payloads; texts where they differ. A variant without payload stands for its own name. */
function typeOf(variants: readonly UnleashVariant[]): FlagType {
  if (variants.length === 0) return 'boolean';
  const types = new Set(variants.map(({ payload }) => payload?.type ?? 'string'));
  const [only] = types;
  if (types.size !== 1) return 'string';
  if (only === 'number' && variants.every(({ payload }) => Number.isFinite(Number(payload?.value)))) return 'number';
  return only === 'json' && variants.every(({ payload }) => isStructure(payload?.value)) ? 'object' : 'string';
}

function valueOf({ name, payload }: UnleashVariant, type: FlagType): FlagDefinition['variants'][string] {
  const text = payload?.value ?? name;
  if (type === 'number') return Number(text);
  return type === 'object' ? (JSON.parse(text) as FlagDefinition['variants'][string]) : text;
}

function isStructure(text: string | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function neutral(type: FlagType, isOn: boolean): FlagDefinition['variants'][string] {
  switch (type) {
    case 'boolean':
      return isOn;
    case 'string':
      return '';
    case 'number':
      return 0;
    case 'object':
      return {};
  }
}
