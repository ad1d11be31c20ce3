import { canonicalJson } from '../core/canonical-json';
import { contentHash } from '../core/signing';
import type { FieldChange } from '../flags/document/decision-record';

/** Fields that only the store writes and no record shows. */
export const STORE_FIELDS: ReadonlySet<string> = new Set(['_id', 'revision', 'lastChange', 'schemaVersion']);

/** Top-level fields in which two documents differ, in code-unit order. */
export function changesBetween(before: object | null, after: object): FieldChange[] {
  const old = (before ?? {}) as Record<string, unknown>;
  const fresh = after as Record<string, unknown>;
  const fields = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].filter((field) => !STORE_FIELDS.has(field));
  const changes: FieldChange[] = [];
  for (const field of fields.sort()) {
    const was = old[field];
    const is = fresh[field];
    if (canonicalJson(was ?? null) === canonicalJson(is ?? null)) continue;
    changes.push({
      field,
      ...(was === undefined ? {} : { before: was as FieldChange['before'] }),
      ...(is === undefined ? {} : { after: is as FieldChange['after'] }),
    });
  }
  return changes;
}

/** The same changes with their content vouched for by its hash, for content that is too large to be kept twice. */
export function vouchedChanges(changes: readonly FieldChange[]): FieldChange[] {
  return changes.map(({ field, before, after }) => ({
    field,
    before: { sha256: contentHash(before ?? null) },
    after: { sha256: contentHash(after ?? null) },
  }));
}
