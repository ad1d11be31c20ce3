import { canonicalJson } from '../core/canonical-json';
import { ErrorCode, HeadgateError } from '../core/errors';
import { contentHash } from '../core/signing';
import { MAX_RECORD_BYTES, type DecisionRecord, type FieldChange } from '../flags/document/decision-record';
import type { Flag } from '../flags/document/flag';
import type { FlagBody } from '../flags/transition/plan-transition';
import type { DecisionDraft } from './decision-draft';
import { fitDraft } from './fit-draft';
import { plainCopy } from './plain-copy';

/** Fields that only the store writes and no record shows. */
const STORE_FIELDS = new Set(['_id', 'revision', 'lastChange', 'schemaVersion']);

/** Top-level fields in which two flags differ, in code-unit order. */
export function changesBetween(before: Flag | null, after: FlagBody): FieldChange[] {
  const old = (before ?? {}) as Record<string, unknown>;
  const fresh = after as unknown as Record<string, unknown>;
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

/** The hash of a record: SHA-256 over the canonical JSON of everything but the hash itself. */
export function recordHash({ hash: _, ...rest }: DecisionRecord): string {
  return contentHash(rest);
}

const sizeOf = (record: unknown): number => Buffer.byteLength(canonicalJson(record));

/**
 * Puts a draft into a flag's chain.
 *
 * @param before - the flag as it stands, or null for a new one
 * @throws {HeadgateError} RECORD_TOO_LARGE when an edit's record passes 16 kB; a rollout's own record is trimmed of evidence instead,
 *   since nothing may stand in the way of a lowering
 */
export function chainRecord(before: Flag | null, after: FlagBody, draft: DecisionDraft, at: string): DecisionRecord {
  const revision = (before?.revision ?? 0) + 1;
  const fitting = fitDraft(draft);
  const changes = changesBetween(before, after);
  const build = (part: Partial<DecisionRecord>): DecisionRecord => {
    const record: DecisionRecord = {
      ...fitting,
      at: fitting.at ?? at,
      changes,
      ...part,
      _id: `${after._id}:${revision}`,
      flagId: after._id,
      revision,
      previousHash: before?.lastChange.hash ?? '',
      hash: '',
    };
    const plain = plainCopy(record);
    return { ...plain, hash: recordHash(plain) };
  };
  const record = build({});
  if (sizeOf(record) <= MAX_RECORD_BYTES) return record;
  if (!draft.action.startsWith('rollout.')) {
    const largest = [...changes].sort((a, b) => sizeOf(b) - sizeOf(a))[0];
    throw new HeadgateError(
      ErrorCode.RecordTooLarge,
      `the record of this edit would have ${sizeOf(record)} bytes, of which '${largest?.field}' makes up most; the limit is ${MAX_RECORD_BYTES}`,
      { remedy: 'Make the change in several smaller edits, or keep large values outside the flag.' },
    );
  }
  // The first reasons are the weightiest.
  for (let kept = (fitting.evidence ?? []).length - 1; kept >= 0; kept -= 1) {
    const lean = build({ evidence: fitting.evidence?.slice(0, kept), notApplied: kept > 0 ? fitting.notApplied : [] });
    if (sizeOf(lean) <= MAX_RECORD_BYTES) return lean;
  }
  // Completing a very large flag: the fields are named and their content is vouched for by its hash.
  const vouched = changes.map(({ field, before: was, after: is }) => ({
    field,
    before: { sha256: contentHash(was ?? null) },
    after: { sha256: contentHash(is ?? null) },
  }));
  return build({ evidence: [], notApplied: [], changes: vouched });
}
