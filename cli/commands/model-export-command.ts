import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { ErrorCode, HeadgateError, messageOf } from '../../core/errors';
import { fitScales, scaled } from '../../ml/tables/normalise';
import type { Table } from '../../ml/tables/table';
import type { TrainingRowAnswer } from '../api/answers';
import { csvOf, parquetOf, type FeatureRows } from '../offline/feature-file';
import { does, numberBetween, type CommandContext } from './command';

interface ExportOptions {
  readonly out: string;
  readonly format?: 'csv' | 'parquet';
  readonly normalise?: number;
  readonly limit: number;
}

/** `headgate model export`: what models learn from, for people's own tools. */
export function addModelExport(model: Command, context: CommandContext): void {
  does<ExportOptions>(
    model
      .command('export')
      .description('write the features and ends of past rollouts to a CSV or Parquet file')
      .requiredOption('--out <file>', 'where to; its ending says the format')
      .addOption(new Option('--format <format>', 'format, whatever the ending').choices(['csv', 'parquet']))
      .option(
        '--normalise <share>',
        'bring features to signed logs of mean 0 and deviation 1, as the earliest share of the rows tells',
        numberBetween('--normalise', 0.01, 1),
      )
      .option('--limit <rows>', 'most rows, the latest', numberBetween('--limit', 1, 5000), 5000),
    context,
    async (session, { out, format = formatOf(out), normalise, limit }) => {
      const env = await session.environment();
      const answered = await session.api.get<TrainingRowAnswer[]>(['environments', env, 'training-rows'], {
        query: { limit },
      });
      const raw = tableOf(answered);
      const fittedOn = normalise === undefined ? 0 : Math.max(1, Math.floor(raw.rows * normalise));
      const scales = normalise === undefined ? null : fitScales(raw, fittedOn);
      const rows: FeatureRows = {
        ids: answered.map(({ id }) => id),
        startedAt: answered.map(({ startedAt }) => Date.parse(startedAt)),
        failed: answered.map(({ failed }) => failed),
        features: scales === null ? raw : scaled(raw, scales),
      };
      await write(out, format === 'csv' ? csvOf(rows) : parquetOf(rows));
      const told = {
        file: out,
        format,
        rows: raw.rows,
        failures: rows.failed.filter((failed) => failed).length,
        features: raw.names.length,
        ...(scales === null ? {} : { normalised: { fittedOnRows: fittedOn, scales } }),
      };
      session.answer(told, () => [
        `${out}: ${told.rows} rollouts, ${told.failures} of them failed, ${told.features} features`,
        ...(scales === null ? [] : [`normalised by the earliest ${fittedOn} of them`]),
      ]);
    },
  );
}

function formatOf(path: string): 'csv' | 'parquet' {
  if (path.endsWith('.csv')) return 'csv';
  if (path.endsWith('.parquet')) return 'parquet';
  throw new HeadgateError(ErrorCode.InvalidArgument, `--out '${path}' ends neither in .csv nor in .parquet`, {
    remedy: 'Say which with --format.',
  });
}

function tableOf(rows: readonly TrainingRowAnswer[]): Table {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].sort();
  const columns = names.map((name) => Float64Array.from(rows, ({ values }) => values[name] ?? Number.NaN));
  return { names, columns, rows: rows.length };
}

async function write(path: string, content: string | Buffer): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `'${path}' cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
