import type { AssessedChange, Assessment } from '../commands/assess-command';
import { counted } from './numbers';
import type { Style } from './style';
import { tableLines } from './table';
import { clean, clip } from './text';

const COLUMNS = [
  { heading: 'commit' },
  { heading: 'fails', right: true },
  { heading: 'lines', right: true },
  { heading: 'subject' },
];
/** Commits listed at most; all of them stand in the JSON. */
const MOST_COMMITS = 20;
/** A longer subject is cut. */
const MOST_COLUMNS = 60;

/** An assessment for people: what the change is, how likely it is to fail, and why. */
export function assessmentLines(assessment: Assessment, style: Style): string[] {
  const { measures, score, commits, unknown, model, range, build } = assessment;
  const lines = [
    style.bold(`${range}: ${sizeOf(assessment)}`),
    `${words(score)}, by the ${model.name} model (${model.trainedOn.rows.toLocaleString('en-GB')} changes)`,
    ...score.reasons.map((reason) => `  - ${reason}`),
    ...score.caveats.map((caveat) => style.dim(`  ${caveat}`)),
    ...unknown.map((text) => style.yellow(text)),
    ...(build === undefined ? [] : [style.dim(`  build: ${buildWords(build, assessment)}`)]),
  ];
  if (measures.testFiles === 0 && measures.codeFiles > 0) lines.push(style.dim('  It changes code and no test.'));
  if (commits.length < 2) return lines;
  const riskiest = [...commits].sort((left, right) => right.score.probability - left.score.probability);
  const rows = riskiest
    .slice(0, MOST_COMMITS)
    .map(({ id, subject, score: one, measures: { la, ld } }) => [
      id.slice(0, 10),
      percent(one.probability),
      `+${la} -${ld}`,
      clip(clean(subject), MOST_COLUMNS),
    ]);
  return [...lines, '', ...tableLines(COLUMNS, rows, style)];
}

/** What was told of the build, and that a model which has never seen it does not count it. */
function buildWords(build: NonNullable<Assessment['build']>, { model }: Assessment): string {
  const known = Object.entries(build).map(
    ([name, value]) => `${name.replace('build.', '')} ${value === null ? 'not known' : Number(value.toPrecision(3))}`,
  );
  const unused = Object.keys(build).every((name) => !model.features.includes(name));
  return `${known.join(', ')}${unused ? ` (the ${model.name} model has not learned from builds)` : ''}`;
}

function sizeOf({ commits, measures: { nf, ns, la, ld } }: Assessment): string {
  return `${counted(commits.length, 'commit')}, ${counted(nf, 'file')} in ${counted(ns, 'subsystem')}, +${la} -${ld} lines`;
}

/** The rank first: the model knows changes that brought bugs, and a rollout is another question. */
function words({ probability, rank }: AssessedChange['score']): string {
  const likely = `${percent(probability)} likely to bring a bug`;
  return rank === null ? likely : `riskier than ${percent(rank)} of the changes it knows; ${likely}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
