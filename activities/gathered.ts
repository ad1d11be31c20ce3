import type { FeatureValues } from '../changes/features/assemble';
import { messageOf } from '../core/errors';

/** What one source of features could tell. */
export interface Gathered {
  /** Null was looked for and is not known; what was not looked for is absent. */
  readonly values: FeatureValues;
  /** What was looked for and is not known, and why: one entry for each feature or source, in words. */
  readonly missing: readonly string[];
}

/** Where nothing was looked for. */
export const NOTHING_GATHERED: Gathered = { values: {}, missing: [] };

/** Several sources as one. */
export function together(parts: readonly Gathered[]): Gathered {
  return {
    values: Object.assign({}, ...parts.map(({ values }) => values)) as FeatureValues,
    missing: parts.flatMap(({ missing }) => missing),
  };
}

/**
 * What a source says within a time, or else that it is missing: trouble of a source is never trouble of the rollout.
 *
 * @param wanted - features that are not known then
 */
export async function gatheredWithin(
  patienceMs: number,
  source: string,
  wanted: readonly string[],
  work: () => Promise<Gathered>,
): Promise<Gathered> {
  let timer: NodeJS.Timeout | undefined;
  const impatience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([work(), impatience]);
  } catch (error) {
    return {
      values: Object.fromEntries(wanted.map((name) => [name, null])),
      missing: [`${source}: ${messageOf(error)}`],
    };
  } finally {
    clearTimeout(timer);
  }
}
