/** Task queue of training: apart from rollouts, so that no training delays a look. */
export const TRAINING_TASK_QUEUE = 'headgate-ml';

/** Kinds of model that are tried, simplest first: a later one must be better to be chosen. */
export const CANDIDATE_KINDS = ['logistic', 'forest', 'boosting', 'auto'] as const;
/** One of the kinds. */
export type CandidateKind = (typeof CANDIDATE_KINDS)[number];

/** Starts one training. */
export interface TrainingInput {
  /** Name of the token, or of the schedule. */
  readonly startedBy: string;
  readonly seed: number;
  /** Whether a candidate that beats the champion beyond noise takes its place by itself. */
  readonly promotes: boolean;
}

/** What a training came to. */
export interface TrainingReport {
  /** `too_few_rows`: nothing was learned. `unchanged`: the rows are those of the newest model. */
  readonly status: 'too_few_rows' | 'unchanged' | 'registered';
  readonly rows: number;
  readonly failures: number;
  /** Rows wanted before anything is learned. */
  readonly needed: number;
  readonly version?: string;
  readonly isChampion?: boolean;
  /** Why it became champion or did not, in one sentence. */
  readonly reason?: string;
}

/** The one training of an installation: a second start attaches to it. */
export const TRAINING_WORKFLOW_ID = 'training/failure';
