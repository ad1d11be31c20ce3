import {
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
 * Sends a message to one run and waits for what it comes to; when no worker answers in time, leaves it as a signal of the same name. Its id makes it count
 * once, even if the update is taken after all.
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
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw unavailable(error);
  }
  try {
    await handle.signal<[MessageArguments?]>(name, args);
    return { kind: 'silent' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'run_ended' };
    throw unavailable(error);
  }
}
