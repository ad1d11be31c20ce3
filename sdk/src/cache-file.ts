import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StoredSnapshot } from './snapshot-state';
import { isSnapshotContent } from './wire';

const FORMAT = 1;

/** Keeps the last known flags on disk for the next start. A file of another server, token or format is ignored. */
export class CacheFile {
  readonly #path: string;
  /** Tells whose flags these are without giving the token away. */
  readonly #source: string;
  #next: StoredSnapshot | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string, url: string, token: string) {
    this.#path = path;
    this.#source = createHash('sha256').update(`${url}\n${token}`).digest('hex').slice(0, 32);
  }

  /** What an earlier process wrote; undefined when there is nothing usable. Never throws. */
  async read(): Promise<StoredSnapshot | undefined> {
    try {
      const content = JSON.parse(await readFile(this.#path, 'utf8')) as Record<string, unknown> | null;
      if (content?.['format'] !== FORMAT || content['source'] !== this.#source) return undefined;
      const { etag, leaseOrder } = content;
      if (!isSnapshotContent(content) || !Array.isArray(leaseOrder)) return undefined;
      const { environment, flags, segments, killSwitch, holdouts } = content;
      const known = typeof etag === 'string' ? etag : undefined;
      return { environment, flags, segments, killSwitch, holdouts, leaseOrder, etag: known };
    } catch {
      return undefined;
    }
  }

  /**
   * Writes soon, whole or not at all, readable by the owner alone; of several snapshots that wait, the last.
   *
   * @returns when no write is left; rejects when the last one failed
   */
  write(snapshot: StoredSnapshot): Promise<void> {
    this.#next = snapshot;
    this.#writing ??= this.#drain().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #drain(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    while (this.#next !== undefined) {
      const content = JSON.stringify({ format: FORMAT, source: this.#source, ...this.#next });
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
