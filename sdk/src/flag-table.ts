import {
  compareKeys,
  FlagLines,
  isLiving,
  isReferring,
  joinLines,
  keyOf,
  revisionOf,
  type FlagLine,
} from './flag-lines';

/** Lines beside the large body of them, up to which a change costs what has changed and not what there is. */
const MOST_NEWER = 500;

/** What became of a table that was told something. */
export interface Merged {
  readonly table: FlagTable;
  /** Keys of the flags that are not as they were. */
  readonly changed: readonly string[];
  /** Keys of which an older state was told, or none: they stay as they were. */
  readonly kept: ReadonlySet<string>;
}

/**
 * All flags as last known, deleted ones included, by their lines. Never changes; a change makes another that shares
 * what has not changed.
 */
export class FlagTable {
  static readonly empty = new FlagTable(new FlagLines(Buffer.alloc(0)), new Map());
  readonly #lines: FlagLines;
  /** Lines that replace those of the same key, or come beside them. */
  readonly #newer: ReadonlyMap<string, FlagLine>;

  private constructor(lines: FlagLines, newer: ReadonlyMap<string, FlagLine>) {
    this.#lines = lines;
    this.#newer = newer;
  }

  /** Without any flag, so that whatever is told is new. */
  get isEmpty(): boolean {
    return this.#lines.bytes.length === 0 && this.#newer.size === 0;
  }

  /** The line of a key; undefined where there is none. */
  get(key: string): FlagLine | undefined {
    return this.#newer.get(key) ?? this.#lines.find(Buffer.from(key));
  }

  /** All lines, in the order of keys. */
  *[Symbol.iterator](): Generator<FlagLine> {
    const newer = [...this.#newer.values()].sort(compareKeys)[Symbol.iterator]();
    let next = newer.next();
    for (const line of this.#lines) {
      let order = -1;
      while (!next.done && (order = compareKeys(next.value, line)) < 0) {
        yield next.value;
        next = newer.next();
      }
      if (next.done || order !== 0) yield line;
    }
    for (; !next.done; next = newer.next()) yield next.value;
  }

  /** Keys of the flags that are there, in order. */
  livingKeys(): string[] {
    const keys: string[] = [];
    for (const line of this) if (isLiving(line)) keys.push(keyOf(line));
    return keys;
  }

  /** Lines of flags that refer to segments or other flags. */
  referring(): FlagLine[] {
    const large = this.#lines.referring().filter((line) => !this.#newer.has(keyOf(line)));
    return [...large, ...[...this.#newer.values()].filter(isReferring)];
  }

  /** The same in one piece. */
  toLines(): FlagLines {
    return this.#newer.size === 0 ? this.#lines : new FlagLines(joinLines(this));
  }

  /**
   * Takes over what was told of all flags. Each keeps its highest revision, and one that is left out stays: flags go by
   * their tombstones only. The same revision told again may tell more than an older server did.
   */
  withAll(told: FlagLines): Merged {
    if (this.isEmpty) return { table: new FlagTable(told, new Map()), changed: [], kept: new Set() };
    const newer = new Map<string, FlagLine>();
    const changed: string[] = [];
    const keep = (line: FlagLine): void => void newer.set(keyOf(line), Buffer.from(line));
    const known = this[Symbol.iterator]();
    let mine = known.next();
    for (const line of told) {
      let order = -1;
      for (; !mine.done && (order = compareKeys(mine.value, line)) < 0; mine = known.next()) keep(mine.value);
      if (mine.done || order !== 0) changed.push(keyOf(line));
      else {
        if (revisionOf(line) < revisionOf(mine.value)) keep(mine.value);
        else if (!line.equals(mine.value)) changed.push(keyOf(line));
        mine = known.next();
      }
    }
    for (; !mine.done; mine = known.next()) keep(mine.value);
    return { table: new FlagTable(told, newer), changed, kept: new Set(newer.keys()) };
  }

  /** Takes over what was told of some flags, by the same rules. */
  withSome(told: FlagLines): Merged {
    const newer = new Map(this.#newer);
    const changed: string[] = [];
    const kept = new Set<string>();
    for (const line of told) {
      const key = keyOf(line);
      const mine = this.get(key);
      if (mine !== undefined && revisionOf(line) < revisionOf(mine)) kept.add(key);
      else if (mine === undefined || !line.equals(mine)) {
        // A copy, so that an answer is not held for one flag of it.
        newer.set(key, Buffer.from(line));
        changed.push(key);
      }
    }
    const table = new FlagTable(this.#lines, newer);
    return { table: newer.size <= MOST_NEWER ? table : new FlagTable(table.toLines(), new Map()), changed, kept };
  }
}
