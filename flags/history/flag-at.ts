import { ErrorCode, HeadgateError } from '../../core/errors';
import { isVouchedFor, type DecisionRecord, type FieldChange } from '../document/decision-record';
import { FlagDefinition, type Flag } from '../document/flag';

/** What people write of a flag, as it stood at a revision. */
export interface PastFlag {
  readonly definition: FlagDefinition;
  readonly revision: number;
  /** It was archived then. */
  readonly archived: boolean;
}

/** Fields that a definition has; the rest Headgate keeps itself. */
const FIELDS = Object.keys(FlagDefinition.shape);

/**
 * A flag as it stood at a revision, by taking back one record after the other from how it stands now. O(records since).
 *
 * @param records - of the flag, newest first: at least all with a higher revision
 * @throws {HeadgateError} INVALID_ARGUMENT when there was no such revision, or a record on the way holds no content:
 *   that of a very large flag vouches for its fields by their hash alone
 */
export function flagAt(flag: Flag, records: readonly DecisionRecord[], revision: number): PastFlag {
  const fields: Record<string, unknown> = { ...flag };
  let standing = flag.revision;
  for (const record of records) {
    if (record.revision > standing || record.revision <= revision) continue;
    for (const change of record.changes) takeBack(fields, change, record.revision);
    standing = record.revision - 1;
  }
  if (revision < 1 || standing !== revision) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `flag '${flag.key}' has no revision ${revision}`, {
      remedy: `Its revisions go from 1 to ${flag.revision}; see \`headgate flag history ${flag.key}\`.`,
    });
  }
  const definition = Object.fromEntries(
    FIELDS.flatMap((field) => (fields[field] === undefined ? [] : [[field, fields[field]]])),
  );
  return { definition: FlagDefinition.parse(definition), revision, archived: fields['deleted'] === true };
}

function takeBack(fields: Record<string, unknown>, { field, before, after }: FieldChange, revision: number): void {
  if (isVouchedFor(before) && isVouchedFor(after)) {
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      `the record of revision ${revision} keeps only the hash of '${field}'`,
      {
        remedy: 'Take a later revision.',
      },
    );
  }
  if (before === undefined) delete fields[field];
  else fields[field] = before;
}

/** Fields of definitions in which two states of a flag differ, in code-unit order. */
export function definitionChanges(from: PastFlag, to: PastFlag): FieldChange[] {
  const fieldsOf = ({ definition, archived }: PastFlag): Record<string, unknown> => ({ ...definition, archived });
  const [old, fresh] = [fieldsOf(from), fieldsOf(to)];
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort().flatMap((field): FieldChange[] => {
    const [before, after] = [old[field], fresh[field]] as [FieldChange['before'], FieldChange['after']];
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    return [{ field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  });
}
