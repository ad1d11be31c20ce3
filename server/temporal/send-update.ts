import {
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { messageOf } from '../../core/errors';
import type { MessageArguments } from '../../workflows/rollout/messages';
import type { SentToRun } from './rollout-workflows';
import { unavailable } from './unavailable';

/**
 * Sends a message to one run and waits for what it comes to; when no worker answers in time, leaves it as a signal of
 * the same name. Its id makes it count once, even if the update is taken after all.
 *
 * @returns `run_ended` when that run is no more: the workflow has ended, or continues as another run
 * @throws {HeadgateError} TEMPORAL_UNAVAILABLE
 */
export async function sendUpdate<Result>(
  handle: WorkflowHandle,
  name: string,
  args: MessageArguments & { readonly id: string },
): Promise<SentToRun<Result>> {
  try {
    const update = { args: [args] as [MessageArguments], updateId: args.id };
    const result = await handle.executeUpdate<Result, [MessageArguments]>(name, update);
    return { kind: 'answered', result };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return { kind: 'rejected', why: messageOf(error.cause ?? error) };
    if (error instanceof WorkflowNotFoundError) return { kind: 'run_ended' };
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) && !isForLackOfWorkers(error))
      throw unavailable(error);
  }
  try {
    await handle.signal<[MessageArguments?]>(name, args);
    return { kind: 'silent' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'run_ended' };
    throw unavailable(error);
  }
}

/** `FAILED_PRECONDITION` and `RESOURCE_EXHAUSTED` of gRPC. */
const LACK_OF_WORKERS: readonly number[] = [9, 8];

/**
 * Whether Temporal itself answered, and refused the update since nobody works on the workflow: its task has failed too
 * often, as it does when workers have died, or too many updates wait for them already. Signals are still taken.
 */
function isForLackOfWorkers(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return isGrpcServiceError(cause) && LACK_OF_WORKERS.includes(cause.code);
}
