import type { MessageTarget, RolloutWorkflows, Sent, SentToRun } from './rollout-workflows';

/** Runs that end between the look and the message; a rollout or experiment continues as new far less often than this. */
const MAX_ROUNDS = 3;

/**
 * Sends a message to the run that carries this very rollout or experiment, following it into its next run, and never to
 * what has begun under the same workflow id since.
 *
 * @param id - of the rollout or experiment
 * @returns null when it has ended, and not by this very message
 * @throws {HeadgateError} TEMPORAL_UNAVAILABLE
 */
export async function sendToRun<Result>(
  workflows: Pick<RolloutWorkflows, 'find'>,
  { environment, flagKey, id }: { readonly environment: string; readonly flagKey: string; readonly id: string },
  send: (target: Required<MessageTarget>) => Promise<SentToRun<Result>>,
): Promise<Sent<Result> | null> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const found = await workflows.find({ environment, flagKey });
    if (found?.rolloutId !== id) return null;
    // One that has ended is asked too: it tells a sender who repeats the message that ended it what that came to.
    const sent = await send({ environment, flagKey, runId: found.runId });
    if (sent.kind !== 'run_ended') return sent;
    if (!found.running) return null;
  }
  return null;
}
