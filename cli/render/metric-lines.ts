import type { MetricStatus } from '../../workflows/rollout/status';
import { evidence, measured } from './numbers';
import type { Style } from './style';
import { tableLines, tableWidth } from './table';
import { clean } from './text';

const COLUMNS = [
  { heading: 'metric' },
  { heading: 'control', right: true },
  { heading: 'candidate', right: true },
  { heading: 'harm' },
  { heading: 'margin', right: true },
  { heading: 'evidence of harm', right: true },
  { heading: 'safety' },
];

/**
 * Control against candidate for each metric: harm with its always-valid interval (positive is worse), margin and the
 * evidence so far. As a table where the width allows it, else three lines a metric.
 */
export function metricLines(metrics: readonly MetricStatus[], width: number, style: Style): string[] {
  if (metrics.length === 0) return [];
  const rows = metrics.map((metric) => [
    style.bold(clean(metric.metric)),
    measured(metric.control),
    measured(metric.candidate),
    harmOf(metric),
    measured(metric.margin),
    evidence(metric.harmEvidence),
    safetyOf(metric, style),
  ]);
  const table = tableLines(COLUMNS, rows, style);
  if (tableWidth(table) <= width) return table;
  return rows.flatMap(([name, control, candidate, harm, margin, ofHarm, safety]) => [
    `${name}: control ${control}, candidate ${candidate}, ${safety}`,
    `  harm ${harm}, margin ${margin}`,
    `  evidence of harm ${ofHarm}`,
  ]);
}

function harmOf({ harm, harmLower, harmUpper }: MetricStatus): string {
  if (harm === null) return '–';
  if (harmLower === null && harmUpper === null) return measured(harm);
  return `${measured(harm)} [${measured(harmLower)}, ${measured(harmUpper)}]`;
}

function safetyOf({ safetyShown, harmLower, margin }: MetricStatus, style: Style): string {
  if (harmLower !== null && margin !== null && harmLower > margin) return style.red('harmful');
  return safetyShown ? style.green('shown') : style.yellow('not yet');
}
