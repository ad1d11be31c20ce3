/** Words for a value above the typical one, and for one below or equal. */
export type Words = readonly [more: (value: number) => string, less: (value: number) => string];

const count = (value: number): string => String(Number(value.toPrecision(3)));
const share = (value: number): string => `${Number((100 * value).toPrecision(2))} %`;
const amount = (text: (value: string) => string, write = count): Words => [
  (value) => `${text(write(value))}, more than usual`,
  (value) => `${text(write(value))}, no more than usual`,
];

/** Whose past: these words are about rollouts, and never about a person. */
const SUBJECTS: Readonly<Record<string, string>> = {
  flag: 'this flag',
  service: 'its services',
  author: 'the same author',
  owner: 'the same owner',
};

const PAST: Readonly<Record<string, Words>> = Object.fromEntries(
  Object.entries(SUBJECTS).flatMap(([subject, whose]): [string, Words][] => [
    [`deployments.${subject}Ended`, amount((value) => `${value} earlier rollouts of ${whose}`)],
    [`deployments.${subject}FailureShare`, amount((value) => `${value} of earlier rollouts of ${whose} failed`, share)],
    [
      `deployments.${subject}SuccessShare`,
      amount((value) => `${value} of earlier rollouts of ${whose} completed`, share),
    ],
    [
      `deployments.${subject}RollbackShare`,
      amount((value) => `${value} of earlier rollouts of ${whose} were rolled back`, share),
    ],
    [
      `deployments.${subject}DaysSinceLast`,
      [
        (value) => `the last rollout of ${whose} was long ago (${count(value)} days)`,
        (value) => `the last rollout of ${whose} was not long ago (${count(value)} days)`,
      ],
    ],
  ]),
);

/** Words for what is known beside the change itself, by the names of the feature catalogue. */
export const CONTEXT_WORDS: Readonly<Record<string, Words>> = {
  ...PAST,
  'build.seconds': amount((value) => `the build took ${value} s`),
  'build.secondsRatio': amount((value) => `the build took ${value} times its usual time`),
  'build.dependencies': amount((value) => `${value} dependencies built in`),
  'build.dependenciesChanged': amount((value) => `${value} changed dependencies`),
  'build.testsRun': amount((value) => `${value} tests were run`),
  'build.testsFailed': amount((value) => `${value} tests failed at first`),
  'build.retries': amount((value) => `the build was run again ${value} times`),
  'build.coverage': amount((value) => `tests reach ${value} of the lines`, share),
  'build.environmentChanged': [() => 'built in another environment than usual', () => 'built in the usual environment'],
  'system.cpu': amount((value) => `the processors were ${value} busy before the start`, share),
  'system.memory': amount((value) => `${value} of memory was in use before the start`, share),
  'system.latencyMs': amount((value) => `the services answered in ${value} ms before the start`),
  'system.databaseMs': amount((value) => `the database took ${value} ms for each request before the start`),
  'system.errorRate': amount((value) => `${value} of requests failed before the start`, share),
  'behaviour.deviation': amount((value) => `goal metrics were ${value} deviations from usual before the start`),
  'behaviour.guardrailDeviation': amount((value) => `guardrails were ${value} deviations from usual before the start`),
  'behaviour.segmentDeviation': amount((value) => `a segment was ${value} deviations from usual before the start`),
};

/** What a feature is about, for one that is not known. */
export function subjectOf(feature: string): string | undefined {
  const [source, name] = feature.split('.');
  switch (source) {
    case 'deployments':
      return `the past (${name})`;
    case 'build':
      return `the build (${name})`;
    case 'system':
      return `the state of the systems (${name})`;
    case 'behaviour':
      return `how usual users' behaviour is (${name})`;
    default:
      return undefined;
  }
}
