/** Where an artefact lies and what it must be. */
export interface ArtefactRef {
  /** Which store holds it: `gridfs` or `s3`. */
  readonly store: string;
  readonly key: string;
  /** SHA-256 of its bytes, in hex; checked on every load. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Keeps bytes under their own checksum: the same bytes twice are one artefact, and what was altered is never served. */
export interface ArtefactStore {
  /** Stores bytes; safe to repeat. */
  put(bytes: Buffer): Promise<ArtefactRef>;
  /**
   * The bytes of an artefact, checked against its size and checksum.
   *
   * @throws {HeadgateError} ARTEFACT_CORRUPT when they are missing or others than were stored
   */
  get(ref: ArtefactRef): Promise<Buffer>;
}

/** Largest artefact, in bytes. */
export const MAX_ARTEFACT_BYTES = 64 * 1024 * 1024;
