import { canonicalJson } from '../core/canonical-json';
import { MAX_RECORD_BYTES, type Actor } from '../flags/document/decision-record';
import { documentId } from '../flags/document/identifiers';
import type { Segment } from '../flags/document/segment';
import type { SegmentAction, SegmentRecord } from '../flags/document/segment-record';
import { recordHash } from './chain-link';
import { changesBetween, vouchedChanges } from './field-changes';
import { plainCopy } from './plain-copy';

/** A segment as it is stored: with its last record, so that whoever comes next can write one that its writer did not. */
export type StoredSegment = Segment & {
  readonly _id: string;
  /** Removed segments stay as tombstones, so that revisions and records go on. */
  readonly deleted?: boolean;
  /** Absent in segments written before segments had records. */
  readonly lastChange?: SegmentRecord;
};

/** Who writes a segment, why and when. */
export interface SegmentEdit {
  readonly actor: Actor;
  readonly reason: string;
  /** ISO 8601, by the database's clock. */
  readonly at: string;
}

/** Puts an edit into a segment's chain. Unlike a flag's, it is never refused for its size: lists of people are long. */
export function chainSegmentRecord(
  before: StoredSegment | null,
  after: Omit<Segment, 'revision'> & { readonly deleted?: boolean },
  action: SegmentAction,
  { actor, reason, at }: SegmentEdit,
): SegmentRecord {
  const segmentId = documentId(after.environment, after.key);
  const revision = (before?.revision ?? 0) + 1;
  const changes = changesBetween(before, after);
  const build = (shown: SegmentRecord['changes']): SegmentRecord => {
    const record = plainCopy({
      _id: `${segmentId}:${revision}`,
      segmentId,
      revision,
      at,
      actor,
      action,
      reason: reason.slice(0, 1000),
      changes: shown,
      previousHash: before?.lastChange?.hash ?? '',
      hash: '',
    });
    return { ...record, hash: recordHash(record) };
  };
  const record = build(changes);
  return Buffer.byteLength(canonicalJson(record)) <= MAX_RECORD_BYTES ? record : build(vouchedChanges(changes));
}

/** The record with which a segment's chain begins that was written before segments had records. */
export function adoptionRecord(segment: StoredSegment, at: string): SegmentRecord {
  const actor: Actor = { kind: 'system', name: 'migration', verified: true };
  const reason = 'taken as it stood when segments began to have records';
  const { revision: _r, lastChange: _l, _id: _i, ...body } = segment;
  const { hash: _h, ...first } = chainSegmentRecord(null, body, 'segment.adopt', { actor, reason, at });
  const record = { ...first, _id: `${segment._id}:${segment.revision}`, revision: segment.revision, hash: '' };
  return { ...record, hash: recordHash(record) };
}
