import { RandomForestClassifier } from 'ml-random-forest';
import { ErrorCode, HeadgateError } from '../../core/errors';

/** Most rows that `ml-random-forest` is given: its training time grows with their square. */
export const MOST_TEAM_ROWS = 2000;

/** How the forest of `ml-random-forest` is grown. */
export interface TeamForestOptions {
  readonly trees: number;
  readonly maxDepth: number;
  readonly minLeafRows: number;
  /** Any number; its lower 32 bits count. */
  readonly seed: number;
}

/** The forest as JSON: what stands in for a missing value in each column, and the package's own form. */
export interface TeamForestJson {
  readonly medians: readonly number[];
  readonly trees: number;
  readonly model: unknown;
}

/**
 * A forest by the package `ml-random-forest`. Its answer is a share of hard votes of trees, so it is coarse and wants
 * calibration; a missing value is taken at the column's median, since the package knows none.
 */
export class TeamForest {
  private readonly classifier: RandomForestClassifier;

  constructor(private readonly json: TeamForestJson) {
    this.classifier = RandomForestClassifier.load(json.model as never);
  }

  predict(row: ArrayLike<number>): number {
    return this.votes([Array.from(row)])[0] as number;
  }

  /** The same for all rows of columns. */
  predictAll(columns: readonly Float64Array[], rows: number): Float64Array {
    const matrix = Array.from({ length: rows }, (_, row) => columns.map((column) => column[row] as number));
    return Float64Array.from(rows === 0 ? [] : this.votes(matrix));
  }

  toJSON(): TeamForestJson {
    return this.json;
  }

  private votes(matrix: number[][]): number[] {
    const filled = matrix.map((row) => fillRow(row, this.json.medians));
    // A share of no votes at all is rounded to 1e-6 by the package, and counts as none. Half a vote on each side keeps
    // odds finite.
    const { trees } = this.json;
    return this.classifier
      .predictProbability(filled, 1)
      .map((share) => (Math.round(share * trees) + 0.5) / (trees + 1));
  }
}

/**
 * Grows a forest by `ml-random-forest`. O(trees × rows² × features).
 *
 * @param columns - raw values; NaN is missing
 * @param labels - 0 or 1; both must occur
 * @throws {HeadgateError} INVALID_ARGUMENT with more than 2,000 rows
 */
export function growTeamForest(
  columns: readonly Float64Array[],
  labels: ArrayLike<number>,
  { trees, maxDepth, minLeafRows, seed }: TeamForestOptions,
): TeamForest {
  const rows = labels.length;
  if (rows > MOST_TEAM_ROWS) {
    throw new HeadgateError(
      ErrorCode.InvalidArgument,
      `the model 'team' is given ${rows} rows and takes ${MOST_TEAM_ROWS}`,
      {
        remedy: "Take the model 'forest', which is linear in rows.",
      },
    );
  }
  const medians = columns.map(medianOfKnown);
  const classifier = new RandomForestClassifier({
    seed: seed | 0,
    nEstimators: trees,
    // Drawn once for a tree, without drawing one twice.
    maxFeatures: Math.min(columns.length, Math.round(Math.sqrt(columns.length)) + 1),
    replacement: false,
    useSampleBagging: true,
    // The default of .01 leaves rare failures in one leaf; out-of-bag figures fail when some row is never left out.
    treeOptions: { gainThreshold: 0, maxDepth, minNumSamples: minLeafRows },
    noOOB: true,
    isClassifier: true,
  });
  const matrix = Array.from({ length: rows }, (_, row) =>
    fillRow(
      columns.map((column) => column[row] as number),
      medians,
    ),
  );
  classifier.train(matrix, Array.from(labels));
  // What it is from now on is what its JSON says.
  const model: unknown = JSON.parse(JSON.stringify(classifier));
  return new TeamForest({ medians, trees, model });
}

function fillRow(row: readonly number[], medians: readonly number[]): number[] {
  return row.map((value, column) => (Number.isNaN(value) ? (medians[column] as number) : value));
}

function medianOfKnown(column: Float64Array): number {
  const known = column.filter((value) => !Number.isNaN(value)).sort();
  return known[(known.length - 1) >> 1] ?? 0;
}
