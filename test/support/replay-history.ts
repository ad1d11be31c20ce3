import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedWorkflowBundle } from '../../workers/workflow-bundle';

/** Replays what a workflow has done so far, as another worker that takes it up does; fails where it could not go on. */
export async function replayHistory(handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const silent = { debug: () => undefined };
  const workflowBundle = await cachedWorkflowBundle(join(tmpdir(), 'headgate-test-bundles'), silent);
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  await Worker.runReplayHistory({ workflowBundle }, history);
}
