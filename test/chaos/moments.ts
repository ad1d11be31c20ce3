/** When a part is killed, seen from the one transition that each trial makes. */
export const MOMENTS = ['mid-task', 'mid-activity', 'before-write', 'during-write', 'after-write'] as const;
/**
 * When the worker is killed in the life of a group: as it hears of a member's end, and around the write that takes one
 * back.
 */
export const GROUP_MOMENTS = ['mid-group', 'before-take-back', 'after-take-back'] as const;
/** One of the moments of a group. */
export type GroupMoment = (typeof GROUP_MOMENTS)[number];
/** One of the moments. */
export type Moment = (typeof MOMENTS)[number] | GroupMoment;

/** Which part is killed. */
export const VICTIMS = ['worker', 'server', 'temporal', 'database'] as const;
/** One of the parts. */
export type Victim = (typeof VICTIMS)[number];

/** What the orchestrator tells the worker. */
export interface Arm {
  readonly arm: Moment;
}

/** What the worker tells the orchestrator. */
export type Word = { readonly ready: true } | { readonly reached: Moment };
