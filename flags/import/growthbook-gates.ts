import type { Prerequisite } from '../document/flag';
import { compileQuery } from '../evaluator/foreign/query';
import { withGroups } from './growthbook-conditions';
import type { GrowthBookPayload, GrowthBookRule } from './growthbook-payload';
import { FeatureValues } from './growthbook-values';
import { NotExpressible } from './imported';

/**
 * A parent that must have one of some values, as the variants that hold them; 'never' where it has none of them or
 * depends on itself.
 *
 * @throws {NotExpressible} when it depends on a value without gating, or comes after other rules
 */
export function gateOf(
  { id, condition, gate }: NonNullable<GrowthBookRule['parentConditions']>[number],
  isLate: boolean,
  { features, savedGroups = {} }: GrowthBookPayload,
): Prerequisite | 'never' {
  if (gate !== true) {
    throw new NotExpressible(
      `a rule depends on the value of '${id}'; here another flag decides over a flag as a whole`,
    );
  }
  if (isLate) {
    throw new NotExpressible(`'${id}' gates it after other rules; here another flag decides before every rule`);
  }
  const parent = features[id];
  if (parent === undefined || dependsOn(id, id, features)) return 'never';
  const holds = compileQuery(withGroups(condition, savedGroups));
  const { variants } = new FeatureValues(parent);
  const wanted = Object.entries(variants).flatMap(([name, value]) => (holds({ value }) ? [name] : []));
  return wanted.length === 0 ? 'never' : { flag: id, variants: wanted };
}

function dependsOn(
  key: string,
  target: string,
  features: GrowthBookPayload['features'],
  seen = new Set<string>(),
): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  const parents = (features[key]?.rules ?? []).flatMap(({ parentConditions = [] }) => parentConditions);
  return parents.some(({ id }) => id === target || dependsOn(id, target, features, seen));
}
