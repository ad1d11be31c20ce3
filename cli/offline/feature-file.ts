import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Table } from '../../ml/tables/table';

/** Rows to be exported: features by column, and what is known of each row beside them. */
export interface FeatureRows {
  readonly ids: readonly string[];
  /** Milliseconds since 1970. */
  readonly startedAt: readonly number[];
  readonly failed: readonly boolean[];
  /** NaN is missing. */
  readonly features: Table;
}

/**
 * Rows as CSV: `id`, `startedAt` (ISO 8601), `failed` (0 or 1) and the features; a missing value is an empty cell. Read
 * again by `model train
 * --label failed --time startedAt`.
 */
export function csvOf({ ids, startedAt, failed, features }: FeatureRows): string {
  const lines = [['id', 'startedAt', 'failed', ...features.names].map(cellOf).join(',')];
  ids.forEach((id, row) => {
    const values = features.columns.map((column) => {
      const value = column[row] as number;
      return Number.isNaN(value) ? '' : String(value);
    });
    const at = new Date(startedAt[row] as number).toISOString();
    lines.push([cellOf(id), at, failed[row] === true ? '1' : '0', ...values].join(','));
  });
  return `${lines.join('\n')}\n`;
}

/** The same rows as Parquet: text, timestamp in milliseconds, boolean, and doubles that are null where a value is missing. */
export function parquetOf({ ids, startedAt, failed, features }: FeatureRows): Buffer {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'id', data: [...ids], type: 'STRING', nullable: false },
      { name: 'startedAt', data: startedAt.map((ms) => new Date(ms)), type: 'TIMESTAMP', nullable: false },
      { name: 'failed', data: [...failed], type: 'BOOLEAN', nullable: false },
      ...features.names.map((name, index) => ({
        name,
        data: Array.from(features.columns[index] as Float64Array, (value) => (Number.isNaN(value) ? null : value)),
        type: 'DOUBLE' as const,
        nullable: true,
      })),
    ],
    createdBy: 'headgate',
  });
  return Buffer.from(bytes);
}

/** A cell in quotes where it needs them, and never one that a spreadsheet would take for a formula. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
