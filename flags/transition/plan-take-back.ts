import { canonicalJson } from '../../core/canonical-json';
import type { FlagDefinition, Rule } from '../document/flag';
import type { FlagBody } from './plan-transition';

/** What a completion left at the flag's place: fields it may have written. */
export type PlaceFields = Pick<FlagDefinition, 'defaultVariant' | 'rules' | 'heldOut'>;

/** What taking a completion back means for the flag as it stands. */
export type TakeBackPlan =
  | { readonly kind: 'write'; readonly after: FlagBody }
  /** Something else stands there: nothing is overwritten. */
  | { readonly kind: 'kept'; readonly why: string };

const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null);

/**
 * Decides what taking back a completed rollout does to a flag: what the completion wrote goes back to what stood before, and all
 * else stays as it is. When a person has edited just that since, or the flag carries another rollout, nothing is written. Pure.
 *
 * @param flag - the flag as it stands
 * @param before - its place right before the completion
 * @param completed - its place right after it
 */
export function planTakeBack(flag: FlagBody, before: PlaceFields, completed: PlaceFields): TakeBackPlan {
  if (flag.deleted === true) return { kind: 'kept', why: 'the flag was archived since' };
  if (flag.rollout !== undefined) return { kind: 'kept', why: `the flag carries rollout ${flag.rollout.id}` };
  const { defaultVariant, heldOut, ...rest } = flag;
  const wroteDefault = before.defaultVariant !== completed.defaultVariant;
  if (wroteDefault && defaultVariant !== completed.defaultVariant) {
    return { kind: 'kept', why: 'its default variant was edited since' };
  }
  const keptAtDefault = !isSame(before.heldOut, completed.heldOut);
  if (keptAtDefault && !isSame(heldOut, completed.heldOut)) {
    return { kind: 'kept', why: 'what it keeps for held-out keys was edited since' };
  }
  const past = new Map(before.rules.map((rule) => [rule.name, rule]));
  const touched = new Map(
    completed.rules.filter((rule) => !isSame(rule, past.get(rule.name))).map((rule) => [rule.name, rule]),
  );
  for (const [name, rule] of touched) {
    const standing = flag.rules.filter((one) => one.name === name);
    if (standing.length !== 1 || !isSame(standing[0], rule))
      return { kind: 'kept', why: `its rule '${name}' was edited since` };
  }
  const restored: Rule[] = [];
  const rules = flag.rules.flatMap((rule) => {
    if (!touched.has(rule.name)) return [rule];
    const was = past.get(rule.name);
    if (was === undefined) return [];
    restored.push(was);
    return [was];
  });
  const served = wroteDefault ? before.defaultVariant : defaultVariant;
  const kept = keptAtDefault ? before.heldOut : heldOut;
  const wanted = [
    ...(served === undefined ? [] : [served]),
    ...Object.values(kept ?? {}),
    ...restored.flatMap(({ serve }) => ('variant' in serve ? [serve.variant] : [])),
    ...restored.flatMap((rule) => Object.values(rule.heldOut ?? {})),
  ];
  const missing = wanted.find((variant) => !Object.hasOwn(flag.variants, variant));
  if (missing !== undefined)
    return { kind: 'kept', why: `its variant '${missing}', which was served before, is not there any more` };
  const place = {
    ...(served === undefined ? {} : { defaultVariant: served }),
    ...(kept === undefined ? {} : { heldOut: kept }),
  };
  return { kind: 'write', after: { ...rest, ...place, rules } };
}
