import { patched, proxyActivities } from '@temporalio/workflow';
import type { ReconcilerActivities } from '../../activities/reconciler-activities';

const reconciling = proxyActivities<ReconcilerActivities>({
  startToCloseTimeout: '60 seconds',
  // The schedule comes round again: no need to insist.
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});

/**
 * Closes rollout blocks that no live workflow owns (terminated, lost or broken ones), completes audit chains, and keeps
 * an eye on models. Run by a schedule; the lease has already taken the candidate from evaluators by then.
 */
export async function reconcilerWorkflow(): Promise<{ closed: string[]; records: number }> {
  const records = await reconciling.sweepAudit();
  const closed = await reconciling.closeOrphans();
  if (patched('deployments')) await reconciling.recordDeployments();
  if (patched('scheduled-changes')) await reconciling.startTimers();
  if (patched('model-drift')) await reconciling.watchModels();
  return { closed, records };
}
