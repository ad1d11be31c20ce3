import { canonicalJson } from '../core/canonical-json';
import { ErrorCode, HeadgateError } from '../core/errors';
import { MAX_RECORD_BYTES, type DecisionRecord } from '../flags/document/decision-record';
import type { Flag } from '../flags/document/flag';
import type { FlagBody } from '../flags/transition/plan-transition';
import { recordHash } from './chain-link';
import type { DecisionDraft } from './decision-draft';
import { changesBetween, vouchedChanges } from './field-changes';
import { fitDraft } from './fit-draft';
import { plainCopy } from './plain-copy';

const sizeOf = (record: unknown): number => Buffer.byteLength(canonicalJson(record));

/**
 * Puts a draft into a flag's chain.
 *
 * @param before - the flag as it stands, or null for a new one
 * @throws {HeadgateError} RECORD_TOO_LARGE when an edit's record passes 16 kB; a rollout's own record is trimmed of
 *   evidence instead, since nothing may stand in the way of a lowering
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
  // Numbered transitions of rollouts and experiments must land; only they can do without some of their evidence.
  if (draft.transition === undefined) {
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
  return build({ evidence: [], notApplied: [], changes: vouchedChanges(changes) });
}
