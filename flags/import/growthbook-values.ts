import type { FlagDefinition, FlagType } from '../document/flag';
import type { GrowthBookFeature } from './growthbook-payload';
import { NotExpressible } from './imported';

/** A value that a variant can hold. */
export type Value = FlagDefinition['variants'][string];

/** The values of a feature as the variants of a flag. */
export class FeatureValues {
  readonly type: FlagType;
  readonly variants: FlagDefinition['variants'] = {};
  /** Undefined where callers get their own default. */
  readonly defaultVariant: string | undefined;
  /** No value stands anywhere, so that nothing tells of which type it is. */
  readonly isEmpty: boolean;
  private readonly names = new Map<string, string>();

  constructor({ defaultValue, rules = [] }: GrowthBookFeature) {
    const values = rules.flatMap(({ force, variations = [], contextualVariations = [] }) => [
      ...(force === undefined ? [] : [force]),
      ...variations,
      ...contextualVariations,
    ]);
    const hasDefault = defaultValue !== undefined && defaultValue !== null;
    const all = hasDefault ? [defaultValue, ...values] : values;
    this.type = typeOf(all);
    if (hasDefault) this.add(defaultValue, this.type === 'boolean' ? wordOf(defaultValue) : 'default');
    for (const value of values)
      this.add(value, this.type === 'boolean' ? wordOf(value) : `value-${this.names.size + 1}`);
    this.isEmpty = all.length === 0;
    if (this.isEmpty) this.add(false, 'off');
    this.defaultVariant = hasDefault ? this.nameOf(defaultValue) : undefined;
  }

  /** The variant that holds a value. */
  nameOf(value: Value): string {
    return this.names.get(JSON.stringify(value)) ?? 'default';
  }

  private add(value: Value, name: string): void {
    const written = JSON.stringify(value);
    if (this.names.has(written)) return;
    this.names.set(written, name);
    this.variants[name] = value;
  }
}

function wordOf(value: Value): string {
  return value === true ? 'on' : 'off';
}

function typeOf(values: readonly Value[]): FlagType {
  const types = new Set(
    values.map((value) => {
      if (value === null) throw new NotExpressible('one of its values is null, and a variant here has a value');
      return typeof value;
    }),
  );
  const [only = 'boolean'] = types;
  if (types.size > 1) {
    throw new NotExpressible(`its values are of several types (${[...types].join(', ')}), and a flag here has one`);
  }
  return only as FlagType;
}
