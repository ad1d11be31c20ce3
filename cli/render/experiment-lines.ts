import { formatDuration } from '../../core/duration';
import type { ExperimentAnalysis } from '../../analysis/experiment/types';
import type { ExperimentStatus } from '../../workflows/experiment/status';
import { evidence, measured, percent } from './numbers';
import type { Style } from './style';
import { tableLines } from './table';
import { clean } from './text';

/** An experiment as the API answers it; the whole analysis only where one is asked for. */
export type ExperimentAnswer = ExperimentStatus & {
  readonly fromProjection?: true;
  readonly analysis?: ExperimentAnalysis;
};

/** In one line: what it is doing, or what it came to. */
export function experimentLine({ experimentId, environment, phase, summary }: ExperimentStatus): string {
  return clean(`${experimentId} in ${environment}: ${phase} — ${summary}`);
}

/** An experiment with its arms, every effect, harm, and its account. */
export function experimentLines(status: ExperimentAnswer, style: Style): string[] {
  const { treatments, control, armWeight, ranMs, durationMs, analysis, lastLook, timeline } = status;
  const arms = analysis?.arms ?? lastLook?.arms ?? [];
  const rows = arms.flatMap(({ variant, effects }) =>
    effects.map((one) => [
      clean(variant),
      `${clean(one.metric)} (${one.role})`,
      measured(one.control),
      measured(one.treatment),
      `${measured(one.effect)} (${measured(one.lower)} … ${measured(one.upper)})`,
      evidence(one.evidence),
      one.conclusion,
    ]),
  );
  const headings = ['treatment', 'metric', 'control', 'treatment', 'difference, interval', 'evidence', 'concluded'];
  return [
    experimentLine(status),
    ...(status.fromProjection === true ? ['  no worker answers: this is what was saved last'] : []),
    clean(`  ${[...treatments, control].filter((name) => name !== '').join(', ')} at ${percent(armWeight)} each`),
    `  ran ${formatDuration(ranMs)} of ${formatDuration(durationMs)}, ${lastLook?.standing.sample ?? 0} units in the smallest arm`,
    ...(rows.length === 0
      ? []
      : tableLines(
          headings.map((heading) => ({ heading })),
          rows,
          style,
        ).map((line) => `  ${line}`)),
    ...arms.map(({ variant, harmEvidence, harmed }) =>
      clean(`  ${variant}: evidence of harm ${evidence(harmEvidence)}${harmed ? ', harmed' : ''}`),
    ),
    ...(lastLook?.standing.doubts ?? []).map((doubt) => clean(`  in doubt: ${doubt}`)),
    ...timeline.map(({ at, what, text }) => clean(`  ${at} ${what}: ${text}`)),
  ];
}

/** Experiments, one a line, as the database last heard of them. */
export function experimentList(experiments: readonly ExperimentStatus[], style: Style): string[] {
  if (experiments.length === 0) return ['no experiments'];
  const rows = experiments.map(({ experimentId, phase, treatments, startedAt, conclusion, summary }) => [
    style.bold(experimentId),
    phase,
    clean(treatments.join(', ')),
    startedAt,
    clean(conclusion === null ? summary : `${conclusion.kind.replace('_', ' ')}: ${conclusion.text}`),
  ]);
  return tableLines(
    ['experiment', 'state', 'treatments', 'started', 'what it is doing or came to'].map((heading) => ({ heading })),
    rows,
    style,
  );
}
