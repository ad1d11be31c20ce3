import type { Command } from 'commander';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { ALARM_SCORE, SeriesDetector } from '../../ml/anomaly/series-detector';
import { readSeries } from '../offline/read-series';
import { anomaliesDocument, anomaliesLines, type ScoredRow } from '../render/anomalies-lines';
import { counted } from '../render/numbers';
import { does, numberBetween, type CommandContext } from './command';

interface AnomaliesOptions {
  readonly data: string;
  readonly time: string;
  readonly value: string;
  readonly threshold: number;
}

/** `headgate anomalies`: what a series would have been scored as it arrived. */
export function addAnomaliesCommand(program: Command, context: CommandContext): void {
  does<AnomaliesOptions>(
    program
      .command('anomalies')
      .description('score a recorded series as it would have been scored live; needs no server')
      .requiredOption('--data <file>', 'CSV, plain or gzip, oldest row first; - reads standard input')
      .option('--time <column>', 'column of instants; without a zone they are UTC', 'timestamp')
      .option('--value <column>', 'column of values', 'value')
      .option('--threshold <score>', 'scores from here on are alarms', numberBetween('--threshold', 0, 1), ALARM_SCORE),
    context,
    async (session, { data, time, value, threshold }) => {
      const detector = new SeriesDetector();
      const rows: ScoredRow[] = [];
      let backward = 0;
      let before = Number.NEGATIVE_INFINITY;
      for await (const row of readSeries(session.io, data, { time, value })) {
        if (row.atMs < before) backward++;
        before = row.atMs;
        const seen = detector.see(row.value ?? Number.NaN, row.atMs);
        rows.push({ timestamp: row.timestamp, value: row.value, ...seen, alarm: seen.score >= threshold });
      }
      if (rows.length === 0) {
        throw new HeadgateError(ErrorCode.InvalidArgument, `'${data}' has a header and no rows`);
      }
      if (backward > 0) {
        session.note(
          `${counted(backward, 'row')} earlier than the one before: rows are scored in the file's order, so sort it by '${time}'`,
        );
      }
      const told = { data, threshold, rows };
      session.answer(anomaliesDocument(told), () => anomaliesLines(told, session.style));
    },
  );
}
