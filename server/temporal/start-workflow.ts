import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { SearchAttribute } from '../../workflows/search-attributes';
import { unavailable } from './unavailable';

/** A workflow that at most one may run of at a time under its id. */
export interface WorkflowStart {
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly input: unknown;
  /** By what a later look tells whose run it is. */
  readonly memo: Readonly<Record<string, string>>;
  readonly staticSummary: string;
  /** What it is found by in the Web UI until it says more itself. */
  readonly found: {
    readonly environment: string;
    readonly flag?: string;
    readonly state?: string;
    readonly owner?: string | undefined;
  };
}

/**
 * Starts a workflow unless one runs under its id.
 *
 * @throws {HeadgateError} TEMPORAL_UNAVAILABLE
 */
export async function startWorkflow(
  client: Client,
  type: string,
  { workflowId, taskQueue, input, memo, staticSummary, found }: WorkflowStart,
): Promise<'started' | 'exists'> {
  try {
    await client.workflow.start(type, {
      workflowId,
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      // A task that dies with its worker is handed out again after this, so work goes on within five seconds.
      workflowTaskTimeout: '3 seconds',
      memo,
      staticSummary,
      typedSearchAttributes: attributesOf(found),
    });
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'exists';
    throw unavailable(error);
  }
}

function attributesOf({ environment, flag, state, owner }: WorkflowStart['found']): SearchAttributePair[] {
  return [
    ...(flag === undefined ? [] : [{ key: SearchAttribute.Flag, value: flag }]),
    { key: SearchAttribute.Environment, value: environment },
    ...(state === undefined ? [] : [{ key: SearchAttribute.State, value: state }]),
    ...(owner === undefined ? [] : [{ key: SearchAttribute.Owner, value: owner }]),
  ];
}
