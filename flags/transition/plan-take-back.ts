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
 * Decides what taking back a completed rollout does to a flag: what the completion wrote goes back to what stood
 * before, and all else stays as it is. When a person has edited just that since, or the flag carries another rollout,
 * nothing is written. Pure.
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
  const { written, replaced } = writtenRules(before.rules, completed.rules);
  /** What each rule that was written becomes: the one it replaced, or nothing. */
  const becomes = new Map<Rule, Rule | null>();
  for (const rule of written) {
    const standing = flag.rules.find((one) => !becomes.has(one) && isSame(one, rule));
    if (standing === undefined) return { kind: 'kept', why: `its rule '${rule.name}' was edited since` };
    becomes.set(standing, replaced.find(({ name }) => name === rule.name) ?? null);
  }
  const rules = flag.rules.flatMap((rule) => {
    const was = becomes.get(rule);
    return was === undefined ? [rule] : was === null ? [] : [was];
  });
  const restored = [...becomes.values()].filter((rule) => rule !== null);
  const served = wroteDefault ? before.defaultVariant : defaultVariant;
  const kept = keptAtDefault ? before.heldOut : heldOut;
  const wanted = [
    ...(served === undefined ? [] : [served]),
    ...Object.values(kept ?? {}),
    ...restored.flatMap(({ serve }) =>
      'variant' in serve ? [serve.variant] : serve.split.map(({ variant }) => variant),
    ),
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

/** Rules that a completion wrote, and those that stood in their place. Compared by content, since names may stand twice. */
function writtenRules(
  before: readonly Rule[],
  completed: readonly Rule[],
): { readonly written: readonly Rule[]; readonly replaced: readonly Rule[] } {
  const replaced = [...before];
  const written = completed.filter((rule) => {
    const at = replaced.findIndex((one) => isSame(one, rule));
    if (at >= 0) replaced.splice(at, 1);
    return at < 0;
  });
  return { written, replaced };
}
