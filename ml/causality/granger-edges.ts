import { adjustedForDiscovery, type DiscoveryControl } from './false-discovery';
import { testGranger, type GrangerAnswer, type GrangerQuestion } from './granger-test';

/** A pair that is asked about. */
export interface CandidateEdge {
  readonly cause: string;
  readonly effect: string;
  /** Names of series whose past is taken into account. */
  readonly given?: readonly string[];
}

/** An edge with its answer; the verdict is that under control of false discoveries over all edges asked about. */
export interface GrangerEdge extends CandidateEdge {
  readonly answer: GrangerAnswer;
  /** Null when it is not testable. */
  readonly adjustedP: number | null;
}

/**
 * Granger tests of many pairs, with the share of false edges among those found kept at alpha. Edges that are not
 * testable take no part in the correction.
 *
 * @param series - by name, of one length
 * @throws {RangeError} when an edge names a series that is not there
 */
export function grangerEdges(
  series: ReadonlyMap<string, readonly number[]>,
  edges: readonly CandidateEdge[],
  settings: Omit<GrangerQuestion, 'cause' | 'effect' | 'given'> & { control?: DiscoveryControl } = {},
): GrangerEdge[] {
  const valuesOf = (name: string): readonly number[] => {
    const values = series.get(name);
    if (values === undefined) throw new RangeError(`there is no series '${name}'`);
    return values;
  };
  const answers = edges.map(({ cause, effect, given = [] }) =>
    testGranger({ ...settings, cause: valuesOf(cause), effect: valuesOf(effect), given: given.map(valuesOf) }),
  );
  const tested = answers.flatMap(({ p }, index) => (p === null ? [] : [{ p, index }]));
  const adjusted = adjustedForDiscovery(
    tested.map(({ p }) => p),
    settings.control,
  );
  const byIndex = new Map(tested.map(({ index }, position) => [index, adjusted[position] as number]));
  return edges.map((edge, index) => {
    const answer = answers[index] as GrangerAnswer;
    const adjustedP = byIndex.get(index) ?? null;
    const verdict = adjustedP === null ? answer.verdict : adjustedP < answer.alpha ? 'causal' : 'no_evidence';
    return { ...edge, answer: { ...answer, verdict }, adjustedP };
  });
}
