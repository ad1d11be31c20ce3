import { z } from 'zod';
import { Actor, FieldChange } from './decision-record';

/** What a write of a segment was. `segment.adopt` begins the chain of a segment that is older than records of segments. */
export const SegmentAction = z.enum(['segment.create', 'segment.edit', 'segment.delete', 'segment.adopt']);
export type SegmentAction = z.infer<typeof SegmentAction>;

/**
 * One link of a segment's audit chain. `_id` is `segmentId:revision`; `hash` is SHA-256 over the canonical JSON of all
 * else.
 */
export const SegmentRecord = z.strictObject({
  _id: z.string(),
  /** `environment/key`. */
  segmentId: z.string(),
  revision: z.int().positive(),
  /** ISO 8601, by the database's clock as the writer last knew it. */
  at: z.string(),
  actor: Actor,
  action: SegmentAction,
  /** Why, in a person's words. */
  reason: z.string().max(1000),
  /** Each field before and after; where that would pass 16 kB, SHA-256 of them instead. */
  changes: z.array(FieldChange),
  /** Hash of the record of the previous revision; empty string for the first. */
  previousHash: z.string(),
  hash: z.string(),
});
export type SegmentRecord = z.infer<typeof SegmentRecord>;
