import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { ErrorCode, HeadgateError } from '../core/errors';
import type { Table } from '../ml/tables/table';

const Row = z.object({
  id: z.string(),
  /** When the deployment began, in milliseconds since 1970. */
  atMs: z.number(),
  failed: z.boolean(),
  /** As they were known then. */
  values: z.record(z.string(), z.number().nullable()),
});
/** One past deployment to learn from. */
export type TrainingRow = z.infer<typeof Row>;

const Stored = z.object({ version: z.literal(1), catalogueVersion: z.number(), rows: z.array(Row) });

/** Rows as bytes: the same rows give the same bytes, and so the same fingerprint. */
export function packRows(rows: readonly TrainingRow[], catalogueVersion: number): Buffer {
  const sorted = [...rows].sort((left, right) => left.atMs - right.atMs || (left.id < right.id ? -1 : 1));
  const canonical = sorted.map((row) => ({
    ...row,
    values: Object.fromEntries(Object.entries(row.values).sort(([left], [right]) => (left < right ? -1 : 1))),
  }));
  return gzipSync(JSON.stringify({ version: 1, catalogueVersion, rows: canonical }), { level: 6 });
}

/**
 * Rows of {@link packRows}, in order of time.
 *
 * @throws {HeadgateError} ARTEFACT_CORRUPT when the bytes are none
 */
export function unpackRows(bytes: Buffer): z.infer<typeof Stored> {
  try {
    return Stored.parse(JSON.parse(gunzipSync(bytes).toString('utf8')));
  } catch (error) {
    throw new HeadgateError(ErrorCode.ArtefactCorrupt, 'the training rows cannot be read', { cause: error });
  }
}

/** Rows as a model reads them: features that vary, in order of their names; unknown values are NaN. */
export function tableOf(rows: readonly TrainingRow[]): { table: Table; labels: Float64Array; times: Float64Array } {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].sort();
  const columns = names.map((name) => Float64Array.from(rows, ({ values }) => values[name] ?? Number.NaN));
  const varies = columns.map((column) => new Set(column).size > 1);
  return {
    table: {
      names: names.filter((_, index) => varies[index]),
      columns: columns.filter((_, index) => varies[index]),
      rows: rows.length,
    },
    labels: Float64Array.from(rows, ({ failed }) => (failed ? 1 : 0)),
    times: Float64Array.from(rows, ({ atMs }) => atMs),
  };
}
