import { SearchAttribute } from '../search-attributes';

/** Name under which the workflow is registered. */
export const SCHEDULED_CHANGE_WORKFLOW = 'scheduledChangeWorkflow';

/** The workflow of one scheduled change. */
export function scheduledChangeWorkflowId(environment: string, flagKey: string, id: string): string {
  return `scheduled-change/${environment}/${flagKey}/${id}`;
}

/** What a scheduled change's workflow is started with. What is to be done stands in the database; the workflow is its clock. */
export interface ScheduledChangeInput {
  readonly id: string;
  readonly environment: string;
  readonly flagKey: string;
  /** ISO 8601. */
  readonly dueAt: string;
  /** What is to happen, in a few words for the Web UI. */
  readonly what: string;
  readonly askedBy: string;
}

/** What a scheduled change's workflow comes to. */
export interface ScheduledChangeResult {
  readonly status: 'made' | 'conflict' | 'refused' | 'expired' | 'cancelled';
  readonly text: string;
}

/** How it is started, by the server or by the reconciler: a second start of the same change is refused by Temporal. */
export function scheduledChangeStart(input: ScheduledChangeInput, taskQueue: string) {
  const { id, environment, flagKey, what, askedBy, dueAt } = input;
  return {
    workflowId: scheduledChangeWorkflowId(environment, flagKey, id),
    taskQueue,
    args: [input] as [ScheduledChangeInput],
    workflowIdConflictPolicy: 'FAIL' as const,
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
    workflowTaskTimeout: '3 seconds' as const,
    staticSummary: `${flagKey} in ${environment}: ${what} at ${dueAt}`,
    staticDetails: `Asked for by ${askedBy}.`,
    typedSearchAttributes: [
      { key: SearchAttribute.Flag, value: flagKey },
      { key: SearchAttribute.Environment, value: environment },
    ],
  };
}
