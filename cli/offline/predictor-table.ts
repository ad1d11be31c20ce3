import { ErrorCode, HeadgateError } from '../../core/errors';
import { chooseFeatures, type FeatureChoice } from '../../ml/tables/choose-features';
import type { Table } from '../../ml/tables/table';
import { HOURS_SINCE_PREVIOUS, hoursSincePrevious } from '../../ml/tables/time-since-previous';
import type { LabelledRows } from './read-labelled-rows';

/**
 * The columns that a model learns from: those that are named, or those that the rule of `chooseFeatures` picks on the
 * first `cut` rows, and the time since the row before where times are known.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT when a named column does not stand there or holds text
 */
export function chooseColumns(data: LabelledRows, cut: number, named: string | undefined): FeatureChoice {
  if (named !== undefined) return namedColumns(data, named);
  const training = data.columns.map((column) => ({ ...column, values: column.values.subarray(0, cut) }));
  const choice = chooseFeatures(training, data.labels.subarray(0, cut));
  return data.areInstants ? { ...choice, used: [...choice.used, HOURS_SINCE_PREVIOUS] } : choice;
}

/** The named features of a file; one that it lacks is missing throughout. */
export function tableOf(data: LabelledRows, names: readonly string[]): Table {
  const rows = data.labels.length;
  const columns = names.map((name) => {
    const column = data.columns.find((each) => each.name === name);
    if (column !== undefined) return column.values;
    if (name === HOURS_SINCE_PREVIOUS && data.areInstants && data.times !== null) return hoursSincePrevious(data.times);
    return new Float64Array(rows).fill(Number.NaN);
  });
  return { names, columns, rows };
}

/** Features of a model that a file neither has nor gives. */
export function lackingColumns(data: LabelledRows, names: readonly string[]): string[] {
  return names.filter(
    (name) =>
      !data.columns.some((column) => column.name === name) && !(name === HOURS_SINCE_PREVIOUS && data.areInstants),
  );
}

/** Lines added and deleted of each row, when the file has both under the names of Kamei's measures; null otherwise. */
export function effortOf(data: LabelledRows): Float64Array | null {
  const added = data.columns.find(({ name }) => name === 'la' || name === 'change.la')?.values;
  const deleted = data.columns.find(({ name }) => name === 'ld' || name === 'change.ld')?.values;
  if (added === undefined || deleted === undefined) return null;
  return added.map((lines, row) => (lines || 0) + (deleted[row] || 0));
}

function namedColumns(data: LabelledRows, named: string): FeatureChoice {
  const used = named
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of used) {
    const column = data.columns.find((each) => each.name === name);
    if (column === undefined && name === HOURS_SINCE_PREVIOUS && data.areInstants) continue;
    if (column === undefined) throw invalid(`--features names '${name}', which '${data.path}' does not have`);
    if (column.text !== null) throw invalid(`--features names '${name}', which holds text such as '${column.text}'`);
  }
  if (used.length === 0) throw invalid('--features names no column');
  const twice = used.find((name, index) => used.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`--features names '${twice}' twice`);
  const leftOut = data.columns.filter(({ name }) => !used.includes(name));
  return { used, leftOut: leftOut.map(({ name }) => ({ column: name, why: 'is not named by --features' })) };
}

function invalid(message: string): HeadgateError {
  return new HeadgateError(ErrorCode.InvalidArgument, message);
}
