import type { Imported, ImportNote, NoteKind } from '../../flags/import/imported';
import type { Applied } from '../flag-file';
import type { Style } from './style';
import { clean } from './text';
import { counted } from './numbers';

const WORDS: Readonly<Record<NoteKind, string>> = {
  left_out: 'left out',
  changed: 'changed',
  noted: 'note',
};

/** What an import made, and each item that could not be taken over as it was. */
export function importLines({ flags, segments, notes }: Imported, applied: readonly Applied[], style: Style): string[] {
  const counts = `${counted(flags.length, 'flag')} and ${counted(segments.length, 'segment')}`;
  return [
    ...applied.map(({ kind, key, result, revision }) => `${kind} ${clean(key)}: ${result}, revision ${revision}`),
    ...(applied.length > 0 ? [counts] : [`${counts}, not sent`]),
    ...noteLines(notes, style),
  ];
}

/** Each item that could not be taken over as it was. */
export function noteLines(notes: readonly ImportNote[], style: Style): string[] {
  return notes.map(({ item, kind, message }) => {
    const word = kind === 'noted' ? style.dim(WORDS[kind]) : style.red(WORDS[kind]);
    return `${word} ${clean(item)}: ${clean(message)}`;
  });
}
