/** When a part is killed, seen from the one transition that each trial makes. */
export const MOMENTS = ['mid-task', 'mid-activity', 'before-write', 'during-write', 'after-write'] as const;
/** One of the moments. */
export type Moment = (typeof MOMENTS)[number];

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
