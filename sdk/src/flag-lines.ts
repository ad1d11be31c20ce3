import type { References } from '../../flags/evaluator/references';

const TAB = 0x09;
const LINE_FEED = 0x0a;

/** A flag's line as bytes, without its end. */
export type FlagLine = Buffer;

/** Bytes that are not what they should be: another service's page, a torn file, an answer that was cut off. */
export class NotFlagLines extends Error {}

/**
 * Flags as they arrived: lines of bytes in the order of their keys. One is found by halving and read when it is
 * evaluated, so a service is ready without having looked at any, and what it never evaluates costs its bytes alone.
 */
export class FlagLines {
  /** The lines as they stand in memory, each with its end. */
  readonly bytes: Buffer;
  /** Where lines begin that refer to something, once it has been asked. */
  #referring: readonly number[] | undefined;

  /**
   * @param bytes - sorted by the bytes of their keys, as the server and the cache write them
   * @throws {NotFlagLines} when the last one is cut off
   */
  constructor(bytes: Buffer) {
    if (bytes.length > 0 && bytes[bytes.length - 1] !== LINE_FEED) throw new NotFlagLines('the last flag is cut off');
    this.bytes = bytes;
  }

  /** The line of a key; undefined where there is none. O(log bytes). */
  find(key: Uint8Array): FlagLine | undefined {
    const { bytes } = this;
    let low = 0;
    let high = bytes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = middle === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, middle - 1) + 1;
      const end = bytes.indexOf(LINE_FEED, middle);
      const order = bytes.compare(key, 0, key.length, start, keyEnd(bytes, start, end));
      if (order === 0) return bytes.subarray(start, end);
      if (order < 0) low = end + 1;
      else high = start;
    }
    return undefined;
  }

  /** All lines, in their order. */
  *[Symbol.iterator](): Generator<FlagLine> {
    const { bytes } = this;
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(LINE_FEED, start);
      yield bytes.subarray(start, end);
      start = end + 1;
    }
  }

  /** Lines of flags that refer to segments or other flags. Looks at all lines the first time only. */
  referring(): FlagLine[] {
    const { bytes } = this;
    this.#referring ??= [...this].filter(isReferring).map((line) => line.byteOffset - bytes.byteOffset);
    return this.#referring.map((start) => bytes.subarray(start, bytes.indexOf(LINE_FEED, start)));
  }
}

/** Lines in order, each with its end: what {@link FlagLines} takes. */
export function joinLines(sorted: Iterable<FlagLine>): Buffer {
  const parts: Buffer[] = [];
  for (const line of sorted) parts.push(line, LINE_END);
  return Buffer.concat(parts);
}

const LINE_END = Buffer.from('\n');

/** The order of lines: that of the bytes of their keys. */
export function compareKeys(a: FlagLine, b: FlagLine): number {
  return a.compare(b, 0, keyEnd(b, 0, b.length), 0, keyEnd(a, 0, a.length));
}

/** The key of a line's flag. */
export function keyOf(line: FlagLine): string {
  return line.toString('utf8', 0, keyEnd(line, 0, line.length));
}

/** The revision of a line's flag; -1 where it has none, which is older than any. */
export function revisionOf(line: FlagLine): number {
  const text = fieldOf(line, 1);
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

/** Whether the flag is there, and not what a deleted one left. */
export function isLiving(line: FlagLine): boolean {
  return endOf(line, 1) < line.length;
}

/** Whether the flag refers to segments or other flags. */
export function isReferring(line: FlagLine): boolean {
  const end = endOf(line, 1);
  return end < line.length && line[end + 1] !== TAB;
}

/** What the flag refers to; nothing where that cannot be read. */
export function referencesOfLine(line: FlagLine): References {
  try {
    const { segments, flags } = JSON.parse(fieldOf(line, 2)) as Record<keyof References, unknown>;
    return { ...(isKeys(segments) && { segments }), ...(isKeys(flags) && { flags }) };
  } catch {
    return {};
  }
}

const isKeys = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((key) => typeof key === 'string');

/** The rest of the flag, in JSON. */
export function jsonOf(line: FlagLine): string {
  return line.toString('utf8', endOf(line, 2) + 1);
}

function keyEnd(bytes: Buffer, start: number, lineEnd: number): number {
  const end = bytes.indexOf(TAB, start);
  return end < 0 || end > lineEnd ? lineEnd : end;
}

/** Where a field ends, counted from 0; the end of the line where there is no such field. */
function endOf(line: FlagLine, number: number): number {
  let end = -1;
  for (let count = 0; count <= number; count += 1) {
    end = line.indexOf(TAB, end + 1);
    if (end < 0) return line.length;
  }
  return end;
}

function fieldOf(line: FlagLine, number: number): string {
  return line.toString('utf8', endOf(line, number - 1) + 1, endOf(line, number));
}
