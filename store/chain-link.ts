import type { z } from 'zod';
import { contentHash } from '../core/signing';

/** What every link of a hash chain has. */
export interface ChainLink {
  readonly revision: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** The hash of a record: SHA-256 over the canonical JSON of everything but the hash itself. */
export function recordHash({ hash: _, ...rest }: ChainLink): string {
  return contentHash(rest);
}

/** What is wrong with a record as the successor of another, or as the first one when there is none. */
export function linkProblems(previous: ChainLink | null, record: ChainLink, schema: z.ZodType): string[] {
  const problems: string[] = [];
  const expected = (previous?.revision ?? 0) + 1;
  if (record.revision !== expected) problems.push(`revision ${expected} is missing`);
  if (!schema.safeParse(record).success) problems.push('the record is malformed');
  if (recordHash(record) !== record.hash) problems.push('the record was altered: its hash does not fit');
  if (record.previousHash !== (previous?.hash ?? '')) problems.push('the record does not follow its predecessor');
  return problems;
}
