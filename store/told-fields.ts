import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json';
import { contentHash } from '../core/signing';
import { FieldChange, isVouchedFor } from '../flags/document/decision-record';
import { STORE_FIELDS } from './field-changes';

const FieldChanges = z.array(FieldChange);

/**
 * What the records of a chain say that a document's fields are: the last word on each. Links prove that nobody has
 * touched the records; this proves that nobody has touched the document behind them.
 */
export class ToldFields {
  private readonly fields = new Map<string, FieldChange['after'] | undefined>();

  /**
   * Takes in the changes of the next record, oldest first. Those of a malformed record, which its link tells of, say
   * nothing. O(changes).
   */
  add(changes: unknown): void {
    const told = FieldChanges.safeParse(changes);
    for (const { field, after } of told.success ? told.data : []) this.fields.set(field, after);
  }

  /** The fields in which a document is not what its records say, in code-unit order. O(size of the document). */
  differencesFrom(document: object): string[] {
    const standing = document as Record<string, unknown>;
    const fields = new Set([...this.fields.keys(), ...Object.keys(standing)].filter((name) => !STORE_FIELDS.has(name)));
    return [...fields].sort().filter((name) => !isSame(standing[name], this.fields.get(name)));
  }
}

/** How a verification says so. */
export function notAsTold(called: string, differences: readonly string[]): string {
  return `the document is not what the records of ${called} say: ${differences.join(', ').slice(0, 500)}`;
}

function isSame(standing: unknown, told: unknown): boolean {
  if (canonicalJson(standing ?? null) === canonicalJson(told ?? null)) return true;
  // Content that was too large for its record is vouched for by its hash.
  return isVouchedFor(told) && contentHash(standing ?? null) === told.sha256;
}
