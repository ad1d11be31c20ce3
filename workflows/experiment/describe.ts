import type { SearchAttributePair } from '@temporalio/common';
import { SearchAttribute } from '../search-attributes';
import type { ExperimentStatus } from './status';

/** What the Temporal Web UI can filter and sort experiments by. */
export function experimentAttributesOf(status: ExperimentStatus): SearchAttributePair[] {
  return [
    { key: SearchAttribute.Flag, value: status.flag },
    { key: SearchAttribute.Environment, value: status.environment },
    { key: SearchAttribute.State, value: status.phase },
    { key: SearchAttribute.WaitingFor, value: status.waitingFor },
  ] as SearchAttributePair[];
}

const number = (value: number | null): string => (value === null ? '–' : Number(value.toPrecision(4)).toString());

/** The experiment in Markdown, as the Temporal Web UI shows it under current details. */
export function describeExperiment(status: ExperimentStatus): string {
  const { conclusion, lastLook } = status;
  return [
    `### experiment on ${status.flag} in ${status.environment}: ${status.treatments.join(', ')} against ${status.control}`,
    '',
    `**${status.phase}**${status.waitingFor === null ? '' : `, waits for ${status.waitingFor}`} — ${status.summary}`,
    ...(conclusion === null ? [] : ['', `**${conclusion.kind.replace('_', ' ')}**: ${conclusion.text}`]),
    '',
    '| treatment | metric | control | treatment | difference, always-valid interval | evidence | |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...(lastLook?.arms ?? []).flatMap(({ variant, effects }) =>
      effects.map(
        (one) =>
          `| ${variant} | ${one.metric} (${one.role}) | ${number(one.control)} | ${number(one.treatment)} | ${number(one.effect)} (${number(one.lower)} … ${number(one.upper)}) | ${number(one.evidence)} | ${one.conclusion} |`,
      ),
    ),
    '',
    ...(lastLook?.arms ?? []).map(
      ({ variant, harmEvidence, harmed, doubts }) =>
        `- ${variant}: evidence of harm ${number(harmEvidence)}${harmed ? ' (harmed)' : ''}${doubts.length === 0 ? '' : `, in doubt: ${doubts.join(', ')}`}`,
    ),
    '',
    ...status.timeline.slice(-12).map(({ at, what, text }) => `- ${at} **${what}** ${text}`),
  ].join('\n');
}
