import type { DecisionsRepository } from '../store/decisions-repository';

const shorten = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/** Says in one line what others changed on a flag since a revision: who, when, and each field before and after. */
export async function describeEdits(
  decisions: DecisionsRepository,
  flagId: string,
  sinceRevision: number,
  rolloutId: string,
): Promise<string> {
  const records = await decisions.since(flagId, sinceRevision);
  const edits = records
    .filter((record) => record.rolloutId !== rolloutId)
    .map(({ revision, actor, changes }) => {
      const fields = changes.map(({ field, before, after }) => `${field} ${shorten(before)} → ${shorten(after)}`);
      return `revision ${revision} by ${actor.name}: ${fields.join(', ')}`;
    });
  // The flag's own chain does not show an edit of a segment that it refers to.
  const text = edits.length > 0 ? edits.join('; ') : 'a segment that its rules refer to was changed';
  return text.length > 900 ? `${text.slice(0, 897)}…` : text;
}
