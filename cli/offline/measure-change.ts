import { assembleFeatures, buildFeatures, changeFeatures, type FeatureValues } from '../../changes/features/assemble';
import { CATALOGUE_VERSION } from '../../changes/features/catalogue';
import { Repository } from '../../changes/git/repository';
import { HistoryFiles } from '../../changes/history/history-file';
import { measureRange, type MeasuredRange } from '../../changes/measure-range';
import { ErrorCode, HeadgateError, ValidationError } from '../../core/errors';
import { BuildFacts } from '../../flags/plan/build-facts';
import { cacheRoot } from '../../stack/cache';
import type { Io } from '../io';
import { readNamedFile } from '../read-file';

/** Which change to measure. */
export interface ChangeToMeasure {
  /** A commit, or `A..B`. */
  readonly range: string;
  /** Folder inside the repository. */
  readonly repo: string;
  /** Whether what was measured before is used again. */
  readonly cache: boolean;
}

/** Measures a change in git, remembering the history in the user's cache folder. */
export function measureChangeIn(io: Io, { range, repo, cache }: ChangeToMeasure): Promise<MeasuredRange> {
  const folder = cacheRoot(io.env);
  const remember = cache ? (roots: readonly string[]) => new HistoryFiles(folder, roots) : null;
  return measureRange({ repository: new Repository(repo), range, remember });
}

/** Everything known of a change before its rollout, as a start sends it. */
export async function featuresOf(
  io: Io,
  { range, repo = '.', build }: { readonly range?: string; readonly repo?: string; readonly build?: string },
): Promise<{ readonly catalogueVersion: number; readonly values: FeatureValues } | undefined> {
  const change =
    range === undefined ? {} : changeFeatures((await measureChangeIn(io, { range, repo, cache: true })).measures);
  const built = build === undefined ? {} : buildFeatures(await readBuildFacts(io, build));
  const values = assembleFeatures(change, built);
  return Object.keys(values).length === 0 ? undefined : { catalogueVersion: CATALOGUE_VERSION, values };
}

/**
 * What CI tells of a build, from a JSON file.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when it is none; names each field that is wrong
 */
export async function readBuildFacts(io: Io, path: string): Promise<BuildFacts> {
  let json: unknown;
  try {
    json = JSON.parse(await readNamedFile(io, path));
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw new HeadgateError(ErrorCode.InvalidArgument, `'${path}' is not JSON`, { cause: error });
  }
  const facts = BuildFacts.safeParse(json);
  if (facts.success) return facts.data;
  const issues = facts.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }));
  throw new ValidationError(ErrorCode.InvalidArgument, `the build facts in '${path}'`, issues);
}
