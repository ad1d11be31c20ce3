import type { WorkflowHandle } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { Flag } from '../../flags/document/flag';
import type { DecisionRecord } from '../../flags/document/decision-record';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import { resolveExperiment } from '../../flags/experiment/resolve-experiment';
import {
  EXPERIMENT_WORKFLOW,
  experimentStatusQuery,
  experimentUpdates,
  type ExperimentInput,
  type ExperimentMessage,
  type ExperimentMessageResult,
} from '../../workflows/experiment/messages';
import type { ExperimentEnd } from '../../workflows/experiment/experiment-run';
import type { ExperimentStatus } from '../../workflows/experiment/status';
import { rolloutWorkflowId, type MessageArguments } from '../../workflows/rollout/messages';
import { pollUntil } from './poll-until';
import type { RolloutHarness } from './rollout-harness';

/** One-second windows and looks from the start, for experiments in real time. */
export const QUICK_LOOKS = { window: '1s', look: { shortest: '1s', longest: '1s' }, warmUp: '0s' };

/** An experiment as written, short enough for real time: one-second windows and looks. */
export function givenExperimentFile(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    flag: 'checkout',
    environment: 'production',
    treatments: ['on'],
    metrics: [
      { name: 'failed', role: 'primary', kind: 'error_rate', event: 'request', margin: '1pp' },
      { name: 'errors', role: 'guardrail', kind: 'error_rate', event: 'request', margin: '5pp' },
    ],
    duration: '60s',
    ...QUICK_LOOKS,
    lease: '60s',
    ...change,
  };
}

/** The plan of {@link givenExperimentFile}. */
export function givenExperiment(environment: string, change: Record<string, unknown> = {}): ExperimentPlan {
  return resolveExperiment(givenExperimentFile({ environment, ...change }));
}

/** An experiment under test, under the workflow id that production uses. */
export class StartedExperiment {
  private constructor(
    private readonly harness: RolloutHarness,
    readonly handle: WorkflowHandle,
    readonly input: ExperimentInput,
  ) {}

  static async start(
    harness: RolloutHarness,
    plan: ExperimentPlan,
    change: Partial<ExperimentInput> = {},
  ): Promise<StartedExperiment> {
    const { environment, flag: flagKey } = plan.base;
    const experimentId = `x-${randomUUID().slice(0, 8)}`;
    const input: ExperimentInput = {
      experimentId,
      environment,
      flagKey,
      identity: experimentId,
      plan,
      salt: experimentId,
      startedBy: { kind: 'token', name: 'alice', role: 'operator', verified: true },
      startedAt: new Date().toISOString(),
      ...change,
    };
    const handle = await harness.client.workflow.start(EXPERIMENT_WORKFLOW, {
      workflowId: rolloutWorkflowId(environment, flagKey),
      taskQueue: harness.taskQueue,
      args: [input],
      memo: { rolloutId: input.experimentId, identity: input.identity },
    });
    return new StartedExperiment(harness, handle, input);
  }

  status(): Promise<ExperimentStatus> {
    return this.handle.query(experimentStatusQuery);
  }

  /** Polls until the status is as wanted; fails with the last status after a minute. */
  until(wanted: (status: ExperimentStatus) => boolean): Promise<ExperimentStatus> {
    return pollUntil(() => this.status(), wanted);
  }

  /** Until a look has judged data. */
  untilJudged(): Promise<ExperimentStatus> {
    return this.until(({ lastLook }) => (lastLook?.standing.sample ?? 0) > 0);
  }

  send(name: ExperimentMessage, args: MessageArguments = {}): Promise<ExperimentMessageResult> {
    const options = { args: [args] as [MessageArguments] };
    return this.handle.executeUpdate<ExperimentMessageResult, [MessageArguments]>(
      experimentUpdates[name].name,
      options,
    );
  }

  async result(): Promise<ExperimentEnd> {
    return (await this.handle.result()) as ExperimentEnd;
  }

  async flag(): Promise<Flag> {
    const { environment, flagKey } = this.input;
    return (await this.harness.dependencies.flags.get(`${environment}/${flagKey}`)) as Flag;
  }

  records(): Promise<readonly DecisionRecord[]> {
    return this.harness.dependencies.decisions.byRollout(this.input.experimentId);
  }

  /** What was written down: transition number and action. */
  async story(): Promise<string[]> {
    return (await this.records()).map(({ action, transition }) => `${transition} ${action}`);
  }
}
