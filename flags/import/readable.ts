import type { z } from 'zod';
import { NoteKind, type ImportResult } from './imported';

/** What of a list or record could be read, and why the rest could not, by name: one item that is wrong keeps no other away. */
export interface Readable<T> {
  readonly read: Readonly<Record<string, T>>;
  readonly unreadable: Readonly<Record<string, string>>;
}

/** Reads each item by itself. */
export function readEach<T>(schema: z.ZodType<T>, items: Readonly<Record<string, unknown>>): Readable<T> {
  const read: Record<string, T> = {};
  const unreadable: Record<string, string> = {};
  for (const [name, item] of Object.entries(items)) {
    const parsed = schema.safeParse(item);
    const [issue] = parsed.error?.issues ?? [];
    if (parsed.success) read[name] = parsed.data;
    else unreadable[name] = `it cannot be read: ${[...(issue?.path ?? []), issue?.message ?? ''].join(': ')}`;
  }
  return { read, unreadable };
}

/** Tells of items that could not be read. */
export function tellUnreadable(
  result: ImportResult,
  room: 'flags' | 'features',
  unreadable: Readonly<Record<string, string>> = {},
): void {
  for (const [name, why] of Object.entries(unreadable)) result.note(NoteKind.LeftOut, `${room}.${name}`, why);
}
