import {
  CancellationScope,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  sleep,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, type SearchAttributePair } from '@temporalio/common';
import type { ScheduledChangeActivities } from '../../activities/scheduled-change-activities';
import { EXPERIMENT_WORKFLOW, type ExperimentInput } from '../experiment/messages';
import { NOTIFYING } from '../rollout/activity-options';
import { ROLLOUT_WORKFLOW, rolloutWorkflowId, type RolloutInput } from '../rollout/messages';
import { messageOfCause } from '../rollout/run-failures';
import { SearchAttribute } from '../search-attributes';
import type { ScheduledChangeInput, ScheduledChangeResult } from './messages';

/** Tried without limit: an outage at the time makes a change late, and how late it may be is the change's own affair. */
const making = proxyActivities<
  Pick<ScheduledChangeActivities, 'makeScheduledChange' | 'settleRolloutStart' | 'cancelScheduledChange'>
>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
});

const telling = proxyActivities<Pick<ScheduledChangeActivities, 'tellScheduledChange'>>(NOTIFYING);

/** Waits for the time of a scheduled change, makes it once, and says what came of it. See docs/scheduled-changes.md. */
export async function scheduledChangeWorkflow(input: ScheduledChangeInput): Promise<ScheduledChangeResult> {
  const { dueAt, what, askedBy, flagKey, environment } = input;
  setCurrentDetails(`### ${flagKey} in ${environment}\n\n${what} at **${dueAt}**, asked for by ${askedBy}`);
  try {
    const waitMs = Date.parse(dueAt) - Date.now();
    if (waitMs > 0) await sleep(waitMs, { summary: `until ${dueAt}` });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return CancellationScope.nonCancellable(() => making.cancelScheduledChange({ id: input.id }));
  }
  // From here on it is made: cancelled in the middle, nobody would know what came of it.
  return CancellationScope.nonCancellable(async () => {
    const result = await make(input);
    setCurrentDetails(`### ${flagKey} in ${environment}\n\n${what}: **${result.status}** — ${result.text}`);
    if (result.status !== 'cancelled') await tell(input, result);
    return result;
  });
}

async function make({ id }: ScheduledChangeInput): Promise<ScheduledChangeResult> {
  const made = await making.makeScheduledChange({ id });
  if (made.kind === 'ended') return { status: made.status, text: made.text };
  const started = made.kind === 'start' ? await startRollout(made.rollout) : await startExperiment(made.experiment);
  return making.settleRolloutStart({ id, started });
}

function startRollout(input: RolloutInput): Promise<boolean> {
  const { environment, flagKey, rolloutId, identity, plan } = input;
  return startOne(ROLLOUT_WORKFLOW, input, {
    memo: { rolloutId, identity },
    staticSummary: `${flagKey} → ${plan.candidate} in ${environment}`,
    state: [{ key: SearchAttribute.State, value: 'assessing' }],
    owner: plan.owner,
  });
}

function startExperiment(input: ExperimentInput): Promise<boolean> {
  const { environment, flagKey, experimentId, identity, plan } = input;
  return startOne(EXPERIMENT_WORKFLOW, input, {
    memo: { rolloutId: experimentId, identity },
    staticSummary: `experiment on ${flagKey}: ${plan.treatments.join(', ')} in ${environment}`,
    state: [],
    owner: plan.base.owner,
  });
}

/**
 * A rollout or experiment of its own, which outlives this workflow; false when one of this flag is live, which Temporal
 * alone decides.
 */
async function startOne(
  type: string,
  input: RolloutInput | ExperimentInput,
  {
    memo,
    staticSummary,
    state,
    owner,
  }: {
    readonly memo: Readonly<Record<string, string>>;
    readonly staticSummary: string;
    readonly state: SearchAttributePair[];
    readonly owner: string | undefined;
  },
): Promise<boolean> {
  const { environment, flagKey } = input;
  try {
    await startChild(type, {
      workflowId: rolloutWorkflowId(environment, flagKey),
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowTaskTimeout: '3 seconds',
      memo,
      staticSummary,
      typedSearchAttributes: [
        { key: SearchAttribute.Flag, value: flagKey },
        { key: SearchAttribute.Environment, value: environment },
        ...state,
        ...(owner === undefined ? [] : [{ key: SearchAttribute.Owner, value: owner }]),
      ],
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** No receiver holds a change up; one that cannot be reached is given up in the end. */
async function tell({ id, environment, flagKey }: ScheduledChangeInput, result: ScheduledChangeResult): Promise<void> {
  try {
    await telling.tellScheduledChange({ id, environment, flagKey, ...result });
  } catch (error) {
    log.warn('a notification was given up', { scheduledChange: id, why: messageOfCause(error) });
  }
}
