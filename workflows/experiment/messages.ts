import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../../flags/document/decision-record';
import type { ExperimentPlan } from '../../flags/experiment/experiment-plan';
import type { MessageArguments } from '../rollout/messages';
import type { ExperimentState } from './state';
import type { ExperimentStatus } from './status';

/**
 * Name under which the workflow is registered. It runs under the workflow id of the flag's rollouts, so a flag has one
 * of either at most.
 */
export const EXPERIMENT_WORKFLOW = 'experimentWorkflow';

/** What an experiment is started with. */
export interface ExperimentInput {
  readonly experimentId: string;
  readonly environment: string;
  readonly flagKey: string;
  /** Hash of the resolved experiment. */
  readonly identity: string;
  readonly plan: ExperimentPlan;
  /** Salt of its buckets. */
  readonly salt: string;
  readonly startedBy: Actor;
  /** ISO 8601 instant of the start, kept over continue-as-new. */
  readonly startedAt: string;
  /** Carried over continue-as-new; absent at the start. */
  readonly state?: ExperimentState;
}

/** Messages that a live experiment takes. */
export const ExperimentMessage = { Pause: 'pause', Resume: 'resume', Conclude: 'conclude', Abort: 'abort' } as const;
/** One of the messages. */
export type ExperimentMessage = (typeof ExperimentMessage)[keyof typeof ExperimentMessage];

/** What a message came to. */
export interface ExperimentMessageResult {
  readonly accepted: boolean;
  readonly text: string;
  readonly state: string;
  /** Number of the transition it led to, if it led to one. */
  readonly transition?: number;
}

/** Fire-and-forget forms, by name. */
export const experimentSignals = {
  pause: defineSignal<[MessageArguments?]>('pause'),
  resume: defineSignal<[MessageArguments?]>('resume'),
  conclude: defineSignal<[MessageArguments?]>('conclude'),
  abort: defineSignal<[MessageArguments?]>('abort'),
} as const;

/** Forms that validate, wait for the message's effect and answer, by name. */
export const experimentUpdates = {
  pause: defineUpdate<ExperimentMessageResult, [MessageArguments?]>('pause'),
  resume: defineUpdate<ExperimentMessageResult, [MessageArguments?]>('resume'),
  conclude: defineUpdate<ExperimentMessageResult, [MessageArguments?]>('conclude'),
  abort: defineUpdate<ExperimentMessageResult, [MessageArguments?]>('abort'),
} as const;

/** Where the experiment stands now. */
export const experimentStatusQuery = defineQuery<ExperimentStatus>('status');
