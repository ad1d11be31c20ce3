import { randomBytes } from 'node:crypto';
import { formatDuration } from '../../core/duration';
import { ErrorCode, HeadgateError } from '../../core/errors';
import { documentId } from '../../flags/document/identifiers';
import type { FlagInput } from '../../flags/edit/flag-input';
import { timerInputOf, type PlannedChange, type ScheduledChange } from '../../store/scheduled-changes-repository';
import type { ScheduledChangesRepository } from '../../store/scheduled-changes-repository';
import { checkFlagInput, existing, type FlagWriteDependencies } from '../../store/write-flag';
import { actorOf, type Caller } from '../http/authenticate';
import type { ChangeTimers } from '../temporal/change-timers';

/** What scheduling needs. */
export interface ScheduleDependencies extends FlagWriteDependencies {
  readonly scheduledChanges: ScheduledChangesRepository;
  readonly timers: ChangeTimers;
}

/** What a caller wants to happen, before the flag was looked at. */
export type WantedChange =
  | { readonly kind: 'switch'; readonly enabled: boolean }
  | { readonly kind: 'edit'; readonly flag: FlagInput }
  | { readonly kind: 'archive' }
  | Extract<PlannedChange, { kind: 'rollout' | 'experiment' }>;

/** One request to schedule. */
export interface ScheduleRequest {
  readonly environment: string;
  readonly flagKey: string;
  readonly change: WantedChange;
  readonly atMs: number;
  readonly expiresAfterMs: number;
  readonly reason: string;
}

/** How far ahead, and how many at once for each flag. */
export const LONGEST_AHEAD_MS = 366 * 86_400_000;
const MAX_OPEN = 20;

/**
 * Keeps a change and gives it a workflow that waits for its time. What could not be done now for a reason that time
 * does not mend is refused now.
 *
 * @throws {HeadgateError} INVALID_ARGUMENT for a time that has passed or is too far, or for too many; FLAG_NOT_FOUND,
 *   INVALID_FLAG, REVISION_CONFLICT; TEMPORAL_UNAVAILABLE, and then nothing is scheduled
 */
export async function scheduleChange(
  dependencies: ScheduleDependencies,
  request: ScheduleRequest,
  caller: Caller,
): Promise<ScheduledChange> {
  const { scheduledChanges, timers, nowMs } = dependencies;
  const { environment, flagKey, reason, expiresAfterMs } = request;
  checkTime(request.atMs, nowMs());
  const planned = await plannedChange(dependencies, request);
  const open = await scheduledChanges.countOpen(environment, flagKey);
  if (open >= MAX_OPEN) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `${open} changes of '${flagKey}' are scheduled already`, {
      remedy: `Unschedule one: a flag has at most ${MAX_OPEN}.`,
    });
  }
  const change: ScheduledChange = {
    _id: randomBytes(6).toString('hex'),
    environment,
    flagKey,
    change: planned,
    reason,
    dueAt: new Date(request.atMs).toISOString(),
    expiresAfterMs,
    askedBy: { tokenId: caller.tokenId, actor: actorOf(caller) },
    askedAt: new Date(nowMs()).toISOString(),
    status: 'scheduled',
    isTimed: false,
    outcome: null,
  };
  // The document first: a workflow without one does nothing, and one without a workflow is given one by the reconciler.
  await scheduledChanges.insert(change);
  try {
    await timers.start(timerInputOf(change));
  } catch (error) {
    await scheduledChanges.remove(change._id);
    throw error;
  }
  await scheduledChanges.markTimed(change._id);
  return { ...change, isTimed: true };
}

/**
 * Takes back a change that waits. The document decides, so it works with Temporal down.
 *
 * @throws {HeadgateError} SCHEDULED_CHANGE_NOT_FOUND; SCHEDULED_CHANGE_ENDED when it is being made or has ended
 */
export async function unscheduleChange(
  { scheduledChanges, timers, nowMs }: Pick<ScheduleDependencies, 'scheduledChanges' | 'timers' | 'nowMs'>,
  { environment, id, reason }: { environment: string; id: string; reason: string },
  caller: Caller,
): Promise<ScheduledChange> {
  await knownChange(scheduledChanges, environment, id);
  const at = new Date(nowMs()).toISOString();
  const text = `unscheduled by ${caller.name}: ${reason}`;
  const ended = await scheduledChanges.end(id, 'scheduled', 'cancelled', { at, text, by: caller.name });
  if (ended?.status !== 'cancelled' || ended.outcome?.at !== at) {
    throw new HeadgateError(
      ErrorCode.ScheduledChangeEnded,
      `scheduled change '${id}' is '${ended?.status ?? 'gone'}': ${ended?.outcome?.text ?? 'it is being made now'}`,
      { remedy: 'See what came of it: headgate flag scheduled --all' },
    );
  }
  // Only tidies up: a workflow that wakes finds it taken back.
  await timers.cancel(environment, ended.flagKey, id).catch(() => undefined);
  return ended;
}

/**
 * One scheduled change of an environment.
 *
 * @throws {HeadgateError} SCHEDULED_CHANGE_NOT_FOUND
 */
export async function knownChange(
  changes: Pick<ScheduledChangesRepository, 'get'>,
  environment: string,
  id: string,
): Promise<ScheduledChange> {
  const change = await changes.get(id);
  if (change?.environment === environment) return change;
  throw new HeadgateError(
    ErrorCode.ScheduledChangeNotFound,
    `there is no scheduled change '${id}' in '${environment}'`,
  );
}

function checkTime(atMs: number, nowMs: number): void {
  if (atMs <= nowMs) {
    throw new HeadgateError(ErrorCode.InvalidArgument, `${new Date(atMs).toISOString()} has passed`, {
      remedy: 'Name a time to come, with its zone, such as 2030-01-31T09:00:00+01:00.',
    });
  }
  if (atMs - nowMs <= LONGEST_AHEAD_MS) return;
  throw new HeadgateError(
    ErrorCode.InvalidArgument,
    `${new Date(atMs).toISOString()} is in ${formatDuration(atMs - nowMs)}; the longest is 366d`,
  );
}

/** The change as it is kept: an edit is made for the revision that stands now, or the one the caller has named. */
async function plannedChange(
  dependencies: ScheduleDependencies,
  { environment, flagKey: key, change }: ScheduleRequest,
): Promise<PlannedChange> {
  if (change.kind !== 'edit') {
    const flag = await dependencies.flags.get(documentId(environment, key));
    existing(flag, { environment, key });
    return change;
  }
  const { revision: _revision, reason: _reason, ...flag } = change.flag;
  const revision = await checkFlagInput(dependencies, { environment, key }, change.flag);
  return { kind: 'edit', flag, revision };
}
