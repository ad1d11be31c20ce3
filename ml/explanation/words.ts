import { CONTEXT_WORDS, subjectOf, type Words } from './context-words';
import type { Contribution } from './contributions';

const count = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-GB') : String(Math.round(value * 10) / 10);
const both = (word: string): Words => [
  (value) => `${count(value)} ${word}, more than usual`,
  (value) => `${count(value)} ${word}, no more than usual`,
];
const said = (more: string, less: string): Words => [() => more, () => less];

/** Words for the measures of a change, by their names in data of just-in-time defect prediction and in `changes/`. */
const WORDS: Readonly<Record<string, Words>> = {
  ns: [(value) => `touches ${count(value)} subsystems`, () => 'stays in one subsystem'],
  nd: [(value) => `touches ${count(value)} directories`, () => 'touches few directories'],
  nf: [(value) => `touches ${count(value)} files`, () => 'touches few files'],
  entropy: said('spread over its files', 'concentrated in few files'),
  la: [
    (value) => `large: adds ${count(value)} ${linesOf(value)}`,
    (value) => `small: adds ${count(value)} ${linesOf(value)}`,
  ],
  ld: [(value) => `deletes ${count(value)} ${linesOf(value)}`, () => 'deletes little'],
  lt: [(value) => `in large files (${count(value)} lines before)`, () => 'in small or new files'],
  fix: said('mends an earlier defect', 'is no fix'),
  ndev: [(value) => `in files changed by ${count(value)} developers`, () => 'in files of few developers'],
  age: [
    (value) => `in files last changed ${count(value)} days ago`,
    (value) => `in files changed ${count(value)} days ago`,
  ],
  nuc: said('in files that change often', 'in files that seldom change'),
  exp: said('by an author with many earlier changes', 'by an author with few earlier changes'),
  rexp: said('by an author active here lately', 'by an author not active here lately'),
  sexp: said('by an author who knows this subsystem', 'by an author new to this subsystem'),
  migrationFiles: said('touches a migration', 'touches no migration'),
  dependencyFiles: said('touches dependencies', 'touches no dependencies'),
  configurationFiles: said('touches configuration', 'touches no configuration'),
  infrastructureFiles: said('touches infrastructure', 'touches no infrastructure'),
  testFiles: said('brings tests', 'brings no tests'),
  newFiles: said('adds files', 'adds no files'),
  codeFiles: both('code files'),
  documentationFiles: said('touches documentation', 'touches no documentation'),
};

function linesOf(value: number): string {
  return value === 1 ? 'line' : 'lines';
}

/** What one contribution says, in words for a person: about the change, never about its author's worth. */
export function wordsOf({ feature, value, typical }: Contribution): string {
  if (Number.isNaN(value)) return `${subjectOf(feature) ?? feature} is not known`;
  // The catalogue of features puts the source before the name.
  const words = CONTEXT_WORDS[feature] ?? WORDS[feature.replace(/^change\./, '')];
  if (words !== undefined) return (value > typical ? words[0] : words[1])(value);
  return `${feature} is ${precise(value)} (typically ${precise(typical)})`;
}

/** The contributions that matter most, largest first, at most `most` and none below `least` in log odds. */
export function mainContributions(all: readonly Contribution[], most = 3, least = 0.05): Contribution[] {
  return all
    .filter(({ logOdds }) => Math.abs(logOdds) >= least)
    .sort((a, b) => Math.abs(b.logOdds) - Math.abs(a.logOdds))
    .slice(0, most);
}

function precise(value: number): string {
  return Number.isNaN(value) ? 'missing' : String(Number(value.toPrecision(3)));
}
