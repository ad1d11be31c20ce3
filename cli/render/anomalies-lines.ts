import type { PointAnomaly } from '../../ml/anomaly/series-detector';
import { counted, measured } from './numbers';
import type { Style } from './style';
import { tableLines } from './table';

/** A row of the file with what the detector said of it. */
export interface ScoredRow extends PointAnomaly {
  readonly timestamp: string;
  readonly value: number | null;
}

/** A scored series. */
export interface ToldAnomalies {
  readonly data: string;
  readonly threshold: number;
  readonly rows: readonly ScoredRow[];
}

/** Every row, as one JSON document. */
export function anomaliesDocument({ data, threshold, rows }: ToldAnomalies): object {
  return {
    data,
    threshold,
    points: rows.length,
    missing: rows.filter(({ value }) => value === null).length,
    alarms: rows.filter(({ alarm }) => alarm).length,
    rows: rows.map(({ timestamp, value, score, severity, persistence, alarm }) => ({
      timestamp,
      value,
      score,
      severity,
      persistence,
      alarm,
    })),
  };
}

/** The alarms as a table for people. */
export function anomaliesLines({ threshold, rows }: ToldAnomalies, style: Style): string[] {
  const alarms = rows.filter(({ alarm }) => alarm);
  const missing = rows.filter(({ value }) => value === null).length;
  const number = alarms.length === 0 ? 'no alarms' : counted(alarms.length, 'alarm');
  const points = `${counted(rows.length, 'point')}${missing > 0 ? ` (${missing} of them without a value)` : ''}`;
  const told = `${number} in ${points}, at a score of ${threshold} or more`;
  if (alarms.length === 0) return [told];
  const cells = alarms.map(({ timestamp, value, score, severity, persistence }) => [
    timestamp,
    value === null ? '' : measured(value),
    score.toFixed(2),
    severity.toFixed(2),
    persistence.toFixed(2),
  ]);
  const numbers = ['value', 'score', 'severity', 'persistence'].map((heading) => ({ heading, right: true }));
  return [told, '', ...tableLines([{ heading: 'at' }, ...numbers], cells, style)];
}
