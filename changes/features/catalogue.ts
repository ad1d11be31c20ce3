/** Grows when a definition changes its meaning; adding a feature does not. */
export const CATALOGUE_VERSION = 1;

/** Where a feature comes from. Each source is optional: what it cannot tell is missing, never zero. */
export const FeatureSource = {
  /** The change itself, measured in git. */
  Change: 'change',
  /** The build that made it, as CI tells. */
  Build: 'build',
  /** Past rollouts of the same flag, services, author and owner. */
  Deployments: 'deployments',
  /** The services concerned, from Prometheus, in the time before the rollout. */
  System: 'system',
  /** How far users' behaviour is from its baseline. */
  Behaviour: 'behaviour',
} as const;
/** One of the sources. */
export type FeatureSource = (typeof FeatureSource)[keyof typeof FeatureSource];

/** One named feature. */
export interface FeatureDefinition {
  /** `source.name`. */
  readonly name: string;
  readonly source: FeatureSource;
  readonly unit: string;
  readonly description: string;
}

type Described = Readonly<Record<string, readonly [unit: string, description: string]>>;

const CHANGE: Described = {
  ns: ['subsystems', 'first folders changed'],
  nd: ['directories', 'directories changed'],
  nf: ['files', 'files changed'],
  entropy: ['bits', 'spread of the changed lines over the files'],
  la: ['lines', 'lines added'],
  ld: ['lines', 'lines deleted'],
  lt: ['lines', 'lines of the changed files before the change'],
  fix: ['0 or 1', 'the message says that it mends something'],
  ndev: ['people', 'developers who changed the files before'],
  age: ['days', "average time since the files' last changes"],
  nuc: ['commits', 'different earlier changes of the files'],
  exp: ['commits', "the author's earlier changes"],
  rexp: ['commits', "the author's earlier changes, each worth 1 / (1 + years since)"],
  sexp: ['commits', "the author's earlier changes in the subsystems changed"],
  fileDevelopers: ['people', 'developers of the changed files, this author among them'],
  fileChanges: ['changes of files', 'changes of the changed files, this one included'],
  authorFileChanges: ['changes of files', "the author's changes of files, this one included"],
  recentAuthorFileChanges: ['changes of files', "the author's changes of files, each worth 1 / (1 + days since)"],
  authorFilesInSubsystems: ['files', 'different files of the subsystems changed that the author has ever changed'],
  codeFiles: ['files', 'source files changed'],
  testFiles: ['files', 'test files changed'],
  migrationFiles: ['files', 'database migrations changed'],
  dependencyFiles: ['files', 'dependency manifests and lock files changed'],
  configurationFiles: ['files', 'configuration files changed'],
  infrastructureFiles: ['files', 'deployment and infrastructure files changed'],
  documentationFiles: ['files', 'documentation files changed'],
  binaryFiles: ['files', 'binary files changed'],
  movedFiles: ['files', 'files moved or renamed'],
  newFiles: ['files', 'files that were not there before'],
  hour: ['hour', 'hour of the day where the author is, 0–23'],
  weekday: ['day', 'day of the week where the author is, 0 = Sunday'],
};

const BUILD: Described = {
  seconds: ['seconds', 'time the build took'],
  secondsRatio: ['ratio', 'that time against the usual one of this build'],
  dependencies: ['packages', 'direct and indirect dependencies built in'],
  dependenciesChanged: ['packages', 'dependencies whose version differs from the last deployment'],
  testsRun: ['tests', 'tests run'],
  testsFailed: ['tests', 'tests that failed at first'],
  retries: ['runs', 'times the build was run again before it passed'],
  coverage: ['share', 'share of lines that tests reach, 0–1'],
  environmentChanged: ['0 or 1', 'it was built in another environment than usual'],
};

const SUBJECTS: Readonly<Record<string, string>> = {
  flag: 'the flag',
  service: "the flag's services",
  author: "the change's author",
  owner: 'the owner of the plan',
};

const DEPLOYMENTS: Described = Object.fromEntries(
  Object.entries(SUBJECTS).flatMap(([subject, words]): [string, readonly [string, string]][] => [
    [`${subject}Ended`, ['rollouts', `earlier rollouts of ${words} that have ended`]],
    [`${subject}FailureShare`, ['share', 'failed by their own fault among those of known label, shrunk, 0–1']],
    [`${subject}SuccessShare`, ['share', 'completed among those that have ended, shrunk, 0–1']],
    [
      `${subject}RollbackShare`,
      ['share', 'rolled back among those that have ended, whoever was at fault, shrunk, 0–1'],
    ],
    [`${subject}DaysSinceLast`, ['days', `time since the last rollout of ${words} ended`]],
  ]),
);

const SYSTEM: Described = {
  cpu: ['share', 'processor in use, 0–1'],
  memory: ['share', 'memory in use, 0–1'],
  latencyMs: ['milliseconds', 'latency of the services concerned'],
  databaseMs: ['milliseconds', 'time in the database for each request'],
  errorRate: ['share', 'share of requests that fail, 0–1'],
};

const BEHAVIOUR: Described = {
  deviation: ['standard deviations', 'largest distance of a goal metric of everybody from its baseline'],
  guardrailDeviation: ['standard deviations', 'the same of the guardrails'],
  segmentDeviation: ['standard deviations', 'the same of any metric in one of the segments of the plan'],
};

/** Every feature there is, by name. */
export const CATALOGUE: ReadonlyMap<string, FeatureDefinition> = new Map(
  [
    ...define(FeatureSource.Change, CHANGE),
    ...define(FeatureSource.Build, BUILD),
    ...define(FeatureSource.Deployments, DEPLOYMENTS),
    ...define(FeatureSource.System, SYSTEM),
    ...define(FeatureSource.Behaviour, BEHAVIOUR),
  ].map((definition) => [definition.name, definition]),
);

function define(source: FeatureSource, described: Described): FeatureDefinition[] {
  return Object.entries(described).map(([name, [unit, description]]) => ({
    name: `${source}.${name}`,
    source,
    unit,
    description,
  }));
}
