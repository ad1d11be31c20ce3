import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import { unavailable } from './unavailable';

const FLAG = defineSearchAttributeKey('HeadgateFlag', SearchAttributeType.KEYWORD);
const ENVIRONMENT = defineSearchAttributeKey('HeadgateEnvironment', SearchAttributeType.KEYWORD);
const STATE = defineSearchAttributeKey('HeadgateState', SearchAttributeType.KEYWORD);
const OWNER = defineSearchAttributeKey('HeadgateOwner', SearchAttributeType.KEYWORD);

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
    ...(flag === undefined ? [] : [{ key: FLAG, value: flag }]),
    { key: ENVIRONMENT, value: environment },
    ...(state === undefined ? [] : [{ key: STATE, value: state }]),
    ...(owner === undefined ? [] : [{ key: OWNER, value: owner }]),
  ];
}
