import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Actor } from '../../flags/document/decision-record';
import type { RolloutPlan } from '../../flags/plan/plan';
import type { RolloutState } from './state';
import type { RolloutStatus, TimelineEntry } from './status';

/** Name under which the workflow is registered. */
export const ROLLOUT_WORKFLOW = 'rolloutWorkflow';
/** Task queue of the rollout workflows and their activities. */
export const ROLLOUT_TASK_QUEUE = 'rollouts';

/** The one workflow id of a flag in an environment: at most one live rollout can exist under it. */
export function rolloutWorkflowId(environment: string, flagKey: string): string {
  return `rollout/${environment}/${flagKey}`;
}

/** What a rollout is started with. */
export interface RolloutInput {
  readonly rolloutId: string;
  readonly environment: string;
  readonly flagKey: string;
  /** Hash of environment, flag, resolved plan and change id. */
  readonly identity: string;
  readonly plan: RolloutPlan;
  /** Salt of the rollout's buckets. */
  readonly salt: string;
  readonly startedBy: Actor;
  /** ISO 8601 instant of the first start, kept over continue-as-new. */
  readonly startedAt: string;
  /** Explicit state carried over continue-as-new; absent at the start. */
  readonly state?: RolloutState;
}

/** Names of the messages a live rollout takes, as the Temporal Web UI shows them. */
export const MessageName = {
  Pause: 'pause',
  Resume: 'resume',
  Promote: 'promote',
  Abort: 'abort',
  SetWeight: 'setWeight',
  Approve: 'approve',
  Exclude: 'exclude',
  Readmit: 'readmit',
  Supersede: 'supersede',
} as const;
/** One of the message names. */
export type MessageName = (typeof MessageName)[keyof typeof MessageName];

/** An actor with the server's signature over `signedPart` of core/signing.ts. */
export interface SignedActor {
  readonly name: string;
  readonly role: string;
  readonly signature: string;
}

/** The one argument of every message. From the Web UI all of it may be missing. */
export interface MessageArguments {
  /** Chosen by the sender; the same id counts once. */
  readonly id?: string;
  readonly reason?: string;
  readonly actor?: SignedActor;
  /** `setWeight`: percent. */
  readonly weight?: number;
  /** `exclude` and `readmit`: segment key. */
  readonly segment?: string;
  /** `promote`: go to 100 % instead of the next step. */
  readonly full?: boolean;
  /** `promote`: set the judge's findings so far aside; wants a reason. */
  readonly force?: boolean;
  /** `supersede`: what takes this rollout's place. */
  readonly by?: string;
}

/** The reason that a message gives; empty for none, or for what is no text, as the Web UI may send it. */
export function reasonOf({ reason }: MessageArguments): string {
  return typeof reason === 'string' ? reason.trim() : '';
}

/** What an update answers once the main loop has dealt with the message. */
export interface MessageResult {
  readonly accepted: boolean;
  /** Why it was not accepted, or what follows from it. */
  readonly text: string;
  /** Number of the transition it led to, if it led to one. */
  readonly transition?: number;
  readonly state: string;
  readonly weight: number;
}

/** Fire-and-forget forms, by name. */
export const messageSignals = {
  pause: defineSignal<[MessageArguments?]>('pause'),
  resume: defineSignal<[MessageArguments?]>('resume'),
  promote: defineSignal<[MessageArguments?]>('promote'),
  abort: defineSignal<[MessageArguments?]>('abort'),
  setWeight: defineSignal<[MessageArguments?]>('setWeight'),
  approve: defineSignal<[MessageArguments?]>('approve'),
  exclude: defineSignal<[MessageArguments?]>('exclude'),
  readmit: defineSignal<[MessageArguments?]>('readmit'),
  supersede: defineSignal<[MessageArguments?]>('supersede'),
} as const;

/** Forms that validate, wait for the message's effect and answer, by name. */
export const messageUpdates = {
  pause: defineUpdate<MessageResult, [MessageArguments?]>('pause'),
  resume: defineUpdate<MessageResult, [MessageArguments?]>('resume'),
  promote: defineUpdate<MessageResult, [MessageArguments?]>('promote'),
  abort: defineUpdate<MessageResult, [MessageArguments?]>('abort'),
  setWeight: defineUpdate<MessageResult, [MessageArguments?]>('setWeight'),
  approve: defineUpdate<MessageResult, [MessageArguments?]>('approve'),
  exclude: defineUpdate<MessageResult, [MessageArguments?]>('exclude'),
  readmit: defineUpdate<MessageResult, [MessageArguments?]>('readmit'),
  supersede: defineUpdate<MessageResult, [MessageArguments?]>('supersede'),
} as const;

/** Where the rollout stands now. */
export const statusQuery = defineQuery<RolloutStatus>('status');
/** The workflow's own recent account; the whole one is read from the decision records. */
export const timelineQuery = defineQuery<readonly TimelineEntry[]>('timeline');
