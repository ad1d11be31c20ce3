import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { documentOf, readDocument, writeDocument, type SnapshotDocument } from './snapshot-document';
import { isSnapshotContent } from './wire';

const FORMAT = 2;
/** One JSON object, whose flags are not lines: what earlier versions wrote. */
const FORMER_FORMAT = 1;

/** Keeps the last known flags on disk for the next start. A file of another server, token or format is ignored. */
export class CacheFile {
  readonly #path: string;
  /** Tells whose flags these are without giving the token away. */
  readonly #source: string;
  #next: SnapshotDocument | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string, url: string, token: string) {
    this.#path = path;
    this.#source = createHash('sha256').update(`${url}\n${token}`).digest('hex').slice(0, 32);
  }

  /** What an earlier process wrote; undefined when there is nothing usable. Never throws. */
  async read(): Promise<SnapshotDocument | undefined> {
    try {
      const bytes = await readFile(this.#path);
      return this.#readLines(bytes) ?? this.#readFormer(bytes);
    } catch {
      return undefined;
    }
  }

  #readLines(bytes: Buffer): SnapshotDocument | undefined {
    try {
      const { header, document } = readDocument(bytes);
      return header['format'] === FORMAT && header['source'] === this.#source ? document : undefined;
    } catch {
      return undefined;
    }
  }

  #readFormer(bytes: Buffer): SnapshotDocument | undefined {
    const content: unknown = JSON.parse(bytes.toString());
    if (!isSnapshotContent(content)) return undefined;
    const { format, source, etag } = content as { format?: unknown; source?: unknown; etag?: unknown };
    if (format !== FORMER_FORMAT || source !== this.#source) return undefined;
    const { environment, flags, segments, killSwitch, holdouts } = content;
    const document = documentOf({ environment, flags, segments, killSwitch, holdouts });
    return { ...document, etag: typeof etag === 'string' ? etag : undefined };
  }

  /**
   * Writes soon, whole or not at all, readable by the owner alone; of several snapshots that wait, the last.
   *
   * @returns when no write is left; rejects when the last one failed
   */
  write(snapshot: SnapshotDocument): Promise<void> {
    this.#next = snapshot;
    this.#writing ??= this.#drain().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #drain(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    while (this.#next !== undefined) {
      const content = writeDocument(this.#next, { format: FORMAT, source: this.#source });
      this.#next = undefined;
      // Beside the file, so that the rename stays within one file system; by process, as several may share one cache.
      const temporary = `${this.#path}.${process.pid}.tmp`;
      try {
        await writeFile(temporary, content, { mode: 0o600 });
        await rename(temporary, this.#path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    }
  }
}
