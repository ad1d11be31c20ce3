import type { FeatureValues } from '../changes/features/assemble';
import { messageOf } from '../core/errors';
import { answerWithin } from '../core/within';

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
  try {
    return await answerWithin(patienceMs, work(), 'no answer');
  } catch (error) {
    return {
      values: Object.fromEntries(wanted.map((name) => [name, null])),
      missing: [`${source}: ${messageOf(error)}`],
    };
  }
}
