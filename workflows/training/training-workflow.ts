import { proxyActivities } from '@temporalio/workflow';
import type { TrainedCandidate, TrainingActivities } from '../../activities/training-activities';
import { CANDIDATE_KINDS, type TrainingInput, type TrainingReport } from './messages';

/** Reads and writes of the database. */
const keeping = proxyActivities<Pick<TrainingActivities, 'prepareTrainingRows' | 'registerCandidate'>>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 20 },
});

/** Fifty thousand rows take some ten seconds; a worker that stops telling of itself is given up after a minute. */
const learning = proxyActivities<Pick<TrainingActivities, 'trainCandidate'>>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '60 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 5 },
});

/**
 * Learns from past rollouts: gathers the rows, trains and benchmarks each kind of model, registers the best, and makes
 * it champion when it beats the standing one beyond noise. Each kind is one activity, so that a crash costs at most the
 * kind that was being trained.
 */
export async function trainingWorkflow(input: TrainingInput): Promise<TrainingReport> {
  const rows = await keeping.prepareTrainingRows();
  const { count, failures, needed, artefact } = rows;
  if (artefact === null) return { status: 'too_few_rows', rows: count, failures, needed };
  if (rows.isKnown) return { status: 'unchanged', rows: count, failures, needed };
  const candidates: TrainedCandidate[] = [];
  for (const kind of CANDIDATE_KINDS) {
    candidates.push(await learning.trainCandidate({ rows: artefact, kind, seed: input.seed }));
  }
  const registered = await keeping.registerCandidate({ rows: artefact, candidates, ...input });
  return { status: 'registered', rows: count, failures, needed, ...registered };
}
