import type { MetricStatus, RolloutStatus, SegmentStatus, TimelineEntry } from './status';

const number = (value: number | null): string => (value === null ? '–' : Number(value.toPrecision(4)).toString());

function metricRow(metric: MetricStatus): string {
  const interval = metric.harmLower === null ? '–' : `${number(metric.harmLower)} … ${number(metric.harmUpper)}`;
  return `| ${metric.metric} | ${number(metric.control)} | ${number(metric.candidate)} | ${interval} | ${number(metric.margin)} | ${number(metric.harmEvidence)} | ${metric.safetyShown ? 'yes' : 'not yet'} |`;
}

function segmentLine({ segment, excluded, harmed, metric, control, candidate, harmEvidence }: SegmentStatus): string {
  const mark = excluded ? ' (excluded)' : harmed ? ' (harmed)' : '';
  const numbers = metric === null ? 'no data' : `${metric} ${number(control)} → ${number(candidate)}`;
  return `- segment ${segment}${mark}: ${numbers}, evidence of harm ${number(harmEvidence)}`;
}

/** The rollout in Markdown, as the Temporal Web UI shows it under current details. */
export function describeMarkdown(status: RolloutStatus, timeline: readonly TimelineEntry[]): string {
  const { flag, environment, candidate, weight, phase, waitingFor, step, steps } = status;
  const lines = [
    `### ${flag} → ${candidate} at ${weight} % in ${environment}`,
    '',
    `**${phase}**${waitingFor === null ? '' : `, waits for ${waitingFor}`} — ${status.summary}`,
    '',
    `Step ${Math.min(step + 1, steps.length)} of ${steps.length} (${steps.map((each) => `${each.weight} %`).join(' → ')} → 100 %)`,
  ];
  if (status.prediction !== undefined) lines.push('', `Prediction: ${status.prediction.text}`);
  if (status.excludedSegments.length > 0) lines.push('', `Excluded: ${status.excludedSegments.join(', ')}`);
  const look = status.lastLook;
  if (look !== null) {
    lines.push(
      '',
      `Last look: **${look.verdict}**, data ${look.dataQuality}, sample ${look.sample.control} control / ${look.sample.candidate} candidate`,
      '',
      '| metric | control | candidate | harm, always-valid interval | margin | evidence of harm | shown safe |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...look.metrics.map(metricRow),
      '',
      ...(look.segments ?? []).map(segmentLine),
      ...look.reasons.map((reason) => `- ${reason.code}: ${reason.text}`),
    );
  }
  lines.push('', ...timeline.slice(-12).map((entry) => `- ${entry.at} **${entry.what}** ${entry.text}`));
  return lines.join('\n');
}
