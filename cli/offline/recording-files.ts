import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ErrorCode, HeadgateError } from '../../core/errors';

const RECORDING = /\.(jsonl|ndjson|csv)(\.gz)?$/i;
/** What a recording may be judged against, and a judge must not read. */
const NOT_RECORDED = /^labels\./i;

/** How a file's lines are written. */
export type RecordingFormat = 'jsonl' | 'csv';

/** One file of recorded observations. */
export interface RecordingFile {
  readonly path: string;
  /** Undefined when the name does not tell, as for standard input. */
  readonly format: RecordingFormat | undefined;
}

/**
 * The files that a path means: itself, or in a folder all recordings by name, each once: of two files that differ in
 * their ending alone, such as
 * `traces.jsonl.gz` and `traces.csv.gz`, the one that tells more (JSONL) is read.
 *
 * @param path - a file, a folder, or `-` for standard input
 * @throws {HeadgateError} INVALID_ARGUMENT for a folder without recordings
 */
export async function recordingFiles(path: string): Promise<RecordingFile[]> {
  if (path === '-' || !(await isFolder(path))) return [{ path, format: formatOf(path) }];
  const names = (await readdir(path)).filter((name) => RECORDING.test(name) && !NOT_RECORDED.test(name)).sort();
  const byStem = new Map<string, string>();
  for (const name of names) {
    const stem = name.replace(RECORDING, '');
    const standing = byStem.get(stem);
    if (standing === undefined || (formatOf(standing) === 'csv' && formatOf(name) === 'jsonl')) byStem.set(stem, name);
  }
  if (byStem.size === 0) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `there is no recording in '${path}'`, {
      remedy: 'Recordings end in .jsonl or .csv, with or without .gz.',
    });
  }
  return [...byStem.values()].sort().map((name) => ({ path: join(path, name), format: formatOf(name) }));
}

function formatOf(path: string): RecordingFormat | undefined {
  const ending = RECORDING.exec(basename(path))?.[1]?.toLowerCase();
  if (ending === undefined) return undefined;
  return ending === 'csv' ? 'csv' : 'jsonl';
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // A file that is not there is told of when it is opened.
    return false;
  }
}
