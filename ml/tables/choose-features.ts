import { areaUnderRoc } from '../evaluation/auc';
import { MAX_FEATURES } from '../trees/tree-store';

/** A column of a file before anything is known of it. */
export interface RawColumn {
  readonly name: string;
  /** Numbers; NaN where a cell is empty or no number. In order of time. */
  readonly values: Float64Array;
  /** One of the cells that are no numbers, when they are too many to be slips; null for a column of numbers. */
  readonly text: string | null;
}

/** A column that is not used, and why, in words. */
export interface LeftOut {
  readonly column: string;
  readonly why: string;
}

/** Which columns a model may learn from. */
export interface FeatureChoice {
  readonly used: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Last words of names that say which row it is, not what it is like. */
const IDENTITY = new Set(
  (
    'id ids hash sha sha1 sha256 uuid guid url link email mail name message msg subject author committer reviewer owner ' +
    'project repo repository branch tag revision rev index unnamed'
  ).split(' '),
);
/** Names such as `transactionid` that run words together. */
const IDENTITY_RUN_TOGETHER =
  /^(commit|change|changeset|transaction|bug|issue|build|rollout|file|user|author|row)_?(id|no|nr|hash)$/;
const INSTANT = new Set(['date', 'timestamp', 'datetime', 'year']);
/** Words of names that tell how it ended, or what somebody else has predicted. */
const OUTCOME = new Set(
  (
    'bug bugs buggy defect defects defective fault faults faulty failure failures failed label target outcome result szz ' +
    'incident incidents rollback reverted fixed prediction predicted prob probability'
  ).split(' '),
);
/** Words of names for the purpose of a change, and words that turn these into how it was mended later. */
const MENDS = new Set(['fix', 'fixing', 'bugfix', 'hotfix']);
const MENDED = new Set('by date commit time days hours hash at delay version fixes fixed'.split(' '));
/** Words that turn them into a fact about the time before. */
const EARLIER = new Set('past prior previous prev earlier before history historical pre share rate tests'.split(' '));
/** Area under the ROC curve from which a single column tells the label too well to have been known before. */
const TOO_GOOD = 0.995;
const LEAST_OF_A_CLASS = 10;

/**
 * Chooses the columns that a model may learn from: numbers that were known when the change was made. Identities,
 * instants, outcomes by name, constants, and columns that tell the label or the order of rows by themselves are left
 * out. O(columns × n log n).
 *
 * @param columns - all columns but label and time, of training rows in order of time
 * @param labels - 0 or 1, same order
 */
export function chooseFeatures(columns: readonly RawColumn[], labels: Float64Array): FeatureChoice {
  const leftOut: LeftOut[] = [];
  const used: { name: string; strength: number }[] = [];
  for (const column of columns) {
    const why = whyNot(column, labels);
    if (why === undefined) used.push({ name: column.name, strength: strengthOf(column.values, labels) });
    else leftOut.push({ column: column.name, why });
  }
  if (used.length > MAX_FEATURES) {
    const kept = new Set([...used].sort((a, b) => b.strength - a.strength).slice(0, MAX_FEATURES));
    for (const each of used) {
      if (!kept.has(each))
        leftOut.push({ column: each.name, why: `one of more than ${MAX_FEATURES}, and says less than those` });
    }
    return { used: used.filter((each) => kept.has(each)).map(({ name }) => name), leftOut };
  }
  return { used: used.map(({ name }) => name), leftOut };
}

function whyNot(column: RawColumn, labels: Float64Array): string | undefined {
  if (column.text !== null) return `holds text, such as '${column.text}'`;
  return byName(column.name) ?? byValues(column.values, labels);
}

function byName(name: string): string | undefined {
  const words = wordsOf(name);
  const last = words[words.length - 1];
  if (
    last === undefined ||
    IDENTITY.has(last) ||
    words[0] === 'unnamed' ||
    IDENTITY_RUN_TOGETHER.test(words.join('_'))
  ) {
    return 'says which row it is, not what it is like';
  }
  if (words.some((word) => INSTANT.has(word)) || words.join('').endsWith('date')) return 'is an instant';
  return tellsEnd(words) ? 'by its name tells how it ended' : undefined;
}

/**
 * Whether words of a name speak of the end. That a change is itself a fix is known before it is made; when it was fixed
 * is not.
 */
function tellsEnd(words: readonly string[]): boolean {
  if (words.some((word) => MENDS.has(word))) return words.some((word) => MENDED.has(word));
  return words.some((word) => OUTCOME.has(word)) && !words.some((word) => EARLIER.has(word));
}

function byValues(values: Float64Array, labels: Float64Array): string | undefined {
  const known = values.filter((value) => !Number.isNaN(value));
  const [first] = known;
  if (first === undefined) return 'has no values';
  if (known.length === values.length && known.every((value) => value === first)) return 'is constant';
  if (values.length >= 20 && isSequence(values)) return 'numbers the rows in order of time';
  if (known.length > 0 && known.every(isRecentInstant)) return 'is an instant';
  const failures = labels.reduce((sum, label) => sum + label, 0);
  if (Math.min(failures, labels.length - failures) < LEAST_OF_A_CLASS) return undefined;
  if (strengthOf(values, labels) >= TOO_GOOD) return 'tells the label by itself, so it was hardly known before';
  return undefined;
}

/** How far from a coin's toss a column orders the labels: the larger of its AUC either way, or of that of its being missing. */
function strengthOf(values: Float64Array, labels: Float64Array): number {
  const missing = values.map((value) => (Number.isNaN(value) ? 1 : 0));
  const filled = values.map((value) => (Number.isNaN(value) ? -Number.MAX_VALUE : value));
  const strengths = [areaUnderRoc(missing, labels), areaUnderRoc(filled, labels)].map((auc) => Math.max(auc, 1 - auc));
  return Math.max(0.5, ...strengths.filter((strength) => !Number.isNaN(strength)));
}

/** Whether values rise, or fall, from each row to the next. */
function isSequence(values: Float64Array): boolean {
  const direction = Math.sign((values[1] as number) - (values[0] as number));
  if (direction === 0) return false;
  for (let row = 1; row < values.length; row++) {
    if (!(direction * ((values[row] as number) - (values[row - 1] as number)) > 0)) return false;
  }
  return true;
}

/** Seconds or milliseconds since 1970, of the years 1990 to 2100. No count or duration of a change is as large throughout. */
function isRecentInstant(value: number): boolean {
  return (value >= 631_152_000 && value <= 4_102_444_800) || (value >= 631_152_000_000 && value <= 4_102_444_800_000);
}

/** Words of a name, whether it is written with hyphens, underscores, blanks or capitals. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
