import type { FlagDefinition, Prerequisite } from '../document/flag';
import { FlagKey } from '../document/identifiers';
import { gateOf } from './growthbook-gates';
import { KNOWN_RULE_FIELDS, type GrowthBookFeature, type GrowthBookPayload } from './growthbook-payload';
import { rulesOfRule } from './growthbook-rules';
import { FeatureValues } from './growthbook-values';
import {
  definitionOf,
  applicable,
  ImportResult,
  NotExpressible,
  NoteKind,
  rulesOf,
  type DraftRule,
  type Imported,
} from './imported';
import { tellUnreadable } from './readable';

/**
 * Flags of what GrowthBook's clients are sent. Whoever had a value there has it here: users are drawn by GrowthBook's
 * own hashes, and conditions are queries with GrowthBook's meaning. Values become variants named after their place; a
 * default of null becomes the caller's own. The context's attributes are GrowthBook's by name; `id` is the targeting
 * key where it is not given.
 *
 * @see https://docs.growthbook.io/lib/build-your-own
 */
export function importGrowthBook(payload: GrowthBookPayload): Imported {
  const result = new ImportResult();
  tellUnreadable(result, 'features', payload.unreadable);
  for (const [key, feature] of Object.entries(payload.features)) {
    try {
      result.flags.push(flagOf(key, feature, payload, result));
    } catch (error) {
      if (!(error instanceof NotExpressible)) throw error;
      result.note(NoteKind.LeftOut, `features.${key}`, error.message);
    }
  }
  if ((payload.experiments ?? []).length > 0) {
    result.note(
      NoteKind.LeftOut,
      'experiments',
      'experiments on pages are no flags: they change a page in its browser',
    );
  }
  return applicable(result, 'features');
}

function flagOf(
  key: string,
  feature: GrowthBookFeature,
  payload: GrowthBookPayload,
  result: ImportResult,
): FlagDefinition {
  if (!FlagKey.safeParse(key).success) throw new NotExpressible(`'${key}' is no name that a flag can have here`);
  const values = new FeatureValues(feature);
  if (values.isEmpty) {
    result.note(
      NoteKind.Noted,
      `features.${key}`,
      'has no value anywhere; it is a boolean flag here, and callers get their own default as there',
    );
  }
  const prerequisites: Prerequisite[] = [];
  const drafts: DraftRule[] = [];
  let isOpen = true;
  for (const [index, rule] of (feature.rules ?? []).entries()) {
    const item = `features.${key}.rules[${index}]`;
    for (const field of Object.keys(rule).filter((name) => !KNOWN_RULE_FIELDS.has(name))) {
      result.note(NoteKind.LeftOut, `${item}.${field}`, 'is not known here; check what it does for this rule');
    }
    for (const parent of rule.parentConditions ?? []) {
      const gate = gateOf(parent, drafts.length > 0, payload);
      if (gate === 'never')
        result.note(NoteKind.Noted, item, `'${parent.id}', which gates it, never opens, so that the flag is off`);
      if (gate === 'never') isOpen = false;
      else prerequisites.push(gate);
    }
    if ((rule.tracks ?? []).length > 0) {
      result.note(NoteKind.LeftOut, `${item}.tracks`, 'what an evaluation tracks elsewhere is not taken over');
    }
    if (rule.minBucketVersion !== undefined) {
      result.note(
        NoteKind.Changed,
        item,
        'users who once had a variation are not kept from the experiment, since no bucket is remembered',
      );
    }
    drafts.push(...rulesOfRule(`rule-${index + 1}`, key, rule, values, payload));
  }
  const { rules, defaultVariant } = rulesOf(drafts, values.defaultVariant);
  return definitionOf({
    key,
    type: values.type,
    variants: values.variants,
    ...(defaultVariant === undefined ? {} : { defaultVariant }),
    rules,
    enabled: isOpen,
    prerequisites: isOpen ? prerequisites : [],
  });
}
