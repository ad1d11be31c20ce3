/** One file as a commit changed it. */
export interface FileChange {
  readonly path: string;
  /** Where the file was before, when it was moved; undefined otherwise. */
  readonly movedFrom?: string;
  /** Lines; null for binary files, of which git counts none. */
  readonly added: number | null;
  readonly deleted: number | null;
}

/** One commit with what it changed. */
export interface CommitChange {
  readonly id: string;
  readonly parents: readonly string[];
  /** Unix seconds at which it was written, with the author's offset from UTC in minutes. */
  readonly authoredAt: number;
  readonly offsetMinutes: number;
  /** Unix seconds at which it entered this history. */
  readonly committedAt: number;
  /** The author, as a keyed-nowhere digest: equal for equal people, and no address. */
  readonly author: string;
  readonly message: string;
  readonly files: readonly FileChange[];
}
